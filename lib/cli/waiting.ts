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
  const spinner = new Spinner({ color: "cyan", output: Deno.stderr });
  return {
    update: (message) => {
      spinner.message = message;
      spinner.start();
    },
    line: (line) => {
      spinner.stop();
      output.warn(line);
      if (spinner.message) spinner.start();
    },
    stop: () => spinner.stop(),
  };
}
