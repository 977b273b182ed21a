import { assertEquals, assertFalse, assertRejects, assertStringIncludes } from "@std/assert";
import { FiefError } from "../../lib/errors.ts";
import { send } from "../../lib/provider/requests.ts";
import { serve } from "../support/server.ts";

const HOST = { fetch, now: () => 0 };

Deno.test("send() gives status, headers and body", async () => {
  await using server = serve(() => new Response("moat", { status: 201, headers: { "x-castle": "yes" } }));
  const { status, headers, text } = await send(HOST, server.origin);
  assertEquals([status, headers.get("x-castle"), text], [201, "yes", "moat"]);
});

for (const [method, times] of [["GET", 2], ["POST", 1], ["PATCH", 1]] as const) {
  Deno.test(`send() asks ${times === 1 ? "once" : "twice"} when ${method} meets status 503`, async () => {
    await using server = serve(() => new Response("busy", { status: 503 }));
    assertEquals((await send(HOST, server.origin, { method })).status, 503);
    assertEquals(server.requests.length, times);
  });
}

Deno.test("send() takes the second answer of a GET", async () => {
  let asked = 0;
  await using server = serve(() => asked++ === 0 ? new Response(null, { status: 502 }) : new Response("there"));
  assertEquals((await send(HOST, server.origin)).text, "there");
});

Deno.test("send() follows no redirect", async () => {
  await using server = serve(() => new Response(null, { status: 302, headers: { location: "/elsewhere" } }));
  assertEquals((await send(HOST, server.origin)).status, 302);
  assertEquals(server.requests.length, 1);
});

Deno.test("send() rejects when the body is larger than 1 MB, with and without a length", async () => {
  const chunk = new Uint8Array(100_000).fill(0x20);
  let sent = 0;
  await using server = serve(() =>
    new Response(
      new ReadableStream({
        pull(controller) {
          sent++;
          if (sent > 500) controller.close();
          else controller.enqueue(chunk);
        },
      }),
    )
  );
  const error = await assertRejects(() => send(HOST, server.origin), FiefError, "more than 1 MB");
  assertEquals(error.code, "provider_answer_invalid");
  assertEquals(sent < 100, true, "the rest was read");
});

Deno.test("send() gives up a request that is never answered after 10 s", async () => {
  // The limit itself, without waiting for it: whatever timer it sets is let go off at once.
  const realSetTimeout = globalThis.setTimeout;
  const delays: number[] = [];
  const hang: typeof fetch = (_input, init) =>
    new Promise((_, reject) => init!.signal!.addEventListener("abort", () => reject(init!.signal!.reason)));
  globalThis.setTimeout = ((callback: () => void, delay: number) => {
    delays.push(delay);
    return realSetTimeout(callback, 0);
  }) as typeof setTimeout;
  try {
    const error = await assertRejects(
      () => send({ fetch: hang, now: () => 0 }, "https://example.fief.dev/x"),
      FiefError,
    );
    assertEquals([error.code, error.message], [
      "provider_unreachable",
      '"https://example.fief.dev" did not answer within 10 s',
    ]);
    assertEquals(delays, [10_000]);
  } finally {
    globalThis.setTimeout = realSetTimeout;
  }
});

const failures: [name: string, thrown: Error, what: string][] = [
  [
    "the name is not known",
    new TypeError("error sending request: client error (Connect): dns error: failed to lookup address information"),
    "Cannot find the server",
  ],
  [
    "the certificate is not trusted",
    new TypeError("error sending request: client error (Connect): invalid peer certificate: UnknownIssuer"),
    "Cannot trust the certificate",
  ],
  [
    "the connection is refused",
    new TypeError("error sending request: tcp connect error: Connection refused (os error 111)"),
    "Nobody listens",
  ],
  ["the connection breaks", new TypeError("connection reset"), "Cannot reach"],
];
for (const [name, thrown, what] of failures) {
  Deno.test(`send() says what can be known when ${name}`, async () => {
    const url = "https://example.fief.dev/authorize?state=s3cret";
    const error = await assertRejects(
      () => send({ fetch: () => Promise.reject(thrown), now: () => 0 }, url),
      FiefError,
      what,
    );
    assertEquals(error.code, "provider_unreachable");
    assertFalse(Deno.inspect(error, { depth: 9 }).includes("s3cret"));
  });
}

Deno.test("send() says that nobody listens when a real port is closed", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const origin = `http://127.0.0.1:${listener.addr.port}`;
  listener.close();
  await assertRejects(() => send(HOST, origin), FiefError, "Nobody listens");
});

Deno.test("send() says that the name is not known when a real lookup fails", async () => {
  const error = await assertRejects(() => send(HOST, "https://no-such-host.invalid"), FiefError);
  assertEquals(error.code, "provider_unreachable");
  assertStringIncludes(error.message, "no-such-host.invalid");
});

Deno.test("send() lets through that Deno does not allow it", async () => {
  const refuse = () =>
    Promise.reject(new Deno.errors.NotCapable('Requires net access to "x:443", run again with the --allow-net flag'));
  await assertRejects(() => send({ fetch: refuse, now: () => 0 }, "https://x/"), Deno.errors.NotCapable);
});
