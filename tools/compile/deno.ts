import { CompileError } from "./options.ts";

/**
 * Runs the Deno that runs this, to its end.
 *
 * @param args Its arguments.
 * @param env Variables on top of {@linkcode plainEnvironment}.
 * @returns What it printed.
 * @throws {CompileError} Where it fails, with what it said.
 */
export async function deno(args: string[], env: Record<string, string> = {}): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    clearEnv: true,
    env: { ...plainEnvironment(), ...env },
    stdin: "null",
  }).output();
  if (success) return new TextDecoder().decode(stdout);
  const said = new TextDecoder().decode(stderr).replace(/\n\nStack backtrace:[\s\S]*/, "").trim();
  throw new CompileError(`deno ${args[0]} failed:\n${said}`, 1);
}

/** Without the variables that Deno embeds in what it compiles (`OTEL_...`), or that change what it does (`DENO_...`). */
function plainEnvironment(): Record<string, string> {
  const kept = /^(DENO_DIR|DENO_CERT|DENO_TLS_CA_STORE|DENORT_BIN)$/;
  const variables = Object.entries(Deno.env.toObject());
  return {
    ...Object.fromEntries(variables.filter(([name]) => kept.test(name) || !/^(DENO_|DENORT_|OTEL_)/.test(name))),
    NO_COLOR: "1",
  };
}
