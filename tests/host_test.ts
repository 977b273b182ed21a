import { assert, assertEquals, assertRejects } from "@std/assert";
import { realFetch, realHost } from "../lib/host.ts";

Deno.test("a POST is sent once, also when the connection had served before and breaks under it", async () => {
  await assertSentOnce(realHost().fetch);
});

Deno.test("a POST is sent once where more certificate authorities are trusted, too", async () => {
  await assertSentOnce(realFetch(["no certificate: nobody more is trusted"]));
});

async function assertSentOnce(fetch: typeof globalThis.fetch): Promise<void> {
  const methods: string[] = [];
  using listener = Deno.listen({ hostname: "0.0.0.0", port: 0 });
  const connections: Deno.TcpConn[] = [];
  const serving = (async () => {
    for await (const connection of listener) {
      connections.push(connection);
      void serve(connection, methods);
    }
  })();
  // An address that is not known to be this machine's: there the platform keeps connections.
  const url = `http://0.0.0.0:${listener.addr.port}/`;
  await (await fetch(url)).text();
  await assertRejects(() => fetch(url, { method: "POST", body: "refresh_token=1" }));
  assertEquals(methods, ["GET", "POST"]);
  for (const connection of connections) {
    try {
      connection.close();
    } catch {
      // it is
    }
  }
  listener.close();
  await serving;
}

/** Answers a GET and keeps the connection; breaks it at a POST. */
async function serve(connection: Deno.TcpConn, methods: string[]): Promise<void> {
  const buffer = new Uint8Array(4096);
  for (;;) {
    const length = await connection.read(buffer).catch(() => null);
    if (length === null) return;
    const method = new TextDecoder().decode(buffer.subarray(0, length)).split(" ")[0]!;
    methods.push(method);
    if (method !== "GET") return connection.close();
    await connection.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
  }
}

Deno.test("sleep() ends after its time, at once where its signal has aborted, and leaves no timer when it aborts meanwhile", async () => {
  const { sleep } = realHost();
  const started = performance.now();
  await sleep(20, new AbortController().signal);
  assert(performance.now() - started >= 15);
  await sleep(1e12, AbortSignal.abort());
  const controller = new AbortController();
  const sleeping = sleep(1e12, controller.signal); // more than a timer can take
  controller.abort();
  await sleeping;
});
