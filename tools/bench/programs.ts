import { cliCommand, denoRunFlags } from "../../tests/support/cli.ts";
import { temporaryDirectory } from "../../tests/support/directory.ts";
import { saveSession } from "../../tests/support/saved_session.ts";
import { runtimeVariables } from "../compile/runtime.ts";
import { ROOT } from "../compile/root.ts";
import { NotMeasured } from "./measurement.ts";
import type { CommandLine } from "./process.ts";

/** The program and an empty one, made in the same way, and a session whose token is good for a long time. */
export interface Programs extends AsyncDisposable {
  /** A program that does nothing. */
  empty: CommandLine;
  /** `fief-auth` with these arguments, with its exact permissions. */
  cli(...args: string[]): CommandLine;
  /** Path of the credentials file. */
  credentials: string;
  /** Names it. */
  env: Record<string, string>;
}

/** From source, beside the same deno.json, lock and import map, as `deno run` with exact permissions. */
export async function fromSource(): Promise<Programs> {
  const directory = await temporaryDirectory();
  const credentials = `${directory.path}/credentials.json`;
  await saveSession(credentials, { accessToken: "x".repeat(900) });
  const empty = `${ROOT}/empty_${crypto.randomUUID()}.ts`;
  await Deno.writeTextFile(empty, "");
  return {
    empty: [Deno.execPath(), "run", "-q", "--no-prompt", "--cached-only", ...denoRunFlags(), empty],
    cli: (...args) => cliCommand(args, { credentials }),
    credentials,
    env: { FIEF_CREDENTIALS: credentials },
    async [Symbol.asyncDispose]() {
      await Deno.remove(empty);
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** Binaries of both. @throws {NotMeasured} Where there is no runtime to compile with. */
export async function compiled(): Promise<Programs> {
  const directory = await temporaryDirectory();
  const at = (name: string) => `${directory.path}/${name}`;
  const [empty, cli, credentials] = [at("empty"), at("fief-auth"), at("credentials.json")];
  try {
    await saveSession(credentials, { accessToken: "x".repeat(900) });
    await Deno.writeTextFile(`${empty}.ts`, "");
    await must(["compile", "-q", "--no-code-cache", "--no-config", "--no-lock", "--output", empty, `${empty}.ts`]);
    await must([
      "run",
      "-q",
      "-A",
      ...denoRunFlags().filter(isNoPermission),
      "tools/compile/compile.ts",
      "--output",
      cli,
    ]);
  } catch (error) {
    await directory[Symbol.asyncDispose]();
    throw error;
  }
  return {
    empty: [empty],
    cli: (...args) => [cli, ...args],
    credentials,
    env: { FIEF_CREDENTIALS: credentials },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

function isNoPermission(flag: string): boolean {
  return !flag.startsWith("--allow-");
}

async function must(args: string[]): Promise<void> {
  const env = await runtimeVariables(Deno.build.target, false);
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args, env, cwd: ROOT, stdin: "null" }).output();
  if (success) return;
  const said = new TextDecoder().decode(stderr).trim();
  if (/denort/.test(said)) {
    throw new NotMeasured(`Deno ${Deno.version.deno} has no runtime to compile with here; DENORT_BIN can name one`);
  }
  throw new Error(said);
}
