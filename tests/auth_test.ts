import { assert, assertEquals, assertFalse, assertNotEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  Fief,
  FiefAccessTokenExpired,
  FiefAuth,
  FiefAuthNotAuthenticatedError,
  FiefAuthRefreshTokenMissingError,
  FiefError,
} from "../lib/mod.ts";
import { denyAt, signInAt } from "./support/browser.ts";
import { serve } from "./support/server.ts";
import { startSession, type TestSession } from "./support/session.ts";

interface Tokens {
  access_token: string;
  id_token: string;
  refresh_token: string | null;
  expires_in?: number;
}

function tokens(session: TestSession): Tokens {
  return session.file()["tokens"] as Tokens;
}

Deno.test("authorize() signs in, saves for the user alone, and tells the browser the truth afterwards", async () => {
  await using session = await startSession();
  const page = await session.signIn();
  const { userinfo, fief_auth } = session.file() as {
    userinfo: Record<string, unknown>;
    fief_auth: Record<string, unknown>;
  };
  assertEquals([userinfo["email"], userinfo["tenant_id"]], ["anne@example.com", "main"]);
  assertEquals(Object.keys(tokens(session)).sort(), [
    "access_token",
    "expires_in",
    "id_token",
    "refresh_token",
    "scope",
    "token_type",
  ]);
  assertEquals([fief_auth["version"], fief_auth["base_url"], fief_auth["client_id"]], [
    1,
    session.provider.issuer,
    "cli",
  ]);
  assertEquals(fief_auth["token_endpoint"], `${session.provider.issuer}/api/token`);
  assertEquals(fief_auth["expires_at"], Math.floor(session.clock.now / 1000) + 3600);
  assertEquals(Deno.statSync(session.path).mode! & 0o777, 0o600);
  assertStringIncludes(page.html, "anne@example.com");
  for (const secret of [tokens(session).access_token, tokens(session).refresh_token!]) {
    assertFalse(page.html.includes(secret));
  }
});

Deno.test("authorize() takes one request to the provider after the redirect", async () => {
  await using session = await startSession();
  const requests: string[] = [];
  let redirected = false;
  const recording: typeof fetch = (input, init) => {
    if (redirected) requests.push(String(input));
    return fetch(input, init);
  };
  const auth = session.another({}, { fetch: recording });
  await auth.authorize({
    serverAddress: ["localhost", 0],
    onEvent: (event) => {
      if (event.type === "exchanging") redirected = true;
    },
  });
  assertEquals(requests, [`${session.provider.issuer}/api/token`]);
});

Deno.test("authorize() keeps the keys of others in the file and nothing of the session before", async () => {
  await using session = await startSession();
  session.write(
    JSON.stringify({
      userinfo: { sub: "old" },
      tokens: null,
      fief_auth: { version: 1, base_url: "https://old.example", client_id: "old", old: true },
      editor: 7,
    }),
  );
  await session.signIn();
  const file = session.file() as { userinfo: { sub: string }; fief_auth: Record<string, unknown>; editor: number };
  assertEquals([file.userinfo.sub, file.fief_auth["old"], file.editor], ["anne@example.com", undefined, 7]);
});

Deno.test("authorize() keeps the origins that were named", async () => {
  await using session = await startSession();
  await session.auth.authorize({
    serverAddress: ["localhost", 0],
    apiOrigins: ["https://api.example.com"],
    onEvent: () => {},
  });
  assertEquals(await session.another().apiOrigins(), [session.provider.issuer, "https://api.example.com"]);
});

Deno.test("authorize() rejects with sign_in_denied when the user denies, and keeps the session before", async () => {
  await using session = await startSession();
  await session.signIn();
  const before = Deno.readTextFileSync(session.path);
  let page: Promise<{ html: string }> | undefined;
  const auth = session.another({}, {
    openBrowser: (url) => Promise.resolve(Boolean(page = denyAt(url, "anne@example.com"))),
  });
  const error = await assertRejects(
    () => auth.authorize({ serverAddress: ["localhost", 0], onEvent: () => {} }),
    FiefError,
  );
  assertEquals([error.code, error.exitStatus], ["sign_in_denied", 4]);
  assertStringIncludes((await page!).html, "You are not signed in");
  assertEquals(Deno.readTextFileSync(session.path), before);
});

