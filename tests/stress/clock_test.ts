// A machine whose clock is wrong, and one whose clock is put right: by the server's `Date` nobody notices.
import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { defaultMinValid, secondsLeft, type Session } from "../../lib/auth/session.ts";
import { Fief, type FiefAuth, FiefError } from "../../lib/mod.ts";
import { redirectAfterSignIn } from "../support/browser.ts";
import { runCli, startCli } from "../support/cli.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { fakeMetadata, sign, startFakeProvider } from "../support/fake_provider.ts";
import { startSession, type TestSession } from "../support/session.ts";

const YEARS = 10 * 31_557_600;
const CLOCKS: [name: string, seconds: number, words: string][] = [
  ["90 seconds", 90, "90 seconds"],
  ["an hour", 3600, "60 minutes"],
  ["ten years", YEARS, "10 years"],
];
const OFFSETS = CLOCKS.flatMap(([name, seconds, words]) =>
  (["ahead", "behind"] as const).map((side) => ({
    name: `${name} ${side}`,
    offset: side === "ahead" ? seconds : -seconds,
    // HTTP counts in seconds, and a busy machine takes some.
    line: new RegExp(
      `^The clock of this machine is ${words.replace("90", "(8[89]|9[0-9])")} ${
        side === "ahead" ? "ahead of" : side
      } the server's: going by the server's$`,
    ),
  }))
);

/** Signs in with whatever the clock says, and gives the lines that were told. */
async function signInOn(session: TestSession, auth: FiefAuth): Promise<string[]> {
  const lines: string[] = [];
  await auth.authorize({
    serverAddress: ["localhost", 0],
    onEvent: (event) => void (event.type === "notice" && lines.push(event.message)),
  });
  assertEquals(session.told(), "");
  return lines;
}

for (const { name, offset, line } of OFFSETS) {
  Deno.test(`a clock ${name}: sign-in, expiry and refresh go by the server's time, and one line says so`, async () => {
    await using session = await startSession();
    session.clock.now += offset * 1000;
    assertOneLine(await signInOn(session, session.auth), line);
    const { fief_auth, tokens } = session.file() as unknown as Session;
    assertEquals(fief_auth!.expires_at, Math.floor(session.clock.now / 1000) + 3600);

    const notices: string[] = [];
    const auth = session.another({ onNotice: (line) => notices.push(line) });
    const expire = (left: number) => {
      const expires_at = Math.floor(session.clock.now / 1000) + left;
      session.write(JSON.stringify({ ...session.file(), fief_auth: { ...fief_auth, expires_at } }));
    };
    expire(60);
    assertEquals(await auth.accessToken(), tokens.access_token);
    assertEquals([session.tokenRequests(), notices], [1, []]);
    expire(0);
    const refreshed = await auth.accessToken();
    assertNotEquals(refreshed, tokens.access_token);
    assertEquals(await auth.accessToken(), refreshed);
    assertEquals(session.tokenRequests(), 2);
    assertOneLine(notices, line);
  });

  Deno.test(`a clock ${name} that is put right after the sign-in costs one refresh at most`, async () => {
    await using session = await startSession();
    session.clock.now += offset * 1000;
    await signInOn(session, session.auth);
    session.clock.now -= offset * 1000;
    const given: string[] = [];
    for (let call = 0; call < 5; call++) given.push(await session.another().accessToken());
    assertEquals(new Set(given).size, 1);
    // By less than a minute more than the token's life a clock may be off unseen: then the token is as good as it says.
    const isSeen = offset > 60 || offset < -3570;
    assertEquals(session.tokenRequests(), isSeen ? 2 : 1);
    assertEquals(session.told(), "");
    const { fief_auth } = session.file() as unknown as Session;
    assert(Math.abs(fief_auth!.expires_at! - 3600 - session.clock.now / 1000) <= (isSeen ? 2 : 92));
  });

  Deno.test(`a file of the Python client on a machine whose clock is ${name} costs one refresh at most`, async () => {
    await using session = await startSession();
    await session.signIn();
    const { fief_auth: _, ...theirs } = session.file();
    session.write(JSON.stringify(theirs));
    session.clock.now = Date.now() + offset * 1000; // on a slow machine the sign-in took a while
    const given: string[] = [];
    for (let call = 0; call < 5; call++) {
      given.push(await session.another().accessToken());
      session.clock.now += 60_000;
    }
    assertEquals(new Set(given).size, 1);
    // Ahead by less than it lives: then it is thought to end early, and nothing is wrong with it yet.
    assertEquals(session.tokenRequests(), offset === 90 ? 1 : 2);
  });
}

