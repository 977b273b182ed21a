// The table of permissions, line by line, on real runs of every command: what it grants is enough, is used, and is missed where it is taken
// away.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { PERMISSION_TABLE } from "../../lib/cli/permission_table.ts";
import { flagsOf, type Grant, grantsFor } from "../../lib/cli/permissions.ts";
import { hasOpenssl, makeAuthority } from "../support/authority.ts";
import type { CliResult } from "../support/cli.ts";
import { startCliSession } from "../support/cli_session.ts";
import { freePort } from "../support/loopback.ts";
import { exactFacts } from "../support/own_place.ts";
import {
  PERMISSION_SCENES,
  type PermissionScene,
  type PermissionWorld,
  prepareRun,
} from "../support/permission_scenes.ts";

const ROOT = decodeURIComponent(new URL("../../", import.meta.url).pathname);
/** Runs at the same time: CI has two cores. */
const AT_ONCE = 3;
/** Looked at where a terminal shows the run: there is a test of its own for it. */
const OF_TERMINALS = ["env TERM", "env LC_ALL", "env LC_CTYPE", "env LANG"];

async function startWorld(): Promise<PermissionWorld & AsyncDisposable> {
  const session = await startCliSession({
    rotates: false, // one sign-in is enough for all runs
    opaqueAccessTokens: true,
    intercept: ({ path }) => path === "/token/revocation" ? new Response(null) : undefined,
  });
  assertEquals((await session.signIn()).status, 0);
  const authority = hasOpenssl() ? (await makeAuthority(session.directory, ["server.example"])).file : undefined;
  return {
    issuer: session.provider.issuer,
    api: session.api.origin,
    saved: session.file() as PermissionWorld["saved"],
    ...authority === undefined ? {} : { authority },
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

/** What a run used, as `DENO_AUDIT_PERMISSIONS` tells: `read /path`, `net host:port`. */
function usedIn(audit: string): string[] {
  const lines = audit.split("\n").filter(Boolean).map((line) => JSON.parse(line) as Record<string, string>);
  const used = lines.map(({ permission, value }) => {
    const url = permission === "net" ? URL.parse(value!) : null;
    // Deno tells of a request's URL, and of its host and port.
    const host = url?.host ? `${url.hostname}:${url.port || (url.protocol === "https:" ? 443 : 80)}` : value;
    return `${permission} ${host}`;
  });
  // The stand-ins for @std, where JSR does not answer.
  return [...new Set(used)].filter((each) => !each.startsWith(`read ${ROOT}tools/offline/`));
}

function covers({ kind, value }: Grant, used: string): boolean {
  const each = `${kind} ${value}`;
  return used === each || /^(read|write)$/.test(kind) && used.startsWith(each.replace(/\/?$/, "/"));
}

/** One run with all that it is granted, checked. */
async function runExactly(scene: PermissionScene, world: PermissionWorld) {
  await using run = await prepareRun(scene, world, freePort());
  const grants = grantsFor(await exactFacts(run.args, run.env));
  const log = `${run.directory}/audit`;
  const result = await run.run(flagsOf(grants), { DENO_AUDIT_PERMISSIONS: log });
  const title = `${run.args.join(" ")} (${scene.name})`;
  assertEquals(result.status, scene.status ?? 0, `${title}: ${result.stderr}`);
  const used = usedIn(await Deno.readTextFile(log));
  assertEquals(used.filter((each) => !grants.some((grant) => covers(grant, each))), [], `${title} uses more`);
  // Deno's audit does not tell of programs: that they are needed shows where they are taken away.
  const isUsed = (grant: Grant) => grant.kind === "run" ? scene.starts : used.some((each) => covers(grant, each));
  return {
    result,
    used: new Set(
      grants.filter(isUsed).map((grant) => nameOf(grant, run.directory)),
    ),
    granted: grants.map((grant) => nameOf(grant, run.directory)),
  };
}

/** A grant in the words of all runs: their directories and ports are different ones. */
function nameOf({ kind, value, row }: Grant, directory: string): string {
  // Which program opens the browser is the user's choice.
  if (kind === "run" && row.without !== undefined) return "run BROWSER";
  return `${kind} ${value.replace(directory, "DIR").replace(/^(127\.0\.0\.1|\[::1\]|localhost):\d+$/, "$1:PORT")}`
    .replace("/.config/", "/config/");
}

/** The same run without one grant. */
async function runWithout(name: string, scene: PermissionScene, world: PermissionWorld, expected: CliResult) {
  await using run = await prepareRun(scene, world, freePort());
  const grants = grantsFor(await exactFacts(run.args, run.env));
  const gone = grants.find((grant) => nameOf(grant, run.directory) === name)!;
  const result = await run.run(flagsOf(grants.filter((grant) => grant !== gone)));
  const title = `${run.args.join(" ")} (${scene.name}) without ${name}: status ${result.status}: ${result.stderr}`;
  if (gone.row.without !== undefined) {
    assertEquals(result.status, expected.status, title);
    if (gone.row.without.includes("flag")) assertStringIncludes(result.stdout + result.stderr, `--allow-${gone.kind}`);
    return;
  }
  // The parts of the program are loaded before anybody knows that it is `exec`.
  assertEquals(result.status, run.args[0] === "exec" && !gone.value.startsWith(ROOT) ? 125 : 2, title);
  const flag = result.stderr.match(new RegExp(`--allow-${gone.kind}=(\\S+)`));
  assert(flag !== null, title);
  // A part of the program is named by its file, and a directory that holds the file that is missed stands for it.
  const isNamed = flag[1]!.includes(gone.value) || gone.kind !== "net" && flag[1]!.startsWith(gone.value);
  assert(isNamed, title);
}

async function inParallel<T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (const [index, item] of queue) results[index] = await work(item);
  }));
  return results;
}

