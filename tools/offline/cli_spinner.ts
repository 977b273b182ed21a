// Stand-in for Spinner of @std/cli/unstable-spinner where JSR cannot be reached.

/** Options of {@linkcode Spinner} that are used here. */
export interface SpinnerOptions {
  message?: string;
  spinner?: string[];
  color?: "cyan";
  output?: typeof Deno.stderr;
}

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const CLEAR = "\r\x1b[K";

export class Spinner {
  message: string;
  readonly #output: typeof Deno.stderr;
  readonly #color: string;
  readonly #frames: string[];
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor({ message = "", spinner = FRAMES, color, output = Deno.stdout }: SpinnerOptions = {}) {
    this.message = message;
    this.#color = color === "cyan" ? "\x1b[36m" : "";
    this.#output = output;
    this.#frames = spinner;
  }

  start(): void {
    // As the real one: it keeps away from a stream that something else writes to.
    if (this.#timer !== undefined || this.#output.writable.locked) return;
    let turn = 0;
    const draw = () => {
      const frame = this.#frames[turn++ % this.#frames.length];
      this.#write(`${CLEAR}${Deno.noColor ? frame : `${this.#color}${frame}\x1b[0m`} ${this.message}`);
    };
    this.#timer = setInterval(draw, 75);
    draw();
  }

  stop(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#write(CLEAR);
  }

  #write(text: string): void {
    this.#output.writeSync(new TextEncoder().encode(text));
  }
}