Deno.test("authorize() says at once which redirect URI to register when the server refuses the client", async () => {
  await using session = await startSession();
  const openBrowser = () => Promise.reject(new Error("the browser was opened"));
  const auth = new FiefAuth(new Fief(session.provider.issuer, "unknown", { host: { openBrowser } }), session.path);
  const error = await assertRejects(
    () => auth.authorize({ serverAddress: ["localhost", 0], onEvent: () => {} }),
    FiefError,
  );
  assertEquals([error.code, error.exitStatus], ["authorization_request_refused", 4]);
  assert(/http:\/\/localhost:\d+\/callback/.test(error.hint));
});

Deno.test("authorize() rejects before anything opens when the file is another program's", async () => {
  await using session = await startSession();
  session.write('{"auths":{}}');
  const error = await assertRejects(() => session.auth.authorize({ serverAddress: ["localhost", 0] }), FiefError);
  assertEquals([error.code, session.provider.requestsTo("/authorize")], ["credentials_invalid", 0]);
});

Deno.test("authorize() times out, and leaves the listener closed and nothing written", async () => {
  await using session = await startSession();
  const auth = session.another({}, { openBrowser: () => Promise.resolve(true) });
  const error = await assertRejects(
    () => auth.authorize({ serverAddress: ["localhost", 0], timeout: 0.05, onEvent: () => {} }),
    FiefError,
  );
  assertEquals(error.code, "sign_in_timed_out");
  await assertRejects(() => Deno.stat(session.path), Deno.errors.NotFound);
});

Deno.test("authorize() shows the pages of a subclass", async () => {
  await using session = await startSession();
  class Branded extends FiefAuth {
    override renderSuccessPage({ user }: { user?: string }): string {
      return `<style>p { color: teal }</style><p>Welcome, ${user}</p>`;
    }
  }
  let page: Promise<{ html: string; headers: Headers }> | undefined;
  const openBrowser = (url: string) => Promise.resolve(Boolean(page = signInAt(url, "bob@example.com")));
  const auth = new Branded(new Fief(session.provider.issuer, "cli", { host: { openBrowser } }), session.path);
  await auth.authorize({ serverAddress: ["localhost", 0], onEvent: () => {} });
  const { html, headers } = await page!;
  assertEquals(html, "<style>p { color: teal }</style><p>Welcome, bob@example.com</p>");
  assertStringIncludes(headers.get("content-security-policy")!, "style-src 'sha256-");
});

Deno.test("currentUser(), accessToken() and accessTokenInfo() ask nobody while the token is good", async () => {
  await using session = await startSession();
  await session.signIn();
  const fetch = () => Promise.reject(new Error("somebody was asked"));
  const auth = session.another({}, { fetch });
  assertEquals((await auth.currentUser()).email, "anne@example.com");
  const { access_token, ...info } = await auth.accessTokenInfo();
  assertEquals(access_token, tokens(session).access_token);
  assertEquals(info, { id: "anne@example.com", scope: ["openid"], acr: "1", permissions: ["castles:read"] });
  assertEquals(await auth.accessToken(), access_token);
});

Deno.test("every call throws FiefAuthNotAuthenticatedError when nobody is signed in", async () => {
  await using session = await startSession();
  const calls = [
    () => session.auth.currentUser(),
    () => session.auth.currentUser({ refresh: true }),
    () => session.auth.accessToken(),
    () => session.auth.accessTokenInfo({ refresh: false }),
    () => session.auth.fetch(session.provider.issuer),
    () => session.auth.apiOrigins(),
  ];
  for (
    const prepare of [
      () => {},
      () => session.write(""),
      () => session.write("{}"),
      () => session.write('{"userinfo":null,"tokens":null}'),
    ]
  ) {
    prepare();
    for (const call of calls) await assertRejects(call, FiefAuthNotAuthenticatedError, "Not signed in");
  }
});

