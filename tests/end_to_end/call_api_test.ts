import { assert, assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import { run } from "../support/child.ts";
import { startCliSession } from "../support/cli_session.ts";

/** An API that tells what it got. */
async function echo(request: Request): Promise<Response> {
  const { method, url, headers } = request;
  const body = await request.text();
  const status = Number(new URL(url).searchParams.get("status") ?? 200);
  return Response.json({
    method,
    path: new URL(url).pathname,
    type: headers.get("content-type"),
    x: headers.get("x-moat"),
    body,
  }, { status });
}

const requests: [name: string, args: string[], got: Record<string, unknown>, stdin?: string][] = [
  ["GET without more", [], { method: "GET", type: null, body: "" }],
  ["POST with JSON", ["-d", '{"a":1}'], { method: "POST", type: "application/json", body: '{"a":1}' }],
  ["POST with a form", ["-d", "a=1&b=2"], {
    method: "POST",
    type: "application/x-www-form-urlencoded",
    body: "a=1&b=2",
  }],
  ["PUT by its short form", ["-XPUT", "-da"], { method: "PUT", body: "a" }],
  ["a method in small letters", ["-X", "delete"], { method: "DELETE" }],
  ["headers", ["-H", "X-Moat: deep", "-H", "content-type: text/plain", "-d", "x"], { type: "text/plain", x: "deep" }],
  ["a header twice", ["-H", "X-Moat: a", "-H", "X-Moat: b"], { x: "a, b" }],
  [
    "a body from standard input",
    ["-d", "@-"],
    { method: "POST", type: "application/octet-stream", body: "from stdin" },
    "from stdin",
  ],
  ["an empty body", ["-d", ""], { method: "POST", body: "" }],
];
for (const [name, args, got, stdin] of requests) {
  Deno.test(`call-api sends ${name}`, async () => {
    await using session = await startCliSession({}, echo);
    await session.signIn();
    const { status, stdout } = await session.run(
      ["call-api", `${session.api.origin}/a`, ...args],
      stdin === undefined ? {} : { stdin },
    );
    assertEquals(status, 0);
    const met = JSON.parse(stdout);
    assertEquals(Object.fromEntries(Object.keys(got).map((key) => [key, met[key]])), got);
  });
}

Deno.test("call-api reads a body from a file, sends it again after a 401, and writes the answer to a file", async () => {
  const bodies: string[] = [];
  await using session = await startCliSession({}, async (request) => {
    bodies.push(await request.text());
    return bodies.length === 1 ? new Response(null, { status: 401 }) : new Response("kept");
  });
  await session.signIn();
  const [input, output] = [`${session.directory}/in`, `${session.directory}/out`];
  await Deno.writeTextFile(input, "a body");
  const args = ["call-api", session.api.origin, "-d", `@${input}`, "-o", output];
  assertEquals(await session.run(args, { facts: { reads: [input], writes: [output] } }), {
    status: 0,
    stdout: "",
    stderr: "",
  });
  assertEquals([bodies, await Deno.readTextFile(output)], [["a body", "a body"], "kept"]);
  assertEquals(session.provider.requestsTo(session.provider.tokenPath), 2);
});

Deno.test("call-api prints status and headers before the body with -i", async () => {
  await using session = await startCliSession(
    {},
    () => new Response("castles", { status: 404, headers: { "x-moat": "deep" } }),
  );
  await session.signIn();
  const { status, stdout, stderr } = await session.run(["call-api", session.api.origin, "-i"]);
  assertEquals([status, stderr], [0, "The API answered with status 404\n"]);
  assertMatch(stdout, /^HTTP 404 Not Found\r\n[\s\S]*x-moat: deep\r\n\r\ncastles$/);
});

Deno.test("call-api ends with status 22 with --fail when the answer's status is 400 or more, and prints the answer all the same", async () => {
  await using session = await startCliSession({}, echo);
  await session.signIn();
  for (const [code, status] of [[400, 22], [503, 22], [399, 0], [200, 0]]) {
    const result = await session.run(["call-api", `${session.api.origin}/?status=${code}`, "--fail", "-q"]);
    assertEquals([code, result.status, result.stderr], [code, status, ""]);
    assertStringIncludes(result.stdout, '"method":"GET"');
  }
});

const refused: [name: string, args: (origin: string) => string[], status: number, what: string][] = [
  ["a URL without a scheme", () => ["api.example.com"], 2, "no http or https URL"],
  ["a path", () => ["/castles"], 2, "no http or https URL"],
  ["plain http", () => ["http://api.example.com"], 2, "plain http"],
  [
    "an origin nobody named",
    () => ["https://api.example.com/x"],
    2,
    "Name it, here or at login: --api-origin https://api.example.com",
  ],
  ["a user name in the URL", () => ["https://anne:s3cret@api.example.com"], 2, "no user name and no password"],
  ["a header without a name", (origin) => [origin, "-H", ": x"], 2, "is no header"],
  ["a header without a colon", (origin) => [origin, "-H", "X-Key s3cret"], 2, "is no header"],
  ["a header with a line break", (origin) => [origin, "-H", "X-Key: s3cret\r\nX: b"], 2, '"X-Key: ..." is no header'],
  ["the host as a header", (origin) => [origin, "-H", "Host: evil.example"], 2, "is what this command adds"],
  ["a password in what is no URL", () => ["https://anne:s3cret@a b/"], 2, "no http or https URL"],
  ["a password in another scheme", () => ["ftp://anne:s3cret@a.example/"], 2, "no http or https URL"],
  ["a key in what is no URL", () => ["api.example.com/?key=s3cret"], 2, "no http or https URL"],
  [
    "a password in an origin",
    (origin) => [origin, "--api-origin", "https://anne:s3cret@api.example.com"],
    2,
    "is not the origin of an API",
  ],
  ["a header of its own", (origin) => [origin, "-H", "authorization: Bearer s3cret"], 2, "is what this command adds"],
  ["a method that is none", (origin) => [origin, "-X", "GET IT"], 2, "is no method"],
  ["a method that cannot be sent", (origin) => [origin, "-X", "CONNECT"], 2, "is no method"],
  ["a GET with a body", (origin) => [origin, "-X", "GET", "-d", "x"], 2, "has no body"],
  ["a file that is not there", (origin) => [origin, "-d", "@/nonexistent/file"], 2, "Cannot read"],
  [
    "an origin with a path",
    (origin) => [origin, "--api-origin", "https://api.example.com/v1"],
    2,
    "is not the origin of an API",
  ],
  ["no URL", () => [], 2, '"call-api" needs URL'],
  ["two URLs", (origin) => [origin, origin], 2, "does not take"],
  ["an output that is a directory", (origin) => [origin, "-o", "/tmp"], 1, 'Cannot write "/tmp"'],
];
for (const [name, args, expected, what] of refused) {
  Deno.test(`call-api refuses ${name}`, async () => {
    await using session = await startCliSession({}, echo);
    await session.signIn();
    const facts = { reads: ["/nonexistent/file"], writes: ["/tmp"] };
    const { status, stdout, stderr } = await session.run(["call-api", ...args(session.api.origin)], { facts });
    assertEquals([status, stdout], [expected, ""], stderr);
    assertStringIncludes(stderr, what);
    assertFalse(stderr.includes("s3cret") || stderr.includes("    at "), stderr);
  });
}

Deno.test("call-api takes no token along a redirect to another origin", async () => {
  await using session = await startCliSession(
    {},
    () => new Response(null, { status: 302, headers: { location: "http://127.0.0.1:61998/x" } }),
  );
  await session.signIn();
  const { status, stderr } = await session.run(["call-api", session.api.origin], {
    facts: { apiUrls: [session.api.origin, "http://127.0.0.1:61998"] },
  });
  assertEquals(status, 5); // nobody listens there; a token would not have gone
  assertStringIncludes(stderr, 'Cannot reach "http://127.0.0.1:61998"');
});

Deno.test("call-api passes 1 GB through in constant memory, to standard output and from a file", async () => {
  const size = 1_000_000_000;
  const chunk = new Uint8Array(1_000_000).fill(0x61);
  let received = 0;
  await using session = await startCliSession({}, async (request) => {
    if (request.method === "POST") {
      for await (const part of request.body!) received += part.length;
      return new Response("thanks");
    }
    let left = size;
    return new Response(
      new ReadableStream({
        pull(controller) {
          if (left <= 0) return controller.close();
          controller.enqueue(chunk);
          left -= chunk.length;
        },
      }),
    );
  });
  await session.signIn();
  const file = `${session.directory}/large`;
  const download = session.start(["call-api", session.api.origin, "-o", file], { facts: { writes: [file] } });
  const [down, downPeak] = await Promise.all([download.result(), peakMemory(download.pid)]);
  assertEquals([down.status, Deno.statSync(file).size], [0, size]);
  const upload = session.start(["call-api", session.api.origin, "-d", `@${file}`], { facts: { reads: [file] } });
  const [up, upPeak] = await Promise.all([upload.result(), peakMemory(upload.pid)]);
  assertEquals([up.status, received], [0, size]);
  for (const peak of [downPeak, upPeak]) assert(peak < 150_000_000, `${peak} bytes were resident`);
});

for (const [signal, expected] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  const name = `call-api ends with status ${expected} on ${signal} though whoever reads its endless answer has stopped`;
  Deno.test({ name, ignore: Deno.build.os === "windows" }, async () => {
    let sent = 0;
    await using session = await startCliSession({}, () =>
      new Response(
        new ReadableStream({
          pull(controller) {
            controller.enqueue(new Uint8Array(100_000));
            sent += 100_000;
          },
        }),
      ));
    await session.signIn();
    const pipe = `${session.directory}/pipe`;
    await run(["mkfifo", pipe]);
    const through = ["bash", "-c", 'exec "$@" > "$0"', pipe];
    const running = session.start(["call-api", session.api.origin], { through });
    using end = await Deno.open(pipe);
    for (let read = 0; read < 5_000_000;) read += await end.read(new Uint8Array(100_000)) ?? Infinity;
    for (let before = 0; before !== sent;) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    running.kill(signal);
    const { status, stderr } = await running.result();
    assertEquals([status, stderr], [expected, ""]); // whoever waits for the writing to end says "Interrupted"
  });
}

/** The most memory that a process had resident, in bytes, as Linux counts it: watched until it ends. */
async function peakMemory(pid: number): Promise<number> {
  let peak = 0;
  for (;;) {
    const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
    const kilobytes = status.match(/VmHWM:\s+(\d+) kB/)?.[1];
    if (kilobytes === undefined) return peak;
    peak = Math.max(peak, Number(kilobytes) * 1024);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const precious: [name: string, answer: (origin: string) => Response, args: string[], status: number][] = [
  ["--fail meets a status of 500", () => new Response("oops", { status: 500 }), ["--fail"], 22],
  [
    "the answer breaks off",
    () => {
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode("half"));
          setTimeout(() => controller.error(), 20);
        },
      });
      return new Response(body);
    },
    [],
    5,
  ],
];
for (const [name, answer, args, expected] of precious) {
  Deno.test(`call-api -o leaves the file as it was when ${name}`, async () => {
    await using session = await startCliSession({}, () => answer(""));
    await session.signIn();
    const file = `${session.directory}/kept`;
    await Deno.writeTextFile(file, "precious");
    const { status } = await session.run(["call-api", session.api.origin, "-o", file, ...args], {
      facts: { writes: [file] },
    });
    assertEquals([status, await Deno.readTextFile(file)], [expected, "precious"]);
    assertEquals([...Deno.readDirSync(session.directory)].filter(({ name }) => name.endsWith(".part")), []);
  });
}

Deno.test("call-api sends a file and writes the answer over it", async () => {
  await using session = await startCliSession(
    {},
    async (request) => new Response((await request.text()).toUpperCase()),
  );
  await session.signIn();
  const file = `${session.directory}/file`;
  await Deno.writeTextFile(file, "castles");
  const setup = { facts: { reads: [file], writes: [file] } };
  assertEquals((await session.run(["call-api", session.api.origin, "-d", `@${file}`, "-o", file], setup)).status, 0);
  assertEquals(await Deno.readTextFile(file), "CASTLES");
});
