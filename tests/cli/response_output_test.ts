import { assertEquals } from "@std/assert";
import { outputOf } from "../../lib/cli/output.ts";
import { writeResponse } from "../../lib/cli/response_output.ts";
import type { Output } from "../../lib/host.ts";
import { recordedOutput, testHost } from "../support/host.ts";

/** Larger than the buffer, and every part of it is another one. */
const text = Array.from({ length: 300_000 }, (_, line) => line).join("\n");
const bytes = new TextEncoder().encode(text);

/** Pieces of odd sizes, as a network gives them. */
function pieces(controller: { enqueue(piece: Uint8Array<ArrayBuffer>): void; close(): void }): void {
  for (let at = 0, size = 1; at < bytes.length; at += size, size = size * 3 % 100_003) {
    controller.enqueue(bytes.slice(at, at + size));
  }
  controller.close();
}

const bodies: [name: string, make: () => BodyInit][] = [
  ["the platform's own body", () => bytes],
  ["a stream of bytes", () => new ReadableStream({ type: "bytes", start: pieces })],
  ["a stream of anything, which cannot be read into a buffer", () => new ReadableStream({ start: pieces })],
];
for (const [name, make] of bodies) {
  Deno.test(`writeResponse() writes an answer larger than its buffer as it came, from ${name}`, async () => {
    const stdout = recordedOutput();
    await write(new Response(make()), stdout);
    assertEquals(stdout.text === text, true, `${stdout.text.length} characters of ${text.length}`);
  });
}

/** Whether each piece of a large answer held up everything else. */
async function blockingWrites(leaveSignals: () => boolean): Promise<boolean[]> {
  const seen: boolean[] = [];
  const stdout: Output = {
    ...recordedOutput(),
    write(_, blocking = false) {
      seen.push(blocking);
      return Promise.resolve();
    },
  };
  await write(new Response(new ReadableStream({ type: "bytes", start: pieces })), stdout, leaveSignals);
  return seen;
}

Deno.test("writeResponse() leaves signals to the system before it writes in a way that only they can end, and for much only", async () => {
  let left = 0;
  const seen = await blockingWrites(() => ++left > 0);
  assertEquals([left, seen[0], seen.at(-1)], [1, false, true]);
});

Deno.test("writeResponse() holds nothing up where signals cannot be left to the system", async () => {
  assertEquals([...new Set(await blockingWrites(() => false))], [false]);
});

async function write(response: Response, stdout: Output, leaveSignals = () => false): Promise<void> {
  const host = testHost({ stdout, stderr: recordedOutput() });
  const output = outputOf(host, { json: false, quiet: false, color: false, plain: true, debug: false });
  const { signal } = new AbortController();
  await writeResponse(response, { file: undefined, include: false, host, output, signal, leaveSignals });
}
