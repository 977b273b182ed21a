import { assert, assertEquals, assertFalse, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { connect } from "node:http2";
import { FiefError } from "../../lib/errors.ts";
import { type Callback, type CallbackServer, isAnswer, listen } from "../../lib/signin/callback_server.ts";
import { get, isClosed } from "./fakes.ts";
import { exchange, send } from "./raw.ts";

const STATE = "s".repeat(43);

/** A listener that waits for the answer with {@linkcode STATE}. */
async function waiting(): Promise<
  { server: CallbackServer; port: number; callback: Promise<Callback>; answer: string }
> {
  const server = await listen("http://localhost:0/callback", "acme");
  const callback = server.expect({
    state: STATE,
    authorizationUrl: () => Promise.resolve("https://example.fief.dev/authorize?state=..."),
    failureDocument: () => Promise.resolve("failure"),
  });
  const port = Number(new URL(server.redirectUri).port);
  return { server, port, callback, answer: `${server.redirectUri}?code=c&state=${STATE}` };
}

/** Asks for the answer as a browser would, and shows it a page. */
async function finish(callback: Promise<Callback>, answer: string): Promise<string> {
  const redirected = get(answer);
  const { respond } = await callback;
  const responded = respond("<!doctype html>the page");
  const { status, headers } = await redirected;
  assertEquals(status, 303);
  const { text } = await get(new URL(headers.get("location")!, answer));
  await responded;
  return text;
}

function assertStrict(headers: Headers): void {
  assertMatch(headers.get("content-security-policy") ?? "", /^default-src 'none'; base-uri 'none'; form-action 'none'/);
  assertEquals(headers.get("cache-control"), "no-store");
  assertEquals(headers.get("referrer-policy"), "no-referrer");
  assertEquals(headers.get("x-content-type-options"), "nosniff");
  assertEquals(headers.get("access-control-allow-origin"), null);
}

/** `HOST` stands for the host and port of the listener. */
const hostile: [name: string, request: string, status: number | undefined][] = [
  ["another host name (DNS rebinding)", `GET /callback?code=c&state=${STATE} HTTP/1.1\r\nHost: evil.example\r\n`, 421],
  ["the right name at another port", `GET /callback?code=c&state=${STATE} HTTP/1.1\r\nHost: localhost:1\r\n`, 421],
  ["the address instead of the name", `GET /callback?code=c&state=${STATE} HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n`, 421],
  [
    "a name that only begins so",
    `GET /callback?code=c&state=${STATE} HTTP/1.1\r\nHost: localhost.evil.example:PORT\r\n`,
    421,
  ],
  [
    "the absolute form of another host",
    `GET http://evil.example/callback?code=c&state=${STATE} HTTP/1.1\r\nHost: HOST\r\n`,
    421,
  ],
  [
    "another host in the header than in the request line",
    `GET http://HOST/callback?code=c&state=${STATE} HTTP/1.1\r\nHost: evil.example\r\n`,
    421,
  ],
  ["no host at all", `GET /callback?code=c&state=${STATE} HTTP/1.0\r\n`, 421],
  ["HEAD", `HEAD /callback?code=c&state=${STATE} HTTP/1.1\r\nHost: HOST\r\n`, 405],
  ["POST", `POST /callback?code=c&state=${STATE} HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0\r\n`, 405],
  [
    "OPTIONS",
    `OPTIONS /callback?code=c&state=${STATE} HTTP/1.1\r\nHost: HOST\r\nOrigin: https://evil.example\r\n`,
    405,
  ],
  ["a method of its own", `STEAL /callback?code=c&state=${STATE} HTTP/1.1\r\nHost: HOST\r\n`, 405],
  [
    "a prefetch",
    `GET /callback?code=c&state=${STATE} HTTP/1.1\r\nHost: HOST\r\nSec-Purpose: prefetch;prerender\r\n`,
    503,
  ],
  ["an older prefetch", `GET /callback?code=c&state=${STATE} HTTP/1.1\r\nHost: HOST\r\nPurpose: prefetch\r\n`, 503],
  ["the favicon", `GET /favicon.ico HTTP/1.1\r\nHost: HOST\r\n`, 404],
  ["another path", `GET /callback/?code=c&state=${STATE} HTTP/1.1\r\nHost: HOST\r\n`, 404],
  ["the path in capitals", `GET /Callback?code=c&state=${STATE} HTTP/1.1\r\nHost: HOST\r\n`, 404],
  ["the result before there is one", `GET /result/${"r".repeat(43)} HTTP/1.1\r\nHost: HOST\r\n`, 404],
  ["a guessed one-time address", `GET /start/${"r".repeat(43)} HTTP/1.1\r\nHost: HOST\r\n`, 404],
  ["no parameters", `GET /callback HTTP/1.1\r\nHost: HOST\r\n`, 400],
  ["no state", `GET /callback?code=c HTTP/1.1\r\nHost: HOST\r\n`, 400],
  ["an empty state", `GET /callback?code=c&state= HTTP/1.1\r\nHost: HOST\r\n`, 400],
  ["a wrong state", `GET /callback?code=c&state=${"t".repeat(43)} HTTP/1.1\r\nHost: HOST\r\n`, 400],
  ["a part of the state", `GET /callback?code=c&state=${"s".repeat(42)} HTTP/1.1\r\nHost: HOST\r\n`, 400],
  ["the state twice", `GET /callback?code=c&state=${STATE}&state=${STATE} HTTP/1.1\r\nHost: HOST\r\n`, 400],
  ["a wrong state and an error", `GET /callback?error=access_denied&state=x HTTP/1.1\r\nHost: HOST\r\n`, 400],
  ["the state in a fragment", `GET /callback?code=c#state=${STATE} HTTP/1.1\r\nHost: HOST\r\n`, 400],
  ["script in the error", `GET /callback?error=%3Cscript%3Ealert(1)%3C/script%3E HTTP/1.1\r\nHost: HOST\r\n`, 400],
  ["parameters of 60 KB", `GET /callback?state=${"x".repeat(60_000)} HTTP/1.1\r\nHost: HOST\r\n`, 414],
  ["a thousand parameters", `GET /callback?${"a=b&".repeat(1000)} HTTP/1.1\r\nHost: HOST\r\n`, 400],
  ["a path that is no UTF-8", "GET /callback%ff%fe HTTP/1.1\r\nHost: HOST\r\n", 404],
  ["a state that is no UTF-8", "GET /callback?state=%ff%c0%80 HTTP/1.1\r\nHost: HOST\r\n", 400],
  ["%00", `GET /callback?state=${STATE}%00 HTTP/1.1\r\nHost: HOST\r\n`, 400],
  ["a broken escape", "GET /callback?state=%&x=%zz HTTP/1.1\r\nHost: HOST\r\n", 400],
];

Deno.test("listen() answers and forgets whatever is not the redirect, and goes on", async (t) => {
  const { server, port, callback, answer } = await waiting();
  await using _ = server;
  let arrived = false;
  void callback.then(() => arrived = true);
  for (const [name, request, status] of hostile) {
    await t.step(name, async () => {
      const host = new URL(server.redirectUri).host;
      const text = request.replaceAll("HOST", host).replaceAll("PORT", String(port));
      const got = await exchange(port, `${text}Connection: close\r\n\r\n`);
      assertEquals(got?.status, status);
      assertStrict(got!.headers);
      assertFalse(/<script|evil|xxxxx/i.test(got!.body), "nothing of the request is shown");
      assertFalse(arrived);
    });
  }
  for (
    const [name, bytes] of [
      [
        "two hosts",
        `GET /callback?code=c&state=${STATE} HTTP/1.1\r\nHost: localhost:${port}\r\nHost: evil.example\r\n\r\n`,
      ],
      ["script as it is", `GET /callback?error=<script>alert(1)</script> HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`],
      ["TLS", new Uint8Array([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3])],
      ["a line that is no request", "hello\r\n\r\n"],
      ["bytes that are no request", crypto.getRandomValues(new Uint8Array(4096))],
      [
        "a path in bytes above 127",
        new Uint8Array([
          ...new TextEncoder().encode("GET /"),
          0xff,
          0xfe,
          ...new TextEncoder().encode(" HTTP/1.1\r\n\r\n"),
        ]),
      ],
      ["a request of 2 MB", `GET /callback?state=${"x".repeat(2_000_000)} HTTP/1.1\r\n\r\n`],
    ] as const
  ) {
    await t.step(name, async () => {
      // The runtime answers these by itself, or hangs up.
      const connection = await send(port, bytes).catch(() => undefined);
      await connection?.closeWrite().catch(() => {});
      await connection?.readable.pipeTo(new WritableStream()).catch(() => {});
      assertFalse(arrived);
    });
  }
  await t.step("the redirect", async () => assertEquals(await finish(callback, answer), "<!doctype html>the page"));
});

/** The status of a request over HTTP/2 without TLS, which the runtime speaks where a client begins with it. */
async function statusOverHttp2(port: number, headers: Record<string, string>): Promise<number> {
  const session = connect(`http://127.0.0.1:${port}`);
  const stream = session.request(headers);
  let status = 0;
  stream.on("response", (answer) => status = Number(answer[":status"])).resume(); // read to its end, or Deno 2.6 keeps it
  await new Promise((resolve, reject) => stream.on("end", resolve).on("error", reject));
  session.destroy();
  return status;
}

Deno.test("listen() is as strict over HTTP/2, where the host is a part of the request line", async () => {
  const { server, port, callback } = await waiting();
  await using _ = server;
  let arrived = false;
  void callback.then(() => arrived = true);
  const right = `localhost:${port}`;
  const path = `/callback?code=c&state=${STATE}`;
  for (const [name, host] of [["evil.example"], ["evil.example", right], [right, "evil.example"]] as const) {
    const headers = { ":path": path, ":authority": name, ...host === undefined ? {} : { host } };
    assertEquals(await statusOverHttp2(port, headers), 421);
  }
  assertFalse(arrived);
});

Deno.test("listen() takes a redirect of 30 KB, and looks at none of 33 KB", async () => {
  const { server, callback, answer } = await waiting();
  await using _ = server;
  // Fief 0.27.0 describes an error with a parameter for each character.
  const described = (characters: number) => `${answer}${"&error_description=x".repeat(characters)}`;
  const { status, headers } = await get(described(1_650));
  assertEquals(status, 414);
  assertStrict(headers);
  assertEquals(await finish(callback, described(1_500)), "<!doctype html>the page");
});

Deno.test("listen() is not held up by 50 slow connections, and ends them", async () => {
  const { server, port, callback, answer } = await waiting();
  const halves = [
    "",
    "G",
    `GET /callback?code=c&state=${STATE} HTTP/1.1\r\nHost: localhost`,
    "POST /callback HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  ];
  const connections = await Promise.all(Array.from({ length: 50 }, (_, i) => send(port, halves[i % halves.length]!)));
  assertEquals(await finish(callback, answer), "<!doctype html>the page");
  const started = performance.now();
  await server[Symbol.asyncDispose]();
  assert(performance.now() - started < 1_500, "no grace for connections that nothing is owed");
  await Promise.all(connections.map((connection) => connection.readable.pipeTo(new WritableStream()).catch(() => {})));
  assert(await isClosed(server.redirectUri));
});

Deno.test("listen() delivers the page whole although it closes right after", async () => {
  const page = `<!doctype html>${"x".repeat(200_000)}`;
  for (let i = 0; i < 20; i++) {
    const { server, callback, answer } = await waiting();
    const redirected = get(answer);
    const { respond } = await callback;
    const closed = respond(page).then(() => server[Symbol.asyncDispose]());
    const { headers } = await redirected;
    assertEquals((await get(new URL(headers.get("location")!, answer))).text.length, page.length);
    await closed;
  }
});

Deno.test("listen() hands the redirect over once, and shows its outcome to a browser that sends it again", async () => {
  const { server, callback, answer } = await waiting();
  await using _ = server;
  let count = 0;
  void callback.then(() => count++);
  const both = [get(answer)];
  const { parameters, respond } = await callback;
  both.push(get(answer.replace("code=c", "code=d")));
  assertEquals(parameters.get("code"), "c");
  const responded = respond("the page");
  const [first, second] = await Promise.all(both);
  assertEquals([first!.status, second!.status, count], [303, 303, 1]);
  assertEquals(first!.headers.get("location"), second!.headers.get("location"));
  const result = new URL(first!.headers.get("location")!, answer);
  assertEquals((await get(result)).text, "the page");
  assertEquals((await get(result)).text, "the page"); // reloaded
  await responded;
});

Deno.test("listen() leads from the one-time address to the server once", async () => {
  const { server } = await waiting();
  await using _ = server;
  for (const request of ["HEAD", "GET"]) {
    const ahead = request === "HEAD" ? { method: "HEAD" } : { headers: { "sec-purpose": "prefetch" } };
    await get(server.startUrl, ahead); // does not use it up
  }
  const first = await get(server.startUrl);
  assertEquals([first.status, first.headers.get("location")], [302, "https://example.fief.dev/authorize?state=..."]);
  assertStrict(first.headers);
  const second = await get(server.startUrl);
  assertEquals([second.status, second.headers.get("location")], [410, null]);
  assertStringIncludes(second.text, "This address has been used");
  assertStrict(second.headers);
});

Deno.test("listen() shows why at the one-time address when there is no authorization URL", async () => {
  await using server = await listen("http://localhost:0/callback", "acme");
  void server.expect({
    state: STATE,
    authorizationUrl: () => Promise.reject(new Error("refused")),
    failureDocument: (error) => Promise.resolve(`because of ${(error as Error).message}`),
  });
  assertEquals((await get(server.startUrl)).text, "because of refused");
});

Deno.test("listen() shows those who come by mistake a page in the program's own design", async () => {
  await using server = await listen("http://localhost:0/callback", "acme", { accent: "#8a3ffc" });
  void server.expect({
    state: STATE,
    authorizationUrl: () => Promise.resolve("https://example.fief.dev/authorize?state=..."),
    failureDocument: () => Promise.resolve("failure"),
  }).catch(() => {});
  await get(server.startUrl);
  for (const url of [server.startUrl, `${server.redirectUri}?code=c&state=${"t".repeat(43)}`]) {
    assertStringIncludes((await get(url)).text, ".app { color: #8a3ffc; }");
  }
});

Deno.test("listen() turns everybody away before a sign-in is pending", async () => {
  await using server = await listen("http://localhost:0/callback", "acme");
  assertEquals((await get(server.startUrl)).status, 503);
  assertEquals((await get(`${server.redirectUri}?state=`)).status, 503);
});

Deno.test("listen() lets a browser go that waits when the sign-in ends", async () => {
  const { server, callback, answer } = await waiting();
  const browser = get(answer);
  await callback;
  await server[Symbol.asyncDispose]();
  assertEquals((await browser).status, 303);
});

Deno.test("listen() tells a second tab the same while it closes, and others that it is over", async () => {
  const leaves = Promise.withResolvers<string>();
  const server = await listen("http://localhost:0/callback", "acme");
  const callback = server.expect({
    state: STATE,
    authorizationUrl: () => leaves.promise,
    failureDocument: () => Promise.resolve("failure"),
  });
  const answer = `${server.redirectUri}?code=c&state=${STATE}`;
  const slow = get(server.startUrl); // holds the closing up
  const [first, second] = [get(answer), get(answer)];
  void (await callback).respond("<!doctype html>the page");
  const places = (await Promise.all([first, second])).map(({ headers }) => new URL(headers.get("location")!, answer));
  assertEquals((await get(places[0]!)).text, "<!doctype html>the page");
  const closed = server[Symbol.asyncDispose]();
  assertEquals((await get(places[1]!)).text, "<!doctype html>the page");
  assertEquals((await get(answer)).status, 503);
  leaves.resolve("https://example.fief.dev/authorize");
  assertEquals((await slow).status, 302);
  await closed;
});

for (
  const [registered, expected] of [
    ["http://localhost:0/callback", /^http:\/\/localhost:\d{2,5}\/callback$/],
    ["http://localhost:0", /^http:\/\/localhost:\d{2,5}$/],
    ["http://127.0.0.1:0/", /^http:\/\/127\.0\.0\.1:\d{2,5}\/$/],
    ["http://LOCALHOST:0/a%20b/:0", /^http:\/\/LOCALHOST:\d{2,5}\/a%20b\/:0$/],
  ] as const
) {
  Deno.test(`listen() gives ${registered} back as it was registered, with the real port`, async () => {
    await using server = await listen(registered, "acme");
    assertMatch(server.redirectUri, expected);
    const callback = server.expect({
      state: STATE,
      authorizationUrl: () => Promise.resolve(""),
      failureDocument: () => Promise.resolve(""),
    });
    assertEquals(await finish(callback, `${server.redirectUri}?code=c&state=${STATE}`), "<!doctype html>the page");
  });
}

for (
  const uri of [
    "",
    "callback",
    "https://localhost:51562/callback",
    "http://example.com/callback",
    "http://0.0.0.0:51562/callback",
    "http://127.0.0.2:51562/callback",
    "http://localhost.example.com/callback",
    "http://anne:secret@localhost:51562/callback",
    "http://localhost:51562/callback?a=b",
    "http://localhost:51562/callback#a",
    "http://localhost:99999/callback",
    "javascript://localhost/callback",
    "com.example.app:/callback",
  ]
) {
  Deno.test(`listen() rejects "${uri}" with redirect_uri_invalid`, async () => {
    const error = await assertRejects(() => listen(uri, "acme"), FiefError);
    assertEquals(error.code, "redirect_uri_invalid");
    assertStringIncludes(error.message, `"${uri}"`);
  });
}

for (
  const [query, expected] of [
    [`state=${STATE}`, true],
    [`code=c&state=${STATE}&iss=i`, true],
    [`state=${STATE}&state=${STATE}`, false],
    [`state=${STATE}x`, false],
    [`State=${STATE}`, false],
    ["state", false],
    ["", false],
    ["%&%ff&=&==", false],
  ] as const
) {
  Deno.test(`isAnswer() gives ${expected} for "${query.replaceAll(STATE, "STATE")}"`, () => {
    assertEquals(isAnswer(new URL(`http://localhost/callback?${query}`), STATE), expected);
  });
}