Deno.test("accessToken() refreshes once when ten callers meet an expired token", async () => {
  await using session = await startSession({ accessTokenLifetime: 60 });
  await session.signIn();
  const before = tokens(session);
  session.clock.now += 61_000;
  const met = await Promise.all(Array.from({ length: 10 }, () => session.auth.accessToken()));
  assertEquals(new Set(met).size, 1);
  assertNotEquals(met[0], before.access_token);
  assertEquals(session.tokenRequests(), 2); // the code exchange and one refresh
  assertNotEquals(tokens(session).refresh_token, before.refresh_token);
});

Deno.test("accessToken() refreshes once when ten processes meet an expired token, whichever comes first", async () => {
  await using session = await startSession({ accessTokenLifetime: 60 });
  await session.signIn();
  session.clock.now += 61_000;
  const met = await Promise.all(Array.from({ length: 10 }, () => session.another().accessToken()));
  assertEquals([new Set(met).size, session.tokenRequests()], [1, 2]);
});

Deno.test("accessToken() takes one request for a refresh, and no metadata", async () => {
  await using session = await startSession({ accessTokenLifetime: 60 });
  await session.signIn();
  session.clock.now += 61_000;
  const asked: string[] = [];
  await session.another({}, { fetch: (input, init) => (asked.push(String(input)), fetch(input, init)) }).accessToken();
  assertEquals(asked, [`${session.provider.issuer}/api/token`]);
});

const lives: [name: string, lifetime: number, passed: number, minValid: number | undefined, refreshed: boolean][] = [
  ["30.5 s are left of an hour", 3600, 3569.5, undefined, false],
  ["29 s are left of an hour", 3600, 3571, undefined, true],
  ["5 s are left of 40 s: a tenth is enough", 40, 35, undefined, false],
  ["3 s are left of 40 s", 40, 37, undefined, true],
  ["600 s are asked for and 500 s are left", 3600, 3100, 600, true],
  ["600 s are asked for and 700 s are left", 3600, 2900, 600, false],
  ["0 s are asked for and 1 s is left", 3600, 3598, 0, false],
  ["0 s are asked for and it is expired", 3600, 3601, 0, true],
];
for (const [name, lifetime, passed, minValid, refreshed] of lives) {
  Deno.test(`accessToken() ${refreshed ? "refreshes" : "does not refresh"} when ${name}`, async () => {
    await using session = await startSession({ accessTokenLifetime: lifetime });
    await session.signIn();
    // The record counts whole seconds from the arrival.
    session.clock.now = Math.floor(session.clock.now / 1000) * 1000 + passed * 1000;
    await session.auth.accessToken(minValid === undefined ? {} : { minValid });
    assertEquals(session.tokenRequests(), refreshed ? 2 : 1);
  });
}

Deno.test("accessToken() gives a token that is as long as can be had when more is asked for than the server gives", async () => {
  await using session = await startSession({ accessTokenLifetime: 60 });
  await session.signIn();
  const met = await Promise.all(Array.from({ length: 5 }, () => session.another().accessToken({ minValid: 7200 })));
  assertEquals([new Set(met).size, session.tokenRequests()], [1, 2]);
});

Deno.test("accessToken() throws FiefAccessTokenExpired when the token is expired and it may not refresh", async () => {
  await using session = await startSession({ accessTokenLifetime: 60 });
  await session.signIn();
  assertEquals(await session.auth.accessToken({ refresh: false, minValid: 7200 }), tokens(session).access_token);
  session.clock.now += 60_000;
  await assertRejects(() => session.auth.accessToken({ refresh: false }), FiefAccessTokenExpired);
  assertEquals(session.tokenRequests(), 1);
});

Deno.test("accessToken() throws FiefAuthRefreshTokenMissingError when there is nothing to refresh with", async () => {
  await using session = await startSession({ accessTokenLifetime: 60 });
  await session.signIn();
  const file = session.file();
  session.write(JSON.stringify({ ...file, tokens: { ...tokens(session), refresh_token: null } }));
  session.clock.now += 61_000;
  await assertRejects(() => session.auth.accessToken(), FiefAuthRefreshTokenMissingError);
});

