import { FiefError } from "../errors.ts";
import type { Host } from "../host.ts";

/** Characters of a line: a redirect URL is far shorter. */
const LONGEST_LINE = 100_000;

/**
 * Lines typed or pasted into the terminal.
 *
 * Raw mode: a code is not shown, and the terminal's limit of 4,095 characters a line does not cut it off. The terminal gets its mode back
 * however this ends.
 */
export class PastedLines implements Disposable {
  readonly #stdin: Host["stdin"];
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #reading = false;
  #interrupted = false;

  /** Does nothing yet. */
  constructor({ stdin }: Pick<Host, "stdin">) {
    this.#stdin = stdin;
  }

  /** Takes the terminal; false where there is none to take. */
  begin(): boolean {
    try {
      if (!this.#stdin.isTerminal()) return false;
      this.#reader = this.#stdin.readable.getReader(); // throws where somebody else reads from it
      this.#stdin.setRaw(true);
    } catch {
      this.#release();
      return false;
    }
    // Without it Ctrl-C would end the process as it stands, and leave the terminal without echo.
    Deno.addSignalListener("SIGINT", this.#interrupt);
    return true;
  }

  /**
   * Each line that was entered, in order. Ctrl-D ends them.
   *
   * @throws {FiefError} `interrupted` at Ctrl-C.
   */
  async *lines(): AsyncGenerator<string> {
    const decoder = new TextDecoder();
    let line = "";
    for (;;) {
      for (const character of decoder.decode(await this.#read(), { stream: true })) {
        if (character === "\r" || character === "\n") {
          const entered = printable(line);
          line = "";
          if (entered !== "") yield entered;
        } else if (character === "\x7f" || character === "\b") line = line.slice(0, -1);
        else if (character === "\x15") line = ""; // Ctrl-U
        else if (character === "\x03") this.#interrupt(); // where the terminal makes no signal of it
        else if (character === "\x04" && line === "") return this[Symbol.dispose](); // Ctrl-D
        else if (line.length < LONGEST_LINE) line += character;
      }
      if (this.#interrupted) throw new FiefError("interrupted", "The sign-in was interrupted", "Sign in again");
      if (this.#reader === undefined) return;
    }
  }

  /** Gives the terminal back. */
  [Symbol.dispose](): void {
    if (this.#reader === undefined) return;
    Deno.removeSignalListener("SIGINT", this.#interrupt);
    try {
      this.#stdin.setRaw(false);
    } finally {
      this.#release();
    }
  }

  readonly #interrupt = () => {
    this.#interrupted = true;
    this[Symbol.dispose]();
  };

  async #read(): Promise<Uint8Array> {
    this.#reading = true;
    // A terminal that is gone fails: then there are no more lines, and the sign-in goes on without.
    const chunk = await this.#reader?.read().catch(() => undefined);
    this.#reading = false;
    if (chunk?.value === undefined) this[Symbol.dispose]();
    return chunk?.value ?? new Uint8Array();
  }

  /** A read that waits can only be ended by closing standard input; else whoever comes next may read on. */
  #release(): void {
    if (this.#reading) void this.#reader?.cancel().catch(() => {});
    else this.#reader?.releaseLock();
    this.#reader = undefined;
  }
}

/** Without the marks that a terminal sets around what is pasted, without cursor keys, and whatever else cannot be seen. */
function printable(line: string): string {
  // deno-lint-ignore no-control-regex -- control sequences (ECMA-48 section 5.4) are what is looked for
  return line.replaceAll(/\x1b\[[0-?]*[ -/]*[@-~]/g, "").replaceAll(/\p{Cc}/gu, "").trim();
}