Deno.test({
  name: "every command works with exactly its flags, uses nothing else, uses each, and fails by name without it",
  ignore: Deno.build.os !== "linux", // the scenes have a Linux home
  async fn(t) {
    await using world = await startWorld();
    const commands = new Set(PERMISSION_TABLE.flatMap((row) => row.commands.map((name) => name.split(" ")[0])));
    assertEquals(
      [...commands].filter((name) => !["own", "doctor"].includes(name!)).sort(),
      Object.keys(PERMISSION_SCENES).sort(),
    );
    for (const [command, all] of Object.entries(PERMISSION_SCENES)) {
      await t.step(command, async () => {
        const scenes = all.filter(({ needsAuthority }) => !needsAuthority || world.authority !== undefined);
        const runs = await inParallel(scenes, (scene) => runExactly(scene, world));
        const granted = new Set(runs.flatMap((run) => run.granted));
        const used = new Set(runs.flatMap((run) => [...run.used]));
        const unused = [...granted].filter((name) => !used.has(name) && !OF_TERMINALS.includes(name));
        assertEquals(unused, [], `${command} is granted what no run of it uses`);
        const cases = [...used].map((name) => [name, runs.findIndex((run) => run.used.has(name))] as const);
        await inParallel(cases, ([name, index]) => runWithout(name, scenes[index]!, world, runs[index]!.result));
      });
    }
  },
});

Deno.test({
  name: "doctor works with exactly its flags, uses nothing else, and tells of each flag that is taken away",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using world = await startWorld();
    const scene: PermissionScene = {
      name: "of a session",
      args: ["doctor", "--json", "--redirect-uri", "http://localhost:PORT/callback"],
      env: { BROWSER: "DIR/browser" },
      session: "half written",
    };
    const { used, granted } = await runExactly(scene, world);
    // What it does not use is what a login writes and starts: it is looked up, not done.
    const looked = granted.filter((name) => !used.has(name) && !OF_TERMINALS.includes(name));
    assertEquals(
      looked.filter((name) => !/^(write|run|env SSH|env USER|env CI|env [A-Z]*DISPLAY|env WSL)/.test(name)),
      [],
    );
    await inParallel(granted, async (name) => {
      await using run = await prepareRun(scene, world, freePort());
      const grants = grantsFor(await exactFacts(run.args, run.env));
      const gone = grants.find((grant) => nameOf(grant, run.directory) === name)!;
      const { status, stdout, stderr } = await run.run(flagsOf(grants.filter((grant) => grant !== gone)));
      const title = `doctor without ${name}: status ${status}: ${stdout}${stderr}`;
      if (gone.row.without === undefined) {
        assertEquals(status, 2, title);
        assertMatch(stdout + stderr, new RegExp(`--allow-${gone.kind}=\\S*`), title);
      } else assertEquals(status, 0, title);
    });
  },
});
