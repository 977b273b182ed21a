// Runs a task of this project: with the real @std where JSR answers, with the stand-ins under tools/offline where it does not.
//
// Many networks mirror npm and not JSR. There deno.lock cannot hold the hashes of @std either: it holds those of all npm packages, and CI
// changes none of it. Where JSR answers, Deno adds @std to the lock file: so CI freezes it only where the stand-ins run.
import { denoFlags } from "../lib/cli/permissions.ts";
import { cliFlags, findStd } from "./find_std.ts";
import { countTests, coveredLines } from "./test_report.ts";

const ROOT = import.meta.dirname!.replace(/[/\\]tools$/, "");
/** How many of the lines of lib/ the tests have to run, in percent. */
const ENOUGH_COVERAGE = 90;

/** What each task runs; `flags` make Deno find @std. */
export const TASKS: Record<string, (flags: string[], args: string[]) => Promise<number>> = {
  start: async (flags, args) => {
    // In a process of its own, which finds @std: this one may run before that is settled.
    const asked = [
      "run",
      "-q",
      ...flags,
      // Which file it is about, it finds out.
      "--allow-read",
      ...denoFlags({ command: "permissions", credentialsPath: "", environmentPrefix: "FIEF", os: Deno.build.os })
        .filter((flag) => flag.startsWith("--allow-env")),
      "--config",
      `${ROOT}/deno.json`,
      `${ROOT}/tools/start_flags.ts`,
      ...args,
    ];
    const command = new Deno.Command(Deno.execPath(), {
      args: asked,
      cwd: Deno.env.get("INIT_CWD") ?? ROOT,
      stderr: "inherit",
    });
    const { stdout, success } = await command.output();
    if (!success) return 1;
    const permissions = new TextDecoder().decode(stdout).split("\n").filter(Boolean);
    // Relative paths are the user's, from where the task was called.
    const where = Deno.env.get("INIT_CWD") ?? ROOT;
    const program = ["--config", `${ROOT}/deno.json`, `${ROOT}/main.ts`];
    return await deno(
      ["run", "-q", "--no-prompt", ...flags, ...cliFlags(flags), ...permissions, ...program, ...args],
      { cwd: where },
    );
  },
  demo: (flags, args) =>
    deno([
      "run",
      "-q",
      "--no-prompt",
      ...flags,
      // The demo is a provider, an API and a browser; the CLI that it starts gets exact permissions. It writes where the system has its
      // temporary files, which is not the same place everywhere.
      "--allow-net=localhost,127.0.0.1",
      "--allow-env",
      "--allow-sys",
      "--allow-read",
      "--allow-write",
      `--allow-run=${Deno.execPath()}`,
      "examples/demo.ts",
      ...args,
    ]),
  test: async (flags, args) => args.length > 0 ? await testSome(flags, args) : (await testAll(flags)).status,
  "test:stress": testStress,
  "test:fief": (flags, args) => testSuite("fief", flags, args),
  "test:browser": (flags, args) => testSuite("browser", flags, args),
  "test:keycloak": (flags, args) => testSuite("keycloak", flags, args),
  "test:helpers": (flags, args) => testSuite("helpers", flags, args),
  "test:shells": (flags, args) => testSuite("shells", flags, args),
  "test:binary": (flags, args) => deno(["run", "-q", "-A", ...flags, "tools/binary_suite.ts", ...args]),
  check: (flags) => {
    // A directory would give its modules only, no page.
    const pages = [...Deno.readDirSync(`${ROOT}/docs`)].map(({ name }) => `docs/${name}`)
      .filter((name) => name.endsWith(".md"));
    return deno([
      "check",
      ...frozen(flags),
      "--doc",
      "main.ts",
      "lib",
      "tests",
      "tools",
      "examples",
      "README.md",
      ...pages,
    ]);
  },
  ok: async (flags) => {
    const steps: [name: string, run: () => Promise<number>][] = [
      ["formatted", () => deno(["fmt", "--check", "-q"])],
      ["lint", () => deno(["lint", "-q"])],
      ["types", () => TASKS["check"]!(flags, [])],
      ["documentation", () => deno(["doc", "--lint", ...flags, "lib/mod.ts", "lib/cli/mod.ts"])],
      ["package", () => checkPackage(flags)],
      ["tests", () => testEnough(flags)],
    ];
    for (const [name, run] of steps) {
      console.error(`== ${name}`);
      const status = await run();
      if (status !== 0) {
        console.error(`== ${name}: failed`);
        return status;
      }
    }
    return 0;
  },
  compile: (flags, args) =>
    deno([
      "run",
      "-q",
      ...flags,
      "--allow-read",
      "--allow-write",
      "--allow-run",
      "--allow-env",
      "tools/compile/compile.ts",
      ...args,
    ]),
  release: (flags, args) =>
    deno([
      "run",
      "-q",
      ...flags,
      "--allow-read",
      "--allow-write",
      "--allow-run=tar",
      "--allow-env=GITHUB_REPOSITORY,TMPDIR,TMP,TEMP",
      "tools/release/release.ts",
      ...args,
    ]),
  publish: async (flags, args) => {
    if (flags.length === 0) return await deno(["publish", ...args]);
    console.error("A release is published with the real @std: JSR must be in reach");
    return 1;
  },
  docs: (flags) => deno(["run", "-q", ...flags, "--allow-read=.", "--allow-write=docs", "tools/docs.ts"]),
  recordings: (flags) => deno(["run", "-q", "-A", ...flags, "tools/recordings.ts"]),
  screenshots: (flags) =>
    deno(["run", "-q", ...flags, "--allow-read=.cache,docs", "--allow-write=docs/images", "tools/screenshots.ts"]),
  bench: (flags, args) => deno(["run", "-q", "-A", ...flags, "tools/bench.ts", ...args]),
};

