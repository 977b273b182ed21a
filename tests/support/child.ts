// Small programs of a test's own, as real processes.
import { denoRunFlags } from "./cli.ts";

const ROOT = new URL("../../", import.meta.url);

/** What a program left. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * Writes a program to a file.
 *
 * @param directory Where it goes.
 * @param program TypeScript. `lib/` in an import stands for this project's.
 * @param allow Its permissions, all of them: `--allow-read=PATH` and the like.
 * @returns What to run: Deno, and its arguments.
 */
export async function writeProgram(directory: string, program: string, allow: string[]): Promise<string[]> {
  const path = `${directory}/${crypto.randomUUID()}.ts`;
  await Deno.writeTextFile(path, program.replaceAll('"lib/', `"${new URL("lib/", ROOT)}`), { mode: 0o644 });
  const found = denoRunFlags().filter((flag) => !flag.startsWith("--allow"));
  const config = `--config=${decodeURIComponent(new URL("deno.json", ROOT).pathname)}`;
  return [Deno.execPath(), "run", "-q", "--no-prompt", "--no-check", "--no-lock", config, ...found, ...allow, path];
}

/** Runs it to its end. */
export async function run([command, ...args]: string[], input?: string): Promise<Ended> {
  const options = { args, stdin: input === undefined ? "null" : "piped", stdout: "piped", stderr: "piped" } as const;
  const child = new Deno.Command(command!, options).spawn();
  if (input !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
  }
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** A process that goes on while the test does something. Leaving the scope ends it. */
export class Running implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  #rest = "";

  constructor([command, ...args]: string[]) {
    const options = { args, stdin: "piped", stdout: "piped", stderr: "inherit" } as const;
    this.#child = new Deno.Command(command!, options).spawn();
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    this.#input = this.#child.stdin.getWriter();
  }

  /** The next line that it prints; `undefined` where it has ended. */
  async line(): Promise<string | undefined> {
    while (!this.#rest.includes("\n")) {
      const { done, value } = await this.#lines.read();
      if (done) return undefined;
      this.#rest += value;
    }
    const [line, ...rest] = this.#rest.split("\n");
    this.#rest = rest.join("\n");
    return line;
  }

  /** Ends its standard input, on which it waits. */
  async go(): Promise<void> {
    await this.#input.close();
  }

  /** Ends it as nothing can be prepared for. */
  async kill(): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // it has ended
    }
    await this.#child.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.#input.close().catch(() => {});
    await this.#lines.cancel();
  }
}
