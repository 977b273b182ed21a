// Runs a task of this project: with the real @std where JSR answers, with the stand-ins under tools/offline where it does not.
//
// Many networks mirror npm and not JSR. There the lock file cannot hold the hashes of @std either: it does for all of npm.
import { importMap } from "./offline_map.ts";

const ROOT = decodeURIComponent(new URL("..", import.meta.url).pathname);
/** Flags for whoever starts Deno again in this process tree: tests that start the CLI, say. */
const FLAGS_VARIABLE = "FIEF_AUTH_DENO_FLAGS";

/** What each task runs; `flags` make Deno find @std. */
const TASKS: Record<string, (flags: string[], args: string[]) => Promise<number>> = {
  start: async (flags, args) => {
    // In a process of its own, which finds @std: this one may run before that is settled.
    const asked = [
      "run",
      "-q",
      ...flags,
      "--allow-read",
      "--allow-env",
      "--config",
      `${ROOT}deno.json`,
      `${ROOT}tools/start_flags.ts`,
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
    const program = ["--config", `${ROOT}deno.json`, `${ROOT}main.ts`];
    return await deno(
      ["run", "-q", "--no-prompt", ...flags, ...cliFlags(flags), ...permissions, ...program, ...args],
      {},
      where,
    );
  },
  demo: (flags, args) =>
    deno([
      "run",
      "-q",
      "--no-prompt",
      ...flags,
      // The demo is a provider, an API and a browser; the CLI that it starts gets exact permissions.
      "--allow-net=localhost,127.0.0.1",
      "--allow-env",
      "--allow-sys",
      "--allow-read",
      "--allow-write=/tmp",
      `--allow-run=${Deno.execPath()}`,
      "examples/demo.ts",
      ...args,
    ]),
  test: (flags, args) => test(flags, args),
  check: (flags) => deno(["check", ...flags, "--doc", "main.ts", "lib", "tests", "tools", "examples"]),
  ok: async (flags) => {
    const steps: [name: string, run: () => Promise<number>][] = [
      ["formatted", () => deno(["fmt", "--check", "-q"])],
      ["lint", () => deno(["lint", "-q"])],
      ["types", () => TASKS["check"]!(flags, [])],
      ["documentation", () => deno(["doc", "--lint", ...flags, "lib/mod.ts", "lib/cli/mod.ts"])],
      ["tests", () => test(flags, [])],
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
  compile: async (flags, args) => {
    if (args.includes("--release") && flags.length > 0) {
      console.error("A release is compiled with the real @std: JSR must be in reach.");
      return 1;
    }
    const rest = args.filter((arg) => arg !== "--release");
    // Without deno.json, because there the parts of the program are loaded when needed: a binary has to have them all inside.
    const map = await writeImportMap("compile_import_map.json", flags.length > 0);
    const config = ["--no-config", "--import-map", map, "--lock", "deno.lock", "--no-check"];
    // What it may touch is not known before its user's base URL and home are: see docs/permissions.md.
    const permissions = ["--allow-env", "--allow-read", "--allow-write", "--allow-net", "--allow-run"];
    return await deno([
      "compile",
      "-q",
      ...config,
      "--no-prompt",
      ...permissions,
      "--output",
      "dist/fief-auth",
      ...rest,
      "main.ts",
    ]);
  },
  docs: (flags) => deno(["run", "-q", ...flags, "--allow-read", "--allow-write=docs", "tools/docs.ts"]),
  bench: (flags, args) =>
    deno([
      "run",
      "-q",
      ...flags,
      "--allow-read",
      "--allow-write",
      "--allow-run",
      "--allow-env",
      "tools/bench.ts",
      ...args,
    ]),
};

/** All tests with the coverage of lib/, also of what runs in processes of its own. */
async function test(flags: string[], args: string[]): Promise<number> {
  const coverage = `${ROOT}coverage`;
  await Deno.remove(coverage, { recursive: true }).catch(() => {});
  const whole = args.length === 0;
  const status = await deno(
    ["test", "-A", "--parallel", "--doc", ...flags, ...whole ? ["lib", "docs", "tests"] : args],
    whole ? { DENO_COVERAGE_DIR: coverage } : {},
  );
  if (whole) await deno(["coverage", "-q", "--include=/lib/", coverage]);
  return status;
}

/** The CLI loads parts of itself when they are needed, and with them the stand-ins: it may read them. */
function cliFlags(flags: string[]): string[] {
  return flags.length > 0 ? [`--allow-read=${ROOT}tools/offline`] : [];
}

async function deno(args: string[], env: Record<string, string> = {}, cwd = ROOT): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), { args, env, cwd }).spawn();
  const forward = (signal: Deno.Signal) => () => child.kill(signal);
  const signals = Deno.build.os === "windows"
    ? []
    : (["SIGINT", "SIGTERM"] as const).map((signal) => [signal, forward(signal)] as const);
  for (const [signal, listener] of signals) Deno.addSignalListener(signal, listener);
  const { code } = await child.status;
  for (const [signal, listener] of signals) Deno.removeSignalListener(signal, listener);
  return code;
}

/** The imports of deno.json as an import map of its own, with the stand-ins or with the real @std. */
async function writeImportMap(name: string, standIns: boolean): Promise<string> {
  await Deno.mkdir(`${ROOT}.offline`, { recursive: true });
  const { imports } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
  await Deno.writeTextFile(`${ROOT}.offline/${name}`, `${JSON.stringify(importMap(imports, standIns), null, 2)}\n`);
  return `${ROOT}.offline/${name}`;
}

/** Nothing where JSR answers; else an import map with the stand-ins. */
async function findStd(): Promise<string[]> {
  const known = Deno.env.get(FLAGS_VARIABLE);
  if (known !== undefined) return known.split(" ").filter((flag) => flag !== "" && !flag.startsWith("--allow-"));
  const answers = await fetch("https://jsr.io/@std/cli/meta.json", { signal: AbortSignal.timeout(2_000) })
    .then(async (response) => (await response.body?.cancel(), response.ok), () => false);
  let flags: string[] = [];
  if (!answers) {
    console.error("JSR does not answer: going on with the stand-ins for @std under tools/offline.");
    const path = await writeImportMap("import_map.json", true);
    flags = ["--import-map", path];
  }
  Deno.env.set(FLAGS_VARIABLE, [...flags, ...cliFlags(flags)].join(" "));
  return flags;
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
