import { STATUS_TEXT, type StatusCode } from "@std/http/status";
import { FiefError } from "../errors.ts";
import type { Host } from "../host.ts";
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
}

/** From this size on a download to a file shows its progress, in bytes. */
const LARGE = 1_000_000;

/** Writes an answer piece by piece: it may be larger than the memory. */
export async function writeResponse(response: Response, to: ResponseOutput): Promise<void> {
  if (to.include && !to.output.json) await to.host.stdout.write(headText(response));
  if (to.file !== undefined) await writeFile(response, to.file, to);
  else if (to.output.json) await writeJson(response, to);
  else for await (const chunk of chunks(response, to.signal)) await to.host.stdout.write(chunk);
}

async function writeFile(response: Response, path: string, to: ResponseOutput): Promise<void> {
  const writable = (error: unknown) => {
    if (error instanceof FiefError || error instanceof Deno.errors.NotCapable) return error;
    return new FiefError("output_unwritable", `Cannot write "${path}"`, "Check path, space and permissions", {
      cause: error,
    });
  };
  let bytes = 0;
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path, { write: true, create: true, truncate: true });
  } catch (error) {
    await response.body?.cancel();
    throw writable(error);
  }
  using _ = file;
  const bar = await progressBar(Number(response.headers.get("content-length") ?? 0), to.output);
  try {
    for await (const chunk of chunks(response, to.signal)) {
      for (let rest = chunk; rest.length > 0;) {
        rest = rest.subarray(await file.write(rest).catch((error) => Promise.reject(writable(error))));
      }
      bytes += chunk.length;
      if (bar) bar.value = bytes;
    }
  } finally {
    await bar?.stop();
  }
  if (to.output.json) {
    await to.output.result({
      status: response.status,
      headers: Object.fromEntries(response.headers),
      file: path,
      bytes,
    }, "");
  }
}

async function progressBar(max: number, output: CommandOutput) {
  if (!output.lively || max < LARGE) return undefined;
  const { ProgressBar } = await import("@std/cli/unstable-progress-bar");
  return new ProgressBar({ max, clear: true, barLength: 30 });
}

/** One JSON object whose body is written as it comes. */
async function writeJson(response: Response, { host: { stdout }, signal }: ResponseOutput): Promise<void> {
  const head = JSON.stringify({ status: response.status, headers: Object.fromEntries(response.headers) });
  await stdout.write(`${head.slice(0, -1)},"body":"`);
  const decoder = new TextDecoder();
  for await (const chunk of chunks(response, signal)) {
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

async function* chunks(response: Response, signal: AbortSignal): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error) => {
        signal.throwIfAborted();
        throw new FiefError("api_unreachable", "The answer of the API broke off", "Try again", { cause: error });
      });
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
