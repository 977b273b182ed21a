import type { Host } from "../host.ts";

/** The redirect URL, typed or pasted. */
export interface PastedLines extends AsyncDisposable {
  /** Each line that was entered, in order. */
  lines: AsyncIterable<string>;
}

/** Characters of a line: a redirect URL is far shorter. */
const LONGEST_LINE = 100_000;

/**
 * Reads lines from the terminal. Raw mode: the code is not shown, and the terminal's limit of 4,095 characters a line does not cut it off.
 * Ctrl-C still interrupts.
 */
export function readPastedLines({ stdin }: Pick<Host, "stdin">): PastedLines {
  stdin.setRaw(true);
  const reader = stdin.readable.getReader();
  async function* lines() {
    const decoder = new TextDecoder();
    let line = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      for (const character of decoder.decode(value, { stream: true })) {
        if (character === "\r" || character === "\n") {
          const entered = printable(line);
          line = "";
          if (entered !== "") yield entered;
        } else if (character === "\x7f" || character === "\b") line = line.slice(0, -1);
        else if (line.length < LONGEST_LINE) line += character;
      }
    }
  }
  return {
    lines: lines(),
    async [Symbol.asyncDispose]() {
      stdin.setRaw(false);
      // A read that is under way ends with the process: cancelling would wait for it.
      void reader.cancel().catch(() => {});
      await Promise.resolve();
    },
  };
}

/** Without the marks that a terminal sets around what is pasted, and whatever else cannot be seen. */
function printable(line: string): string {
  // deno-lint-ignore no-control-regex -- control characters are what is looked for
  return line.replaceAll(/\x1b\[20[01]~/g, "").replaceAll(/[\x00-\x1f\x7f]/g, "").trim();
}