/** The tests in these files, or whatever else `deno test` takes. */
function testSome(flags: string[], args: string[]): Promise<number> {
  return deno(["test", "-A", "--parallel", ...frozen(flags), ...args]);
}

/** The tests under pressure at full length; those of `alone/` one after the other, because what they measure is theirs. */
async function testStress(flags: string[], args: string[]): Promise<number> {
  const files = args.length > 0 ? args : ["tests/stress/*_test.ts", "tests/stress/alone"];
  const alone = files.filter((file) => file.startsWith("tests/stress/alone"));
  const together = files.filter((file) => !alone.includes(file));
  const runs = [{ how: ["--parallel"], files: together }, { how: [], files: alone }];
  let status = 0;
  for (const { how, files } of runs.filter(({ files }) => files.length > 0)) {
    const one = await deno(["test", "-A", ...how, ...frozen(flags), ...files], { env: { FIEF_AUTH_STRESS: "long" } });
    if (one !== 0) status = one;
  }
  return status;
}

/** The folders of all other tests. (`--ignore` of `deno test` leaves nothing out.) */
export const ROOMS = ["auth", "cli", "credentials", "end_to_end", "provider", "signin", "stress", "tools"];

/** Suites of their own, which need another server, a browser, other programs or shells. */
export const SUITES = ["fief", "browser", "keycloak", "helpers", "shells", "binary"];

/** One of them: it gets what it needs into `.cache/`, and fails where it cannot. */
function testSuite(name: string, flags: string[], args: string[]): Promise<number> {
  return deno(["test", "-A", ...frozen(flags), ...args.length > 0 ? args : [`tests/${name}`]]);
}