Deno.test("a token that outlives itself is not given where the server cannot be asked: nobody knows whether it works", async () => {
  await using session = await startSession();
  session.clock.now += YEARS * 1000;
  await signInOn(session, session.auth);
  session.clock.now -= YEARS * 1000;
  await session.provider[Symbol.asyncDispose]();
  const before = Deno.readTextFileSync(session.path);
  const error = await assertRejects(() => session.another().accessToken(), FiefError);
  assertEquals([error.code, error.exitStatus], ["provider_unreachable", 5]);
  assertEquals(Deno.readTextFileSync(session.path), before);
});

Deno.test("a token that outlives itself is given where it cannot be refreshed: the API decides", async () => {
  await using session = await startSession();
  await session.signIn();
  const file = session.file() as unknown as Session;
  file.tokens.refresh_token = null;
  file.fief_auth!.expires_at! += YEARS;
  session.write(JSON.stringify(file));
  assertEquals(await session.another().accessToken(), file.tokens.access_token);
  assertEquals(session.tokenRequests(), 1);
});

Deno.test("no clock makes a token good for longer than its life and a minute", () => {
  const seconds = fc.integer({ min: -1e12, max: 1e12 });
  fc.assert(
    fc.property(
      seconds,
      seconds,
      fc.integer({ min: 1, max: 86_400 }),
      fc.boolean(),
      (arrival, now, life, renewable) => {
        const session: Session = {
          userinfo: { sub: "anne" },
          tokens: { access_token: "a", token_type: "bearer", expires_in: life, refresh_token: renewable ? "r" : null },
          fief_auth: { version: 1, base_url: "https://example.com", client_id: "cli", expires_at: arrival + life },
        };
        const left = secondsLeft(session, now * 1000);
        assert(left <= life + 60, `${left} s`);
        // And a clock that goes on as it was makes none shorter.
        if (now >= arrival && now < arrival + life) assertEquals(left, arrival + life - now);
        assert(defaultMinValid(session) <= life);
      },
    ),
    { numRuns: 2_000 },
  );
});

/** The real `fetch`, with another `Date` in the answers of the token endpoint, or without any. */
function withDate(date: string | null): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    if (!String(input).endsWith("/api/token")) return response;
    const headers = new Headers(response.headers);
    headers.delete("date");
    if (date !== null) headers.set("date", date);
    return new Response(response.body, { status: response.status, headers });
  };
}

const NONSENSE = [
  null,
  "",
  "0",
  "soon",
  "12",
  "Thu, 01 Jan 1970 00:00:00 GMT",
  "Fri, 31 Dec 2099 23:59:59 GMT",
  "Mon, 99 Foo 2026 99:99:99 GMT",
];
for (const date of NONSENSE) {
  Deno.test(`a server whose Date is ${JSON.stringify(date)} says nothing about a clock that is right`, async () => {
    await using session = await startSession();
    const notices: string[] = [];
    const auth = session.another({ onNotice: (line) => notices.push(line) }, { fetch: withDate(date) });
    assertEquals(await signInOn(session, auth), []);
    const given = await auth.accessToken();
    assertNotEquals(await auth.accessToken({ refused: given }), given);
    assertEquals([session.tokenRequests(), notices], [2, []]);
  });
}

for (const { name, offset } of OFFSETS.filter(({ offset }) => offset < 0 || offset > 3600)) {
  Deno.test(`a clock ${name} at a server without a Date ends the sign-in by name, and a refresh goes by the ID token`, async () => {
    await using session = await startSession();
    await session.signIn();
    const before = session.file() as unknown as Session;
    const notices: string[] = [];
    const auth = session.another({ onNotice: (line) => notices.push(line) }, { fetch: withDate(null) });
    session.clock.now += offset * 1000;
    const error = await assertRejects(() => signInOn(session, auth), FiefError);
    assertEquals(error.code, "id_token_invalid");
    assertStringIncludes(error.hint, "Check date and time of this machine");
    assertEquals(session.file() as unknown, before as unknown);
    assertNotEquals(await auth.accessToken({ refused: before.tokens.access_token }), before.tokens.access_token);
    assertEquals(notices.length, 1);
    assertStringIncludes(notices[0]!, "The clock of this machine is ");
  });
}