Deno.test("accessToken() ends the session when the server no longer takes the refresh token, and keeps who it was", async () => {
  await using session = await startSession({ accessTokenLifetime: 60 });
  await session.signIn();
  session.provider.endSessions();
  session.clock.now += 61_000;
  const error = await assertRejects(() => session.auth.accessToken(), FiefError);
  assertEquals([error.code, error.exitStatus], ["refresh_rejected", 3]);
  assertEquals([session.file()["tokens"], (session.file()["userinfo"] as { sub: string }).sub], [
    null,
    "anne@example.com",
  ]);
  await assertRejects(() => session.auth.accessToken(), FiefAuthNotAuthenticatedError, "the last session has ended");
});

Deno.test("accessToken() gives the token at hand when the refresh is rejected and the token is still good", async () => {
  await using session = await startSession({ accessTokenLifetime: 60 });
  await session.signIn();
  session.provider.endSessions();
  const { access_token } = tokens(session);
  assertEquals(await session.auth.accessToken({ minValid: 7200 }), access_token);
  assertEquals(tokens(session).access_token, access_token);
});

for (
  const [name, answer] of [["status 503", () => new Response(null, { status: 503 })], [
    "a web page",
    () => new Response("<html>"),
  ]] as const
) {
  Deno.test(`accessToken() gives the token at hand and asks once when a refresh meets ${name} and the token is still good`, async () => {
    let failing = false;
    await using session = await startSession({
      intercept: ({ path }) => failing && path === "/api/token" ? answer() : undefined,
    });
    await session.signIn();
    failing = true;
    const before = session.file();
    assertEquals(await session.auth.accessToken({ minValid: 7200 }), tokens(session).access_token);
    const { tokens: kept, userinfo } = session.file();
    assertEquals([session.tokenRequests(), kept, userinfo], [2, before["tokens"], before["userinfo"]]);
  });

  // A web page is an answer, if a wrong one: sending a token again that may be spent could end the session.
  const [times, code] = name === "status 503" ? [3, "provider_failed"] : [2, "provider_answer_invalid"];
  Deno.test(`accessToken() keeps the session, and asks ${times - 1} times, when a refresh meets ${name} and the token is expired`, async () => {
    let failing = false;
    await using session = await startSession({
      accessTokenLifetime: 60,
      intercept: ({ path }) => failing && path === "/api/token" ? answer() : undefined,
    });
    await session.signIn();
    failing = true;
    session.clock.now += 61_000;
    const before = Deno.readTextFileSync(session.path);
    const error = await assertRejects(() => session.auth.accessToken(), FiefError);
    assertEquals([error.code, error.exitStatus, session.tokenRequests()], [code, 5, times]);
    assertEquals(Deno.readTextFileSync(session.path), before);
    failing = false;
    await session.auth.accessToken();
  });
}

Deno.test("accessToken() adopts what somebody without our lock wrote while the refresh failed", async () => {
  const sibling: { write?: () => void } = {};
  await using session = await startSession({
    accessTokenLifetime: 60,
    intercept: ({ path }) => {
      if (path !== "/api/token" || sibling.write === undefined) return undefined;
      sibling.write();
      return Response.json({ error: "invalid_grant" }, { status: 400 });
    },
  });
  await session.signIn();
  session.clock.now += 61_000;
  const expires = Math.floor(session.clock.now / 1000) + 60;
  const theirs = { ...session.file(), tokens: { ...tokens(session), access_token: "theirs" } } as Record<
    string,
    unknown
  >;
  (theirs["fief_auth"] as Record<string, unknown>)["expires_at"] = expires;
  sibling.write = () => session.write(JSON.stringify(theirs));
  assertEquals(await session.auth.accessToken(), "theirs");
  assertEquals(tokens(session).access_token, "theirs");
});

Deno.test("accessToken() sends nothing when the next session could not be saved, and gives the token at hand while it is good", async () => {
  await using session = await startSession({ accessTokenLifetime: 60 });
  await session.signIn();
  await Deno.mkdir(`${session.path}.tmp`); // where the next version would be written
  await Deno.writeTextFile(`${session.path}.tmp/x`, "");
  assertEquals(await session.auth.accessToken({ minValid: 7200 }), tokens(session).access_token);
  session.clock.now += 61_000;
  const error = await assertRejects(() => session.auth.accessToken(), FiefError);
  assertEquals([error.code, error.exitStatus, session.tokenRequests()], ["credentials_unwritable", 6, 1]);
});

