import { assertEquals, assertFalse, assertRejects, assertStringIncludes } from "@std/assert";
import { FiefError } from "../../lib/errors.ts";
import { NotSentError, send } from "../../lib/provider/requests.ts";
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

function sum(numbers: number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

/** Time limits themselves, without waiting for them: a timer goes off `after` milliseconds, whatever was asked for. */
async function withTimers(after: number, work: (delays: number[], cleared: number[]) => Promise<void>): Promise<void> {
  const { setTimeout, clearTimeout } = globalThis;
  const [delays, cleared]: [number[], number[]] = [[], []];
  const timers: Parameters<typeof clearTimeout>[0][] = [];
  globalThis.setTimeout = ((callback: () => void, delay: number) => {
    const timer = setTimeout(callback, after);
    delays.push(delay);
    timers.push(timer);
    return timer;
  }) as typeof setTimeout;
  globalThis.clearTimeout = (timer) => {
    cleared.push(timers.indexOf(timer));
    clearTimeout(timer);
  };
  try {
    await work(delays, cleared);
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout });
    timers.forEach((timer) => clearTimeout(timer));
  }
}

/** Deno 2.6 has two types for what a request is made of, and one of them knows no signal. */
function signalOf(init: Parameters<typeof fetch>[1]): AbortSignal {
  return (init as { signal: AbortSignal }).signal;
}

const hangs: [name: string, hang: typeof fetch][] = [
  [
    "is never answered",
    (_input, init) =>
      new Promise((_, reject) => signalOf(init).addEventListener("abort", () => reject(signalOf(init).reason))),
  ],
  ["is answered with a body that never ends", (_input, init) =>
    Promise.resolve(
      new Response(
        new ReadableStream({
          start(controller) {
            controller.enqueue(new TextEncoder().encode("{"));
            signalOf(init).addEventListener("abort", () => controller.error(signalOf(init).reason));
          },
        }),
      ),
    )],
];
for (const [name, hang] of hangs) {
  Deno.test(`send() gives up after 10 s, and does not ask again, when a request ${name}`, () =>
    withTimers(0, async (delays) => {
      const ask = () => send({ fetch: hang, now: () => 0 }, "https://example.fief.dev/x");
      const error = await assertRejects(ask, FiefError);
      assertEquals([error.code, error.message], [
        "provider_unreachable",
        '"https://example.fief.dev" did not answer within 10 s',
      ]);
      assertEquals(sum(delays), 10_000);
    }));
}

Deno.test("send() gives a GET and its second try 10 s in all", () =>
  withTimers(0, async (delays) => {
    let asked = 0;
    const hang = hangs[0]![1];
    const failing: typeof fetch = (input, init) =>
      asked++ === 0 ? Promise.resolve(new Response(null, { status: 500 })) : hang(input, init);
    const ask = () => send({ fetch: failing, now: () => 0 }, "https://example.fief.dev/x");
    await assertRejects(ask, FiefError, "did not answer within 10 s");
    assertEquals([asked, sum(delays)], [2, 10_000]);
  }));

Deno.test("send() ends, and asks nobody again, when the operation that it is a part of ends", async () => {
  const operation = new AbortController();
  let asked = 0;
  const interrupted = () => {
    asked++;
    operation.abort();
    return Promise.reject(new TypeError("aborted"));
  };
  const ask = () =>
    send({ fetch: interrupted, now: () => 0 }, "https://example.fief.dev/x", { signal: operation.signal });
  await assertRejects(ask, FiefError, "did not answer in time");
  assertEquals(asked, 1);
});

Deno.test("send() does not ask again when the server asks to be left alone", async () => {
  await using server = serve(() => new Response(null, { status: 503, headers: { "retry-after": "5" } }));
  assertEquals((await send(HOST, server.origin)).status, 503);
  assertEquals(server.requests.length, 1);
});

