import { FiefError } from "../errors.ts";

/**
 * Runs a program to its end in our place: it has our standard input, output and error, and the signals that we get.
 *
 * @param program Name or path.
 * @param args Its arguments.
 * @param variables Variables on top of ours.
 * @param takeSignals Takes over the signals that are listened for already.
 * @returns Its exit status; 128 and the number of the signal where one has ended it.
 * @throws {FiefError} `command_not_found`, `command_not_executable`.
 * @throws {Deno.errors.NotCapable} Where Deno does not allow it.
 */
export async function runProgram(
  program: string,
  args: string[],
  variables: Record<string, string>,
  takeSignals: (listener: (signal: Deno.Signal) => void) => void,
): Promise<number> {
  let child: Deno.ChildProcess | undefined;
  // Ctrl-C and Ctrl-\ reach every process of the terminal by themselves: handed on, each would be the second one, which many programs die of.
  const ofKeys = [Deno.stdin, Deno.stdout, Deno.stderr].some((stream) => stream.isTerminal());
  const handOn = (signal: Deno.Signal) => {
    if (ofKeys && (signal === "SIGINT" || signal === "SIGQUIT")) return;
    try {
      child?.kill(signal);
    } catch {
      // it has ended
    }
  };
  takeSignals(handOn);
  const more = Deno.build.os === "windows" ? [] : (["SIGHUP", "SIGQUIT"] as const).map((signal) => {
    const listener = () => handOn(signal);
    Deno.addSignalListener(signal, listener);
    return () => Deno.removeSignalListener(signal, listener);
  });
  try {
    child = start(program, args, variables); // listened for before, so that no signal finds nobody
    return (await child.status).code;
  } finally {
    for (const end of more) end();
  }
}

function start(program: string, args: string[], env: Record<string, string>): Deno.ChildProcess {
  try {
    return new Deno.Command(program, { args, env, stdin: "inherit", stdout: "inherit", stderr: "inherit" }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    if (error instanceof Deno.errors.NotFound) {
      const hint = "Check the name, the PATH, and what the first line of a script names";
      throw new FiefError("command_not_found", `"${program}" was not found`, hint, { cause: error });
    }
    throw new FiefError(
      "command_not_executable",
      `"${program}" cannot be run${whyNot(error)}`,
      "Check that it is a program, and that you may execute it",
      { cause: error },
    );
  }
}

/** Not in the system's words: they repeat the command. */
function whyNot(error: unknown): string {
  if (error instanceof Deno.errors.PermissionDenied) return ": access is denied";
  if ((error as { code?: string }).code === "E2BIG") return ": its arguments and variables are too long";
  return "";
}