/** All other tests with the coverage of lib/, also of what runs in processes of its own; both in one line at the end. */
async function testAll(flags: string[]): Promise<{ status: number; lines: number }> {
  const coverage = `${ROOT}/coverage`;
  await Deno.remove(coverage, { recursive: true }).catch(() => {});
  await Deno.mkdir(coverage, { recursive: true });
  const report = `${coverage}/tests.xml`;
  // Where they run at full length anyway, not in short too.
  const rooms = Deno.env.get("FIEF_AUTH_STRESS") === "apart" ? ROOMS.filter((name) => name !== "stress") : ROOMS;
  const args = [
    "test",
    "-A",
    "--parallel",
    "--doc",
    `--junit-path=${report}`,
    ...frozen(flags),
    "lib",
    "docs",
    "tests/*_test.ts",
    ...rooms.map((name) => `tests/${name}`),
  ];
  // With coverage a Worker takes half a second to start, in which nothing happens: more of them at once lose no time.
  const jobs = String(2 * navigator.hardwareConcurrency);
  const status = await deno(args, { env: { DENO_COVERAGE_DIR: coverage, DENO_JOBS: jobs } });
  const { passed, failed } = countTests(await Deno.readTextFile(report).catch(() => ""));
  await removeHalfProfiles(coverage);
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["coverage", "-q", "--include=/lib/", coverage],
    cwd: ROOT,
    stderr: "inherit",
  }).output();
  await Deno.stdout.write(stdout);
  const lines = coveredLines(new TextDecoder().decode(stdout)) ?? 0;
  console.log(`\n${passed} passed, ${failed} failed (tests and their steps); ${lines} % of the lines of lib/ ran`);
  return { status: status === 0 && passed === 0 ? 1 : status, lines };
}

/** A process that a test kills may leave half a profile, which `deno coverage` would stop at. */
async function removeHalfProfiles(directory: string): Promise<void> {
  for await (const { name } of Deno.readDir(directory)) {
    if (!name.endsWith(".json")) continue;
    try {
      JSON.parse(await Deno.readTextFile(`${directory}/${name}`));
    } catch {
      await Deno.remove(`${directory}/${name}`);
    }
  }
}

async function testEnough(flags: string[]): Promise<number> {
  const { status, lines } = await testAll(flags);
  if (status !== 0 || lines >= ENOUGH_COVERAGE) return status;
  console.error(`The tests have to run at least ${ENOUGH_COVERAGE} % of the lines of lib/`);
  return 1;
}

/** What JSR would say about the package: it has to be asked. */
async function checkPackage(flags: string[]): Promise<number> {
  if (flags.length === 0) return await deno(["publish", "--dry-run", "--allow-dirty", "-q"]);
  console.error("   skipped: JSR does not answer");
  return 0;
}

/** In CI a lock file that would change is a mistake. */
function frozen(flags: string[]): string[] {
  return flags.length > 0 && Deno.env.get("CI") ? [...flags, "--frozen"] : flags;
}

/** Runs Deno and gives its exit status. Signals reach it. */
async function deno(args: string[], options: { env?: Record<string, string>; cwd?: string } = {}): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), { args, cwd: ROOT, ...options }).spawn();
  // Ctrl-C reaches every process of a terminal by itself: handed on, it would be the second one, which kills.
  const terminal = [Deno.stdin, Deno.stdout, Deno.stderr].some((stream) => stream.isTerminal());
  const listeners = {
    SIGINT: () => terminal || child.kill("SIGINT"),
    ...Deno.build.os === "windows" ? {} : { SIGTERM: () => child.kill("SIGTERM") },
  };
  const signals = Object.entries(listeners) as [Deno.Signal, () => void][];
  for (const [signal, listener] of signals) Deno.addSignalListener(signal, listener);
  const { code } = await child.status;
  for (const [signal, listener] of signals) Deno.removeSignalListener(signal, listener);
  return code;
}

if (import.meta.main) {
  const [name = "", ...args] = Deno.args;
  const task = TASKS[name];
  if (task === undefined) {
    console.error(`There is no task "${name}": ${Object.keys(TASKS).join(", ")}`);
    Deno.exit(2);
  }
  Deno.exit(await task(await findStd(), args));
}
