// The programs that call `credential` by themselves: whether they are here, and how they are run.
import { cliEnvironment } from "../cli.ts";
import type { CliSession } from "../cli_session.ts";
import { run } from "../child.ts";

/** What a program left. */
export interface Ended {
  status: number;
  stdout: string;
  stderr: string;
}

/** @throws Where this machine has no such program: the message says what to do. */
export async function requireProgram(name: string, ...args: string[]): Promise<void> {
  const missing = () => new Error(`There is no ${name}, which this suite asks. Install it: apt-get install ${name}`);
  const { code } = await run([name, ...args]).catch((error) => {
    throw error instanceof Deno.errors.NotFound ? missing() : error;
  });
  if (code !== 0) throw missing();
}

/** Runs a shell script where the CLI finds its session, and nothing else of whoever runs the tests. */
export async function runScript(
  script: string,
  session: Pick<CliSession, "credentials" | "directory">,
  env: Record<string, string> = {},
): Promise<Ended> {
  const child = new Deno.Command("bash", {
    args: ["-c", script],
    clearEnv: true,
    env: { ...cliEnvironment({ credentials: session.credentials, env }), LC_ALL: "C.UTF-8" },
    cwd: session.directory,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  return { status: code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** Words for a shell. */
export function quoted(words: string[]): string {
  return words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
}
