import { FiefError } from "../errors.ts";
import type { Host } from "../host.ts";

/** Bytes of an answer that is a number. */
const LONGEST = 100;

/**
 * Asks which one is meant: a numbered list on standard error, and a line on standard input. Nothing moves on the screen, so that it can be
 * read aloud and works on any terminal; Ctrl-C ends it as it ends all else.
 *
 * `promptSelect` of `@std/cli` would be in its place, but it ends the process itself at Ctrl-C, with status 0 and the terminal still raw, and
 * it draws on standard output, which carries results.
 *
 * @param question What is asked, in one line.
 * @param labels What there is to choose from.
 * @returns Where in the list the answer is.
 * @throws {FiefError} `usage_invalid` where the answer never is one of them.
 */
export async function choose(
  question: string,
  labels: string[],
  { stdin, stderr }: Pick<Host, "stdin" | "stderr">,
  signal: AbortSignal,
): Promise<number> {
  await stderr.write([question, ...labels.map((label, index) => `  ${index + 1}  ${label}`), ""].join("\n"));
  const lines = linesOf(stdin, signal);
  for (let attempt = 0; attempt < 3; attempt++) {
    await stderr.write(`Number (1 to ${labels.length}): `);
    const line = await lines.next();
    if (line.done) break;
    const answer = line.value.trim();
    const index = labels.findIndex((label, at) => answer === String(at + 1) || answer === label.split(" ")[0]);
    if (index >= 0) return index;
  }
  throw new FiefError("usage_invalid", "Nothing was chosen", "Name it on the command line");
}

/** Lines as a terminal gives them. */
async function* linesOf(stdin: Host["stdin"], signal: AbortSignal): AsyncGenerator<string> {
  const reader = stdin.readable.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader();
  const stopped = Promise.withResolvers<never>();
  stopped.promise.catch(() => {});
  const stop = () => stopped.reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    let text = "";
    for (;;) {
      const { done, value = "" } = await Promise.race([reader.read(), stopped.promise]);
      if (done) return;
      text = `${text}${value}`.slice(-LONGEST);
      for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
        yield text.slice(0, end);
        text = text.slice(end + 1);
      }
    }
  } finally {
    signal.removeEventListener("abort", stop);
    void reader.cancel().catch(() => {});
  }
}