Deno.test("accessToken() never gives a token again that an API has refused", async () => {
  await using session = await startSession();
  await session.signIn();
  const refused = tokens(session).access_token;
  const next = await session.auth.accessToken({ refused });
  assertNotEquals(next, refused);
  assertEquals(await session.auth.accessToken({ refused }), next);
  assertEquals(session.tokenRequests(), 2);
});

Deno.test("a file of the Python client is refreshed by the token's own expiry, and gets our record", async () => {
  await using session = await startSession({ accessTokenLifetime: 60 });
  await session.signIn();
  const { userinfo, tokens: saved } = session.file();
  session.write(JSON.stringify({ userinfo, tokens: saved }));
  await session.auth.accessToken();
  assertEquals(session.tokenRequests(), 1);
  session.clock.now += 61_000;
  await session.auth.accessToken();
  const record = session.file()["fief_auth"] as Record<string, unknown>;
  assertEquals([session.tokenRequests(), record["base_url"], record["token_endpoint"]], [
    2,
    session.provider.issuer,
    `${session.provider.issuer}/api/token`,
  ]);
});

for (
  const [name, baseUrl, clientId] of [["another server", "https://other.example", "cli"], [
    "another client",
    undefined,
    "other",
  ]] as const
) {
  for (const python of [false, true]) {
    Deno.test(`nothing is sent anywhere when the session is of ${name}${python ? ", in a file of the Python client" : ""}`, async () => {
      await using session = await startSession({ accessTokenLifetime: 60 });
      await session.signIn();
      if (python) session.write(JSON.stringify({ ...session.file(), fief_auth: undefined }));
      const before = Deno.readTextFileSync(session.path);
      const fetch = () => Promise.reject(new Error("something was sent"));
      const fief = new Fief(baseUrl ?? session.provider.issuer, clientId, {
        host: { fetch, now: () => session.clock.now + 61_000 },
      });
      const auth = new FiefAuth(fief, session.path, { apiOrigins: ["https://api.example.com"] });
      const calls = [
        () => auth.currentUser(),
        () => auth.currentUser({ refresh: true }),
        () => auth.accessToken(),
        () => auth.logout(),
        () => auth.fetch("https://api.example.com"),
      ];
      for (const call of calls) {
        const error = await assertRejects(call, FiefError);
        assertEquals([error.code, error.exitStatus], ["session_mismatch", 2]);
        for (const named of [session.provider.issuer, fief.baseUrl, "cli", clientId]) {
          assertStringIncludes(error.message, named);
        }
      }
      assertEquals(Deno.readTextFileSync(session.path), before);
    });
  }
}

Deno.test("currentUser({ refresh: true }) asks the server and keeps its answer", async () => {
  let name = "first";
  await using session = await startSession({
    intercept: ({ path }) => path === "/api/userinfo" ? Response.json({ sub: "anne@example.com", name }) : undefined,
  });
  await session.signIn();
  assertEquals((await session.auth.currentUser({ refresh: true }))["name"], "first");
  assertEquals((await session.another().currentUser())["name"], "first");
  name = "second";
  assertEquals((await session.auth.currentUser())["name"], "first");
});

Deno.test("currentUser({ refresh: true }) rejects claims about somebody else, and keeps none of them", async () => {
  await using session = await startSession({
    intercept: ({ path }) => path === "/api/userinfo" ? Response.json({ sub: "bob@example.com" }) : undefined,
  });
  await session.signIn();
  await assertRejects(() => session.auth.currentUser({ refresh: true }), FiefError, "another user");
  assertEquals((await session.auth.currentUser()).sub, "anne@example.com");
});

Deno.test("logout() ends the session on the server, removes the tokens, and keeps where to sign in", async () => {
  await using session = await startSession();
  await session.signIn();
  const { refresh_token } = tokens(session);
  assertEquals((await session.auth.logout()).server, "ended");
  const { userinfo, tokens: left, fief_auth } = session.file();
  assertEquals([userinfo, left, (fief_auth as Record<string, unknown>)["base_url"]], [
    null,
    null,
    session.provider.issuer,
  ]);
  const error = await assertRejects(
    () => new Fief(session.provider.issuer, "cli").authRefreshToken(refresh_token!),
    FiefError,
  );
  assertEquals(error.code, "refresh_rejected");
});

