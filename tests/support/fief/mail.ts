// The server hands what it wants mailed to a queue in Redis, for a worker that the tests do without.
import type { FiefServer } from "./server.ts";

/** The code in the newest message that asks somebody to verify an address. */
export async function verificationCode(fief: FiefServer): Promise<string> {
  const queued = await valuesOf(fief.redisPort, "dramatiq:default.msgs");
  const messages = queued.map((text) =>
    JSON.parse(text) as { actor_name: string; args: string[]; message_timestamp: number }
  ).filter(({ actor_name }) => actor_name === "on_email_verification_requested");
  const newest = messages.sort((a, b) => b.message_timestamp - a.message_timestamp)[0];
  if (newest === undefined) throw new Error("Nothing was to be mailed");
  return newest.args[2]!;
}

/** All values of a hash, in Redis's own protocol: an array of texts, each with its length in bytes in front. */
async function valuesOf(port: number, key: string): Promise<string[]> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(`HVALS ${key}\r\n`));
  const decoder = new TextDecoder();
  let text = "";
  const buffer = new Uint8Array(65_536);
  // The messages are ASCII, so characters are bytes.
  for (;;) {
    const count = await connection.read(buffer);
    if (count === null) throw new Error("Redis has closed the connection");
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
    const values = parsed(text);
    if (values !== undefined) return values;
  }
}

/** `undefined` where a part is still to come. */
function parsed(text: string): string[] | undefined {
  let at = text.indexOf("\r\n");
  if (at < 0) return undefined;
  const values: string[] = [];
  for (let left = Number(text.slice(1, at)); left > 0; left--) {
    const start = text.indexOf("\r\n", at + 2);
    const length = Number(text.slice(at + 3, start));
    if (start < 0 || text.length < start + 2 + length + 2) return undefined;
    values.push(text.slice(start + 2, start + 2 + length));
    at = start + 2 + length;
  }
  return values;
}
