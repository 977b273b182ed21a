// Stand-in for ProgressBar of @std/cli/unstable-progress-bar where JSR cannot be reached.

/** Options of {@linkcode ProgressBar} that are used here. */
export interface ProgressBarOptions {
  max: number;
  writable?: WritableStream<Uint8Array>;
  barLength?: number;
  clear?: boolean;
}

const CLEAR = "\r\x1b[K";

export class ProgressBar {
  value = 0;
  max: number;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #length: number;
  readonly #clear: boolean;
  readonly #started = Date.now();
  readonly #timer: ReturnType<typeof setInterval>;

  constructor({ max, writable = Deno.stderr.writable, barLength = 50, clear = false }: ProgressBarOptions) {
    this.max = max;
    this.#writer = writable.getWriter();
    this.#length = barLength;
    this.#clear = clear;
    this.#timer = setInterval(() => this.#print(), 1000);
    this.#print();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    if (this.#clear) await this.#write(CLEAR);
    else {
      await this.#print();
      await this.#write("\n");
    }
    this.#writer.releaseLock();
  }

  #print(): Promise<void> {
    const seconds = Math.floor((Date.now() - this.#started) / 1000);
    const time = [seconds / 60, seconds % 60].map((part) => String(Math.floor(part)).padStart(2, "0")).join(":");
    const filled = Math.trunc(Math.min(Math.max(this.value / this.max, 0), 1) * this.#length);
    const bar = "#".repeat(filled) + "-".repeat(this.#length - filled);
    const [size, unit] = this.max >= 2 ** 30
      ? [2 ** 30, "GiB"]
      : this.max >= 2 ** 20
      ? [2 ** 20, "MiB"]
      : [2 ** 10, "KiB"];
    return this.#write(
      `${CLEAR}[${time}] [${bar}] [${(this.value / size).toFixed(2)}/${(this.max / size).toFixed(2)} ${unit}]`,
    );
  }

  #write(text: string): Promise<void> {
    return this.#writer.write(new TextEncoder().encode(text)).catch(() => {}); // nobody looks any more
  }
}