Deno.test("logout() removes the tokens when the server cannot be reached, and says what is still alive", async () => {
  await using session = await startSession();
  await session.signIn();
  await session.provider[Symbol.asyncDispose]();
  const { server, detail, accessTokenExpiresAt } = await session.another().logout();
  assertEquals([server, accessTokenExpiresAt], ["failed", Math.floor(session.clock.now / 1000) + 3600]);
  assertStringIncludes(detail!, session.provider.issuer);
  assertEquals(session.file()["tokens"], null);
});

Deno.test("logout() is content when nobody was signed in, and makes no file", async () => {
  await using session = await startSession();
  assertEquals(await session.auth.logout(), { server: "none" });
  await assertRejects(() => Deno.stat(session.path), Deno.errors.NotFound);
  session.write('{"userinfo":null,"tokens":null}');
  assertEquals(await session.auth.logout(), { server: "none" });
});

Deno.test("accessToken() gives the new token for this run and says so when it cannot be saved after the server has rotated", async () => {
  let path = "";
  await using session = await startSession({
    accessTokenLifetime: 30,
    intercept: ({ path: asked }) => {
      // The last moment: the answer is on its way, and a directory stands where the file would go.
      if (asked === "/api/token" && path !== "") {
        Deno.removeSync(path);
        Deno.mkdirSync(path);
      }
      return undefined;
    },
  });
  await session.signIn();
  const before = tokens(session).access_token;
  session.clock.now += 31_000;
  path = session.path;
  const notices: string[] = [];
  const token = await session.another({ onNotice: (line) => notices.push(line) }).accessToken();
  assertNotEquals(token, before);
  assertEquals(notices.length, 1);
  assertStringIncludes(notices[0]!, "The session could not be kept");
});

Deno.test("accessToken() remembers where the token endpoint has moved to", async () => {
  await using session = await startSession({ accessTokenLifetime: 60 });
  await session.signIn();
  const file = session.file() as { fief_auth: Record<string, unknown> };
  session.write(
    JSON.stringify({
      ...file,
      fief_auth: {
        ...file.fief_auth,
        token_endpoint: `${session.provider.issuer}/gone`,
        api_origins: ["https://a.example"],
      },
    }),
  );
  session.clock.now += 61_000;
  await session.another().accessToken();
  const record = session.file()["fief_auth"] as Record<string, unknown>;
  assertEquals([record["token_endpoint"], record["api_origins"]], [`${session.provider.issuer}/api/token`, [
    "https://a.example",
  ]]);
});

for (
  const endpoint of ["http://evil.example/token", "garbage", "javascript:alert(1)", "https://a:b@evil.example/token"]
) {
  Deno.test(`accessToken() sends nothing to the token endpoint "${endpoint}" that somebody wrote into the file`, async () => {
    await using session = await startSession({
      accessTokenLifetime: 60,
      intercept: ({ path }) => path === "/api/userinfo" ? Response.json({ sub: "anne@example.com" }) : undefined,
    });
    await session.signIn();
    const file = session.file() as { fief_auth: Record<string, unknown> };
    session.write(
      JSON.stringify({
        ...file,
        fief_auth: { ...file.fief_auth, token_endpoint: endpoint, userinfo_endpoint: endpoint },
      }),
    );
    session.clock.now += 61_000;
    const asked: string[] = [];
    const recording: typeof fetch = (input, init) => (asked.push(new URL(String(input)).origin), fetch(input, init));
    await session.another({}, { fetch: recording }).currentUser({ refresh: true });
    assertEquals([...new Set(asked)], [session.provider.issuer]);
  });
}

