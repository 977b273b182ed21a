// A sign-in that waits in a real process, and everybody else on the machine and on the web who finds its port.
import { assert, assertEquals, assertFalse, assertMatch } from "@std/assert";
import { redirectAfterSignIn, signInAt } from "../../support/browser.ts";
import type { RunningCli } from "../../support/cli.ts";
import { type CliSession, startCliSession } from "../../support/cli_session.ts";
import {
  halfRequests,
  type HostileRequest,
  hostileRequests,
  MARK,
  type Target,
} from "../../support/hostile_requests.ts";
import { TELLS_USAGE, usageOf } from "../../support/process_usage.ts";
import { hasIPv6 } from "../../support/loopback.ts";
import { figure, sized } from "../../support/stress.ts";
import { exchange, type RawAnswer, send } from "../../signin/raw.ts";

const HOSTILE = sized(500, 10_000);
const SLOW = 200;
/** Attackers at work at the same time. */
const ATTACKERS = 16;
const MB = 1_000_000;
/** MB that memory may grow by. On Deno 2.6 a server that does nothing but answer grows by more than 30 under the same requests. */
const MOST_MEMORY = Deno.version.deno.startsWith("2.6.") ? 150 : 30;

/** Where a redirect URL leads: its state is what only the browser of the pending sign-in knows. */
function targetOf(redirect: string): Target & { port: number } {
  const url = new URL(redirect);
  return { host: url.host, path: url.pathname, state: url.searchParams.get("state")!, port: Number(url.port) };
}

/** What is wrong with an answer, `undefined` where nothing is. */
function faultOf({ name, answer }: HostileRequest, got: RawAnswer | undefined): string | undefined {
  if (got?.headers.has("content-security-policy") !== true) {
    const refused = got === undefined || got.status === 400 || got.status === 431 || got.status === 414;
    return answer === "library" && refused && !got?.body ? undefined : `${name}: not our answer, ${got?.status}`;
  }
  const { status, headers, body } = got;
  if (answer !== "library" && status !== answer) return `${name}: status ${status}, not ${answer}`;
  const strict =
    headers.get("content-security-policy")!.startsWith("default-src 'none'; base-uri 'none'; form-action") &&
    headers.get("cache-control") === "no-store" && headers.get("referrer-policy") === "no-referrer" &&
    headers.get("x-content-type-options") === "nosniff" && !headers.has("access-control-allow-origin");
  if (!strict) return `${name}: headers ${JSON.stringify([...headers])}`;
  return /<script/i.test(body) || body.includes(MARK) ? `${name}: shows what came` : undefined;
}

/** Sends so many of the requests, each kind in turn, and gives the faults. */
async function attack(kinds: HostileRequest[], port: number, count: number): Promise<string[]> {
  const faults = new Set<string>();
  let next = 0;
  await Promise.all(Array.from({ length: ATTACKERS }, async () => {
    while (next < count) {
      const request = kinds[next++ % kinds.length]!;
      const fault = faultOf(request, await exchange(port, request.bytes).catch(() => undefined));
      if (fault !== undefined) faults.add(fault);
    }
  }));
  return [...faults];
}

Deno.test({
  name: `a sign-in that waits outlasts ${HOSTILE} hostile requests and ${SLOW} slow connections, and ends at once`,
  ignore: !TELLS_USAGE,
  async fn() {
    await using session = await startCliSession();
    const { issuer } = session.provider;
    const login = session.start(["login", "--no-browser", "--base-url", issuer, "--client-id", "cli"]);
    const redirect = await redirectAfterSignIn(await login.authorizationUrl(), "anne@example.com");
    const { port, ...target } = targetOf(redirect);
    const kinds = hostileRequests(target);

    const before = usageOf(login.pid);
    const started = performance.now();
    const halves = halfRequests(target);
    const slow = await Promise.all(
      Array.from({ length: SLOW }, (_, i) => send(port, halves[i % halves.length]!, i % 3 === 0 ? "::1" : "127.0.0.1")),
    );
    assertEquals(await attack(kinds, port, HOSTILE), []);
    const seconds = (performance.now() - started) / 1000;
    const after = usageOf(login.pid);

    // The genuine redirect, twice, while the attack goes on.
    const still = attack(kinds, port, kinds.length);
    const came = performance.now();
    const [first, second] = await Promise.all([1, 2].map(() => fetch(redirect, { redirect: "manual" })));
    assertEquals([first!.status, second!.status], [303, 303]);
    await Promise.all([first, second].map((response) => response!.body?.cancel()));
    const page = await fetch(new URL(first!.headers.get("location")!, redirect));
    assertMatch(await page.text(), /You are signed in/);
    const shown = performance.now();
    const { status, stderr } = await login.result();
    const ended = performance.now();
    await still;
    await Promise.all(slow.map((connection) => connection.readable.pipeTo(new WritableStream()).catch(() => {})));

    assertEquals(status, 0, stderr);
    assertEquals(session.provider.requestsTo(session.provider.tokenPath), 1);
    const busy = after.cpuSeconds - before.cpuSeconds;
    const grown = (after.memory - before.memory) / MB;
    const peak = (after.memoryPeak - before.memory) / MB;
    figure(`hostile requests (${kinds.length} kinds), beside ${SLOW} slow connections`, HOSTILE);
    figure("seconds that they took", seconds.toFixed(1));
    figure("processor cores busy meanwhile", (busy / seconds).toFixed(2));
    figure("MB that memory grew by (at its peak)", `${grown.toFixed(1)} (${peak.toFixed(1)})`);
    figure("ms from the genuine redirect to the page", (shown - came).toFixed(0));
    figure("ms from the page to the end of the process", (ended - shown).toFixed(0));
    assert(busy < seconds * 1.1 + 0.2, `at most one core is busy: ${busy} s in ${seconds} s`);
    assert(grown < MOST_MEMORY, `memory grows by less than ${MOST_MEMORY} MB, not by ${grown}`);
    assert(ended - shown < 5_000, `the process ends at once, not after ${ended - shown} ms`);
  },
});