/** A server that lives at another time: all its moments are off, as seen from here. It signs whoever comes in. */
function startElsewhen(offset: number) {
  let count = 0;
  const moment = () => Math.floor(Date.now() / 1000) + offset;
  return startFakeProvider({
    metadata: (issuer) => Response.json(fakeMetadata(issuer)),
    other: (request) => {
      const { pathname, searchParams } = new URL(request.url);
      if (pathname !== "/auth") return new Response(null, { status: 404 });
      const target = new URL(searchParams.get("redirect_uri")!);
      target.searchParams.set("code", `a-${searchParams.get("nonce")}`); // each has its own
      target.searchParams.set("state", searchParams.get("state")!);
      return new Response(null, { status: 303, headers: { location: target.href } });
    },
    token: async (parameters, issuer) => {
      const times = { iat: moment(), exp: moment() + 3600, nbf: moment(), auth_time: moment() };
      const about = { iss: issuer, aud: "cli", sub: "anne", email: "anne@example.com" };
      const id_token = await sign({ ...about, ...times, nonce: parameters.get("code")?.slice(2) });
      const access_token = await sign({ ...about, ...times, scope: "openid", jti: String(++count) });
      return Response.json({
        access_token,
        id_token,
        token_type: "bearer",
        expires_in: 3600,
        refresh_token: `r${count}`,
      }, {
        headers: { date: new Date(moment() * 1000).toUTCString() },
      });
    },
  });
}

for (const { name, offset, line } of OFFSETS) {
  Deno.test(`the real CLI with a clock ${name}: login, status, token and a refresh, with one line at each that asks the server`, async () => {
    await using provider = startElsewhen(-offset);
    await using directory = await temporaryDirectory();
    const credentials = `${directory.path}/credentials.json`;
    const setup = { credentials, providerOrigin: provider.issuer };
    const login = startCli(["login", "--no-browser", "--base-url", provider.issuer, "--client-id", "cli"], setup);
    const page = await fetch(await redirectAfterSignIn(await login.authorizationUrl(), "anne@example.com"));
    await page.body?.cancel();
    const { status, stderr } = await login.result();
    assertEquals(status, 0, stderr);
    assertOneLine(stderr.split("\n").filter((line) => line.startsWith("The clock")), line);

    const spent = () => provider.requests.filter((request) => request === "POST /token").length;
    const before = spent();
    const first = await runCli(["token"], setup);
    assertEquals([first.status, first.stderr, spent() - before], [0, "", 0]);
    const now = await runCli(["status"], setup);
    assertStringIncludes(now.stdout, "Access token  expires in 60 minutes");

    const file = JSON.parse(Deno.readTextFileSync(credentials));
    file.fief_auth.expires_at = Math.floor(Date.now() / 1000) - 1;
    Deno.writeTextFileSync(credentials, JSON.stringify(file));
    const second = await runCli(["token"], setup);
    assertEquals([second.status, spent() - before], [0, 1]);
    assertOneLine(second.stderr.trimEnd().split("\n"), line);
    assertNotEquals(second.stdout, first.stdout);
    assertEquals((await runCli(["token"], setup)).stdout, second.stdout);
    assertEquals(spent() - before, 1);
  });
}

Deno.test("the real CLI does not believe a token for ten years after its clock was put back", async () => {
  await using provider = startElsewhen(0);
  await using directory = await temporaryDirectory();
  const credentials = `${directory.path}/credentials.json`;
  const moment = Math.floor(Date.now() / 1000);
  const file = {
    userinfo: { sub: "anne" },
    tokens: { access_token: "old", token_type: "bearer", expires_in: 3600, refresh_token: "r0" },
    fief_auth: {
      version: 1,
      base_url: provider.issuer,
      client_id: "cli",
      issuer: provider.issuer,
      token_endpoint: `${provider.issuer}/token`,
      expires_at: moment + YEARS,
    },
  };
  Deno.writeTextFileSync(credentials, JSON.stringify(file), { mode: 0o600 });
  const setup = { credentials, providerOrigin: provider.issuer };
  assertStringIncludes((await runCli(["status"], setup)).stdout, "not known until when");
  const { status, stdout, stderr } = await runCli(["token"], setup);
  assertEquals([status, stderr], [0, ""]);
  assertNotEquals(stdout.trim(), "old");
  assertEquals((await runCli(["token"], setup)).stdout, stdout);
  assertEquals(provider.requests, ["POST /token"]);
});

Deno.test("an API goes by its own clock, and refuses a token that is not good yet", async () => {
  await using provider = startElsewhen(0);
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: provider.issuer, aud: "cli", sub: "anne", scope: "openid", exp: now + 600 };
  const fief = new Fief(provider.issuer, "cli");
  assertEquals((await fief.validateAccessToken(await sign({ ...claims, nbf: now }))).id, "anne");
  const early = await sign({ ...claims, nbf: now + 300 });
  const error = await assertRejects(() => fief.validateAccessToken(early), FiefError, "not good yet");
  assertEquals(error.code, "access_token_invalid");
});

function assertOneLine(lines: string[], expected: RegExp): void {
  assertEquals(lines.length, 1, lines.join("\n"));
  assertMatch(lines[0]!, expected);
}
