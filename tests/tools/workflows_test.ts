// The workflows of GitHub Actions cannot run here. What can be said of them without GitHub is said here.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { parse } from "yaml";
import { TARGETS } from "../../tools/compile/options.ts";

interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
}

interface Job {
  needs?: string | string[];
  permissions: Record<string, string>;
  strategy?: { matrix: { include: { os: string; target?: string }[] } };
  "timeout-minutes": number;
  steps: Step[];
}

interface Workflow {
  concurrency: Record<string, unknown>;
  permissions: Record<string, string>;
  jobs: Record<string, Job>;
}

const ROOT = new URL("../../", import.meta.url);
const text = (name: string) => Deno.readTextFileSync(new URL(name, ROOT));
const workflow = (name: string): Workflow => parse(text(`.github/workflows/${name}.yml`));
const names = [...Deno.readDirSync(new URL(".github/workflows/", ROOT))].map(({ name }) => name.replace(/\.yml$/, ""));

for (const name of names) {
  Deno.test(`workflow ${name}: each job has its own few permissions and an end, and each action is pinned by its commit`, () => {
    const { concurrency, permissions, jobs } = workflow(name);
    assertEquals(permissions, {});
    assert(concurrency["group"]);
    for (const [job, { permissions, steps, "timeout-minutes": minutes }] of Object.entries(jobs)) {
      assert(permissions, `${job} says what it may do`);
      assert(minutes > 0);
      for (const { uses, with: options, run = "" } of steps) {
        if (uses !== undefined) assertMatch(uses, /^[a-z-]+\/[a-z-]+@[0-9a-f]{40}$/);
        if (uses?.startsWith("actions/checkout@")) assertEquals(options?.["persist-credentials"], false);
        // What others may choose, a tag say, comes as a variable: in the text of a script it would be run.
        assertEquals(run.replaceAll("${{ matrix.tests }}", "").includes("${{"), false, `${job}: ${run}`);
      }
    }
  });
}

Deno.test("a release may write in the jobs that publish, and nowhere else", () => {
  const { jobs } = workflow("release");
  const writing = Object.entries(jobs).flatMap(([job, { permissions }]) =>
    Object.entries(permissions).filter(([, access]) => access === "write").map(([permission]) =>
      `${job}: ${permission}`
    )
  );
  assertEquals(writing, ["attest: id-token", "attest: attestations", "jsr: id-token", "github: contents"]);
});

Deno.test("a release is published after all tests, on all systems, and installed for every target", () => {
  const { jobs } = workflow("release");
  const before = (job: string): string[] => {
    const needs = [jobs[job]!.needs ?? []].flat();
    return [...needs, ...needs.flatMap(before)];
  };
  for (const job of ["attest", "jsr", "github"]) {
    for (const test of ["check", "gate", "systems", "compile", "install"]) {
      assert(before(job).includes(test), `${job}: ${test}`);
    }
  }
  assertEquals(jobs["install"]!.strategy!.matrix.include.map(({ target }) => target).sort(), [...TARGETS].sort());
  const systems = jobs["systems"]!.strategy!.matrix.include.map(({ os }) => os);
  assertEquals(systems, ["ubuntu-latest", "macos-latest", "windows-latest"]);
});

Deno.test("a workflow runs tasks that there are, with the Deno that CI has", () => {
  const { tasks } = JSON.parse(text("deno.json"));
  const version = /^version=(\S+)$/m.exec(text(".ci/run"))![1];
  for (const name of names) {
    for (const { steps } of Object.values(workflow(name).jobs)) {
      for (const { uses, with: options, run = "" } of steps) {
        if (uses?.startsWith("denoland/setup-deno@")) assertEquals(options?.["deno-version"], version);
        for (const [, task] of run.matchAll(/deno task (?:-q )?([a-z:]+)/g)) assert(tasks[task!], task);
      }
    }
  }
});