Deno.test("accessToken() keeps the session as it was when a refresh brings an ID token about somebody else", async () => {
  let claims = "";
  await using session = await startSession({
    accessTokenLifetime: 60,
    intercept: ({ path }) =>
      path === "/api/token" && claims !== ""
        ? Response.json({ access_token: "a", token_type: "bearer", id_token: `eyJhbGciOiJSUzI1NiJ9.${claims}.x` })
        : undefined,
  });
  await session.signIn();
  const before = await Deno.readTextFile(session.path);
  session.clock.now += 61_000;
  const now = Math.floor(Date.now() / 1000); // the server's time, which counts
  claims = btoa(JSON.stringify({ iss: session.provider.issuer, aud: "cli", sub: "bob", iat: now, exp: now + 60 }))
    .replaceAll("=", "");
  const error = await assertRejects(() => session.auth.accessToken(), FiefError, "another user");
  assertEquals([error.code, await Deno.readTextFile(session.path)], ["id_token_invalid", before]);
});

Deno.test("accessToken() waits for a lock no longer than the token at hand is good", async () => {
  await using session = await startSession({ accessTokenLifetime: 60 });
  await session.signIn();
  using stranger = await Deno.open(`${session.path}.lock`, { write: true });
  await stranger.lock(true);
  session.clock.now += 58_500; // a second and a half is left, and six would be wanted
  const started = performance.now();
  assertEquals(await session.auth.accessToken(), tokens(session).access_token);
  assert(performance.now() - started < 5_000, "it waited for the lock");
});

Deno.test("a caller that stops waiting for a refresh takes nobody else along", async () => {
  await using session = await startSession({ accessTokenLifetime: 60, tokenDelay: 200 });
  await session.signIn();
  session.clock.now += 61_000;
  const controller = new AbortController();
  const impatient = session.auth.accessToken({ signal: controller.signal });
  const patient = session.auth.accessToken();
  controller.abort();
  const error = await assertRejects(() => impatient, FiefError);
  assertEquals([error.code, await patient], ["interrupted", tokens(session).access_token]);
  assertEquals(session.tokenRequests(), 2);
});

Deno.test("authorize() keeps the origins of an earlier sign-in of the same client", async () => {
  await using session = await startSession();
  await session.auth.authorize({
    serverAddress: ["localhost", 0],
    apiOrigins: ["https://a.example"],
    onEvent: () => {},
  });
  await session.auth.authorize({
    serverAddress: ["localhost", 0],
    apiOrigins: ["https://b.example"],
    onEvent: () => {},
  });
  assertEquals((await session.another().apiOrigins()).slice(1), ["https://a.example", "https://b.example"]);
});

Deno.test("fetch() sends the token to named origins, and refreshes once after a 401", async () => {
  await using session = await startSession({}, { apiOrigins: [] });
  await session.signIn();
  const first = tokens(session).access_token;
  const seen: (string | null)[] = [];
  await using api = serve((request) => {
    seen.push(request.headers.get("authorization"));
    return new Response(null, { status: seen.length === 1 ? 401 : 200 });
  });
  const auth = session.another({ apiOrigins: [api.origin] });
  const response = await auth.fetch(api.origin);
  assertEquals([response.status, await response.text()], [200, ""]);
  assertEquals(seen, [`Bearer ${first}`, `Bearer ${tokens(session).access_token}`]);
  const error = await assertRejects(() => session.another().fetch(api.origin), FiefError);
  assertEquals([error.code, seen.length], ["origin_not_allowed", 2]);
});

Deno.test("opaque access tokens give id and scope from user and token response", async () => {
  await using session = await startSession({ opaqueAccessTokens: true });
  await session.signIn();
  const { access_token, ...info } = await session.auth.accessTokenInfo();
  assertFalse(access_token.includes("."));
  assertEquals(info, { id: "anne@example.com", scope: ["openid"], acr: null, permissions: [] });
});

Deno.test("a file whose writer died, and whose draft is gone, is of somebody who is not signed in, and a sign-in replaces it", async () => {
  await using session = await startSession();
  session.write('!"userinfo": {"sub": "anne"');
  const error = await assertRejects(() => session.auth.accessToken(), FiefError);
  assertEquals([error.code, error.exitStatus], ["not_authenticated", 3]);
  await session.signIn();
  assertEquals(session.file()["userinfo"] !== null, true);
});