/** Starts `login` with a browser that only tells where it was sent. */
async function loginWithRecordedBrowser(session: CliSession): Promise<{ login: RunningCli; startUrl: string }> {
  const browser = `${session.directory}/browser`;
  await Deno.writeTextFile(browser, `#!/bin/sh\necho "$1" > ${session.directory}/address\n`, { mode: 0o755 });
  const args = ["login", "--base-url", session.provider.issuer, "--client-id", "cli", "--browser", browser];
  const login = session.start(args, { facts: { browsers: [browser] } });
  await login.untilStderr("The browser is open");
  return { login, startUrl: (await Deno.readTextFile(`${session.directory}/address`)).trim() };
}

Deno.test({
  name: "nobody uses up the one-time address before the browser comes, and the browser itself does so once",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using session = await startCliSession();
    const { login, startUrl } = await loginWithRecordedBrowser(session);
    assertMatch(startUrl, /^http:\/\/localhost:\d+\/start\/[\w-]{43}$/); // 256 bits, which nobody guesses
    const { host, port } = new URL(startUrl);
    const kinds = hostileRequests({ host, path: "/callback", state: "s".repeat(43) });
    assertEquals(await attack(kinds, Number(port), kinds.length), []);
    // A scanner that looks first, a page that knows the address, and a slip of the hand.
    const ahead: [status: number, init: RequestInit, url?: string][] = [
      [405, { method: "HEAD" }],
      [405, { method: "POST" }],
      [503, { headers: { "sec-purpose": "prefetch" } }],
      [403, { headers: { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" } }],
      [403, { headers: { origin: "https://evil.example" } }],
      [404, {}, startUrl.slice(0, -1)],
      [404, {}, `${startUrl}/`],
    ];
    const ask = async (url: string, init: RequestInit = {}) => {
      const response = await fetch(url, { redirect: "manual", ...init });
      return { status: response.status, headers: response.headers, text: await response.text() };
    };
    for (const [status, init, url = startUrl] of ahead) assertEquals((await ask(url, init)).status, status);
    const first = await ask(startUrl);
    assertEquals(first.status, 302);
    const second = await ask(startUrl);
    assertEquals([second.status, second.headers.get("location")], [410, null]);
    assertFalse(second.text.includes(new URL(first.headers.get("location")!).searchParams.get("state")!));
    const [{ status }] = await Promise.all([
      login.result(),
      signInAt(first.headers.get("location")!, "anne@example.com"),
    ]);
    assertEquals(status, 0);
  },
});

for (const hostname of ["127.0.0.1", "::1"]) {
  Deno.test({
    name: `the redirect is taken at ${hostname}, whichever of the two a browser makes of localhost`,
    ignore: hostname === "::1" && !hasIPv6(),
    async fn() {
      await using session = await startCliSession();
      const { issuer } = session.provider;
      const login = session.start(["login", "--no-browser", "--base-url", issuer, "--client-id", "cli"]);
      const url = new URL(await redirectAfterSignIn(await login.authorizationUrl(), "anne@example.com"));
      const get = async (target: string) => {
        const request = `GET ${target} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: close\r\n\r\n`;
        const connection = await send(Number(url.port), request, hostname);
        return await new Response(connection.readable).text();
      };
      const result = (await get(`${url.pathname}${url.search}`)).match(/^location: (\S+)/im)![1]!;
      assertMatch(await get(result), /You are signed in/);
      assertEquals((await login.result()).status, 0);
    },
  });
}

Deno.test("what the server says of an error is shown as text, in the page as in the terminal", async () => {
  await using session = await startCliSession();
  const { issuer } = session.provider;
  const login = session.start(["login", "--no-browser", "--base-url", issuer, "--client-id", "cli"]);
  const authorization = new URL(await login.authorizationUrl());
  const redirect = new URL(authorization.searchParams.get("redirect_uri")!);
  redirect.searchParams.set("state", authorization.searchParams.get("state")!);
  redirect.searchParams.set("iss", issuer);
  redirect.searchParams.set("error", `"><script>alert(1)</script>`);
  redirect.searchParams.set("error_description", `<img src=x onerror=alert(2)>\x1b]0;evil\x07\x1b[2J\r\n`.repeat(20));
  const page = await signInAt(redirect.href, "anne@example.com");
  assertFalse(/<script|<img/i.test(page.html), page.html);
  assertMatch(page.html, /&lt;script&gt;alert\(1\)/);
  assertEquals(page.url.search, "");
  const { status, stderr } = await login.result();
  assertEquals(status, 4);
  // deno-lint-ignore no-control-regex -- they are what must not be there
  assertFalse(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/.test(stderr.split("ended the sign-in")[1]!), stderr);
});
