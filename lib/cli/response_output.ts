import { STATUS_TEXT, type StatusCode } from "@std/http/status";
import { FiefError } from "../errors.ts";
import type { Host } from "../host.ts";
import type { Context } from "./command.ts";
import type { CommandOutput } from "./output.ts";

/** Where an answer goes. */
export interface ResponseOutput {
  /** Path of the file for the body, `undefined` for standard output. */
  file: string | undefined;
  /** Whether status and headers come first. */
  include: boolean;
  host: Pick<Host, "stdout" | "stderr">;
  output: CommandOutput;
  signal: AbortSignal;
  leaveSignals: Context["leaveSignals"];
}

/** From this size on a download to a file shows its progress, and one to standard output leaves signals to the system, in bytes. */
const LARGE = 1_000_000;

/** Writes an answer piece by piece: it may be larger than the memory. */
export async function writeResponse(response: Response, to: ResponseOutput): Promise<void> {
  if (to.include && !to.output.json) await to.host.stdout.write(headText(response));
  if (to.file !== undefined) await writeFile(response, to.file, to);
  else if (to.output.json) await writeJson(response, to);
  else await writeBody(response, to);
}

/** On a terminal what comes next begins on a line of its own. */
async function writeBody(response: Response, to: ResponseOutput): Promise<void> {
  const { stdout } = to.host;
  let bytes = 0;
  let last: number | undefined;
  let blocking = false;
  for await (const chunk of chunks(response, to.signal)) {
    bytes += chunk.length;
    // Whoever does not read on may hold us up for ever, so that nothing here would hear of Ctrl-C.
    if (!blocking && bytes >= LARGE) blocking = to.leaveSignals();
    await stdout.write(chunk, blocking);
    last = chunk.at(-1) ?? last;
  }
  if (last !== undefined && last !== 0x0a && stdout.isTerminal()) await stdout.write("\n");
}

/** What is there is replaced when all of the answer has come. A device or a pipe is written to as it is. */
async function writeFile(response: Response, path: string, to: ResponseOutput): Promise<void> {
  const guarded = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (error instanceof FiefError || error instanceof Deno.errors.NotCapable) throw error;
      const hint = "Check path, space and permissions";
      throw new FiefError("output_unwritable", `Cannot write "${path}"`, hint, { cause: error });
    }
  };
  const there = await Deno.stat(path).catch(() => undefined);
  const part = there === undefined || there.isFile ? `${path}.part` : undefined;
  const bytes = await writeAll(response, { path: part ?? path, isFile: part !== undefined }, to, guarded).catch(
    async (error) => {
      await response.body?.cancel().catch(() => {});
      if (part !== undefined) await Deno.remove(part).catch(() => {});
      throw error;
    },
  );
  if (part !== undefined) await guarded(Deno.rename(part, path));
  const { status, headers } = response;
  if (to.output.json) await to.output.result({ status, headers: Object.fromEntries(headers), file: path, bytes }, "");
}

async function writeAll(
  response: Response,
  { path, isFile }: { path: string; isFile: boolean },
  to: ResponseOutput,
  guarded: <T>(work: Promise<T>) => Promise<T>,
): Promise<number> {
  using file = await guarded(Deno.open(path, { write: true, create: true, truncate: true }));
  const bar = await progressBar(Number(response.headers.get("content-length") ?? 0), to.output);
  // A file takes it at once; whoever reads a pipe may make us wait, and Ctrl-C is to be heard meanwhile.
  const write = async (piece: Uint8Array) => isFile ? file.writeSync(piece) : await file.write(piece);
  let bytes = 0;
  try {
    for await (const chunk of chunks(response, to.signal)) {
      for (let rest = chunk; rest.length > 0;) rest = rest.subarray(await guarded(write(rest)));
      bytes += chunk.length;
      if (bar) bar.value = bytes;
    }
    return bytes;
  } finally {
    await bar?.stop();
  }
}

/** Columns of `[00:00] [` and `] [1023.99/1023.99 MiB]`, and the last one, which stays empty. */
const AROUND_THE_BAR = 33;

async function progressBar(max: number, output: CommandOutput) {
  // A line that the terminal breaks could not be taken away again.
  const barLength = Math.min(30, output.columns - AROUND_THE_BAR);
  if (!output.lively || max < LARGE || barLength < 5) return undefined;
  const { ProgressBar } = await import("@std/cli/unstable-progress-bar");
  return new ProgressBar({ max, clear: true, barLength });
}

/** One JSON object whose body is written as it comes. */
async function writeJson(response: Response, to: ResponseOutput): Promise<void> {
  const { stdout } = to.host;
  const head = JSON.stringify({ status: response.status, headers: Object.fromEntries(response.headers) });
  await stdout.write(`${head.slice(0, -1)},"body":"`);
  const decoder = new TextDecoder();
  for await (const chunk of chunks(response, to.signal)) {
    await stdout.write(inJson(decoder.decode(chunk, { stream: true })));
  }
  await stdout.write(`${inJson(decoder.decode())}"}\n`);
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function headText({ status, headers }: Response): string {
  const lines = [
    `HTTP ${status} ${STATUS_TEXT[status as StatusCode] ?? ""}`.trimEnd(),
    ...[...headers].map(([name, value]) => `${name}: ${value}`),
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** Pieces of an answer; each is good until the next one is asked for. */
async function* chunks({ body }: Response, signal: AbortSignal): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  if (body === null) return;
  const reader = piecesOf(body);
  try {
    for (;;) {
      const piece = await reader.read().catch((error) => {
        signal.throwIfAborted();
        throw new FiefError("api_unreachable", "The answer of the API broke off", "Try again", { cause: error });
      });
      if (piece === undefined) return;
      yield piece;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** Bytes of the buffer that a large answer goes through. */
const BUFFER = 524_288;

interface Pieces {
  /** The next piece; `undefined` at the end. */
  read(): Promise<Uint8Array<ArrayBuffer> | undefined>;
  cancel(): Promise<void>;
}

/** Read into one buffer, over and over: memory stays the same however much comes, and there are fewer, larger pieces. */
function piecesOf(body: ReadableStream<Uint8Array<ArrayBuffer>>): Pieces {
  let reader: ReadableStreamBYOBReader;
  try {
    reader = body.getReader({ mode: "byob" });
  } catch {
    const plain = body.getReader(); // a stream that somebody has put in the way
    return { read: async () => (await plain.read()).value, cancel: () => plain.cancel() };
  }
  let buffer = new ArrayBuffer(BUFFER);
  return {
    async read() {
      const { value } = await reader.read(new Uint8Array(buffer));
      if (value === undefined || value.length === 0) return undefined; // at the end
      buffer = value.buffer;
      return value;
    },
    cancel: () => reader.cancel(),
  };
}
