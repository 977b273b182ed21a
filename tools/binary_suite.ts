// Compiles the program with Deno 2.6.10 and runs the tests that start it as a process against the binary: deno task test:binary.
import { ROOT } from "./compile/root.ts";
import { knownFlags } from "./find_std.ts";

/** Those in tests/end_to_end that start another program than ours, compile it themselves, or put something in the place of its parts. */
const OTHERS = [
  "branded_test.ts",
  "examples_test.ts",
  "given_back_test.ts",
  "forged_answer_test.ts",
  "isolation_test.ts",
  "permissions_binary_test.ts",
];
const OLDEST = "2.6.10";
const BINARY = `${ROOT}/.cache/binary/fief-auth`;

/** The files of tests that run against the binary. */
export function binaryTests(): string[] {
  const names = [...Deno.readDirSync(`${ROOT}/tests/end_to_end`)].map(({ name }) => name).sort();
  return [
    ...names.filter((name) => name.endsWith("_test.ts") && !OTHERS.includes(name)).map((name) =>
      `tests/end_to_end/${name}`
    ),
    "tests/stress/alone/processes_test.ts",
  ];
}

async function run(command: string, args: string[], env: Record<string, string> = {}): Promise<number> {
  return (await new Deno.Command(command, { args, env, cwd: ROOT, stdin: "null" }).spawn().status).code;
}

if (import.meta.main) {
  const flags = (knownFlags() ?? []).filter((flag) => !flag.startsWith("--allow"));
  if (await run("python3", ["tools/compile/runtimes.py"]) !== 0) {
    console.error(
      `Deno ${OLDEST} and its runtimes cannot be had from PyPI, which this suite asks: see tools/compile/runtimes.py`,
    );
    Deno.exit(1);
  }
  // This Deno does not know by itself which authorities the machine trusts.
  const env = { DENO_TLS_CA_STORE: "system", DENO_DIR: `${ROOT}/.cache/deno-${OLDEST}/dir` };
  const compiler = `${ROOT}/.cache/deno-${OLDEST}/bin/deno`;
  const compiled = await run(
    compiler,
    ["run", "-q", "-A", ...flags, "tools/compile/compile.ts", "--output", BINARY],
    env,
  );
  if (compiled !== 0) Deno.exit(compiled);
  const test = (words: string[]) =>
    run(Deno.execPath(), ["test", "-A", ...flags, ...words], { FIEF_AUTH_BINARY: BINARY });
  if (Deno.args.length > 0) Deno.exit(await test(Deno.args));
  const statuses = [await test(["--parallel", ...binaryTests()])];
  // These have the machine for themselves: an emulator is slow, and the program waits ten seconds for an answer.
  statuses.push(await test(["tests/binary"]));
  Deno.exit(statuses.find((status) => status !== 0) ?? 0);
}