Deno.test("send() leaves no timer behind that would keep the process, answered or not", () =>
  withTimers(60_000, async (_, cleared) => {
    await send({ fetch: () => Promise.resolve(new Response("there")), now: () => 0 }, "https://example.fief.dev/x");
    const broken = () => Promise.reject(new TypeError("connection reset"));
    await assertRejects(() => send({ fetch: broken, now: () => 0 }, "https://example.fief.dev/x", { method: "POST" }));
    assertEquals(cleared, [0, 1]);
  }));

for (const [method, times] of [["GET", 2], ["POST", 1]] as const) {
  Deno.test(`send() asks ${times === 1 ? "once" : "twice"} when the connection of a ${method} breaks`, async () => {
    let asked = 0;
    const broken = () => (asked++, Promise.reject(new TypeError("connection reset")));
    await assertRejects(
      () => send({ fetch: broken, now: () => 0 }, "https://example.fief.dev/x", { method }),
      FiefError,
    );
    assertEquals(asked, times);
  });
}

Deno.test("send() does not ask again for what was too long", async () => {
  let asked = 0;
  const long = () => (asked++, Promise.resolve(new Response("x".repeat(1_000_001))));
  await assertRejects(() => send({ fetch: long, now: () => 0 }, "https://example.fief.dev/x"), FiefError, "1 MB");
  assertEquals(asked, 1);
});

Deno.test("send() takes a body of 1 MB to the byte", async () => {
  const text = "x".repeat(1_000_000);
  const whole = () => Promise.resolve(new Response(text));
  assertEquals((await send({ fetch: whole, now: () => 0 }, "https://example.fief.dev/x")).text, text);
});

Deno.test("send() tells debug where it asked, without query and body, answered or not", async () => {
  const lines: string[] = [];
  const host = { now: () => 0, debug: (line: string) => void lines.push(line) };
  const url = "https://example.fief.dev/authorize?state=s3cret";
  await send({ ...host, fetch: () => Promise.resolve(new Response("s3cret")) }, url);
  const broken = () => Promise.reject(new TypeError(`error sending request for url (${url})`));
  await assertRejects(() => send({ ...host, fetch: broken }, url, { method: "POST", body: "code=s3cret" }), FiefError);
  assertEquals(lines, [
    "GET https://example.fief.dev/authorize: status 200, 6 bytes, 0 ms",
    "POST https://example.fief.dev/authorize: no answer, 0 ms",
  ]);
});

const failures: [name: string, thrown: Error, what: string][] = [
  [
    "the name is not known",
    new TypeError("error sending request: client error (Connect): dns error: failed to lookup address information"),
    "Cannot find the server",
  ],
  [
    "the clock is far ahead of the certificate",
    new TypeError(
      "error sending request: client error (Connect): invalid peer certificate: certificate expired: verification time 2 (UNIX), but certificate is not valid after 1 (1 seconds ago)",
    ),
    "By the clock of this machine the certificate of ",
  ],
  [
    "the clock is far behind the certificate",
    new TypeError(
      "error sending request: client error (Connect): invalid peer certificate: certificate not valid yet: verification time 1 (UNIX), but certificate is not valid before 2 (1 seconds in future)",
    ),
    "is not valid yet",
  ],
  [
    "the certificate is not trusted",
    new TypeError("error sending request: client error (Connect): invalid peer certificate: UnknownIssuer"),
    "Cannot trust the certificate",
  ],
  [
    "the connection is refused",
    new TypeError(
      "error sending request: client error (Connect): tcp connect error: Connection refused (os error 111)",
    ),
    "Nobody listens",
  ],
  ["the connection breaks", new TypeError("connection reset"), "Cannot reach"],
  [
    "a server hangs up over TLS after the request",
    new TypeError(
      "error sending request: client error (SendRequest): peer closed connection without sending TLS close_notify: certificate",
    ),
    "Cannot reach",
  ],
  [
    "a server whose URL holds the words of other errors hangs up",
    new TypeError(
      "error sending request for https://tls.refused.example/certificate: client error (SendRequest): connection closed",
    ),
    "Cannot reach",
  ],
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
    // A refresh that may have arrived must not be sent again.
    assertEquals(error instanceof NotSentError, what !== "Cannot reach");
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
