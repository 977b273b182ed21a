import type { CommandOutput } from "./output.ts";

/** Tells that something goes on. */
export interface Waiting {
  /** Says what goes on now. */
  update(message: string): void;
  /** A line that stays, above whatever goes on. */
  line(line: string): void;
  /** Takes the spinner away. */
  stop(): void;
}

/** Frames of the spinner: every terminal shows them, whatever characters it knows. */
const FRAMES = ["|", "/", "-", "\\"];

/** A spinner on a terminal, a plain line elsewhere. */
export async function waiting(output: CommandOutput): Promise<Waiting> {
  if (!output.lively) {
    return {
      update: (message) => output.message(message),
      line: (line) => output.warn(line),
      stop: () => {},
    };
  }
  const { Spinner } = await import("@std/cli/unstable-spinner");
  const spinner = new Spinner({
    output: Deno.stderr,
    spinner: FRAMES,
    ...output.color ? { color: "cyan" } : {},
  });
  const line = { hide: () => spinner.stop(), show: () => spinner.start() };
  return {
    update: (message) => {
      // A line that the terminal breaks could not be taken away again.
      spinner.message = fittingInto(output.columns - 3, message);
      spinner.start();
      output.moves(line);
    },
    line: (text) => output.warn(text),
    stop: () => {
      output.moves(undefined);
      spinner.stop();
    },
  };
}

function fittingInto(columns: number, text: string): string {
  return text.length <= columns ? text : `${text.slice(0, Math.max(columns - 3, 0))}...`;
}
