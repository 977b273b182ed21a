// oidc-provider as strict as it comes: nothing of it is like Fief, and it follows OpenID Connect to the letter.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { denyAt, ScriptedBrowser, signInAt } from "../support/browser.ts";
import { type CliSession, startCliSession } from "../support/cli_session.ts";
import { expire } from "../support/expire.ts";

interface Saved {
  tokens: { access_token: string; refresh_token?: string; scope: string } | null;
  fief_auth: Record<string, unknown>;
}

const saved = (session: CliSession) => session.file() as unknown as Saved;

Deno.test("login gets a refresh token where offline_access takes consent: the server asks in the same tab", async () => {
  await using session = await startCliSession({ strict: true });
  const { status, stdout, stderr } = await session.signIn();
  assertEquals([status, stdout], [0, "Signed in as anne@example.com\n"], stderr);
  const { tokens, fief_auth } = saved(session);
  assert(tokens?.refresh_token);
  assertEquals(tokens.scope.split(" ").toSorted(), ["offline_access", "openid"]);
  assertEquals(tokens.access_token.split(".").length, 1, "opaque");
  assertEquals(fief_auth["revocation_endpoint"], `${session.provider.issuer}/token/revocation`);
  assertMatch(stderr, /^Look at the browser once more: the server asks whether you may stay signed in$/m);
  assertEquals(session.provider.requestsTo("/token"), 2);
});

Deno.test("login is one round where prompt=consent is given, and refreshes with rotation", async () => {
  await using session = await startCliSession({ strict: true });
  assertEquals((await session.signIn(["--param", "prompt=consent"])).status, 0);
  assertEquals(session.provider.requestsTo("/token"), 1);
  const before = saved(session).tokens!;
  expire(session.credentials);
  const { status, stdout } = await session.run(["token"]);
  const after = saved(session).tokens!;
  assertEquals([status, stdout], [0, `${after.access_token}\n`]);
  assert(after.access_token !== before.access_token && after.refresh_token !== before.refresh_token);
  const whoami = await session.run(["whoami", "--refresh", "--json"]);
  assertEquals(JSON.parse(whoami.stdout).email, "anne@example.com");
});

Deno.test("login --no-offline asks for no offline access, and not again", async () => {
  await using session = await startCliSession({ strict: true });
  const { status, stderr } = await session.signIn(["--no-offline"]);
  assertEquals([status, session.provider.requestsTo("/token")], [0, 1], stderr);
  assertEquals([saved(session).tokens?.refresh_token, saved(session).tokens?.scope], [undefined, "openid"]);
  assert(!stderr.includes("refresh token"), stderr);
});

Deno.test("login leaves the user signed in, and says that there is no refresh token, when the second question is denied", async () => {
  await using session = await startCliSession({ strict: true });
  const login = ["login", "--no-browser", "--base-url", session.provider.issuer, "--client-id", "cli"];
  const running = session.start(login);
  const url = await running.authorizationUrl();
  const browser = new ScriptedBrowser();
  const fields = { login: "anne@example.com", password: "secret" };
  // The first time all is allowed.
  const consents: URL[] = [];
  await browser.visit(url, {
    fields,
    stopAt: (at) => at.searchParams.get("prompt") === "consent" && consents.push(at) > 0,
  });
  const page = await browser.visit(consents[0]!.href, { fields, deny: true });
  assertStringIncludes(page.html, "You are signed in");
  const { status, stderr } = await running.result();
  assertEquals(status, 0, stderr);
  assertMatch(stderr, /^What is signed in stays signed in, although asking once more failed: The sign-in was denied/m);
  assertMatch(stderr, /^The server gave no refresh token: the session ends with its access token$/m);
  assertEquals([(await session.run(["token"])).status, saved(session).tokens?.refresh_token], [0, undefined]);
});

Deno.test("a refresh token that is spent twice ends the session: status 3, and login goes on", async () => {
  await using session = await startCliSession({ strict: true });
  await session.signIn();
  const old = Deno.readTextFileSync(session.credentials);
  expire(session.credentials);
  assertEquals((await session.run(["token"])).status, 0);
  Deno.writeTextFileSync(session.credentials, old); // a backup of the file, say
  expire(session.credentials);
  const { status, stderr } = await session.run(["token"]);
  assertEquals(status, 3);
  assertStringIncludes(stderr, "Sign in with: fief-auth login");
  assertEquals((await session.signIn()).status, 0);
});

Deno.test("an access token for a resource goes to that API (RFC 8707)", async () => {
  await using session = await startCliSession(
    { strict: true },
    (request) => new Response(request.headers.get("authorization")),
  );
  const more = ["--param", "prompt=consent", "--param", `resource=${session.api.origin}`, "--scope", "castles:read"];
  const { status, stderr } = await session.signIn(more);
  assertEquals(status, 0, stderr);
  const called = await session.run(["call-api", `${session.api.origin}/castles`]);
  assertEquals([called.status, called.stdout], [0, `Bearer ${saved(session).tokens!.access_token}`]);
});

Deno.test("the redirect URI is on 127.0.0.1 at any port (RFC 8252 section 7.3)", async () => {
  await using session = await startCliSession({ strict: true });
  const redirectUri = "http://127.0.0.1:0/callback";
  const running = session.start(
    [
      "login",
      "--no-browser",
      "--base-url",
      session.provider.issuer,
      "--client-id",
      "cli",
      "--redirect-uri",
      redirectUri,
    ],
    { redirectUris: [redirectUri] },
  );
  const url = await running.authorizationUrl();
  assertMatch(new URL(url).searchParams.get("redirect_uri")!, /^http:\/\/127\.0\.0\.1:\d+\/callback$/);
  const [{ status, stderr }] = await Promise.all([running.result(), signInAt(url, "anne@example.com")]);
  assertEquals(status, 0, stderr);
});

Deno.test("20 processes on an expired token refresh once", async () => {
  await using session = await startCliSession({ strict: true });
  await session.signIn();
  expire(session.credentials);
  const before = session.provider.requestsTo("/token");
  const results = await Promise.all(Array.from({ length: 20 }, () => session.run(["token"])));
  assertEquals(results.map(({ status }) => status), Array(20).fill(0));
  assertEquals(new Set(results.map(({ stdout }) => stdout)).size, 1);
  assertEquals(session.provider.requestsTo("/token"), before + 1);
});

Deno.test("a denial ends the sign-in with status 4", async () => {
  await using session = await startCliSession({ strict: true });
  const running = session.start(["login", "--no-browser", "--base-url", session.provider.issuer, "--client-id", "cli"]);
  const url = await running.authorizationUrl();
  const [{ status, stderr }] = await Promise.all([running.result(), denyAt(url, "anne@example.com")]);
  assertEquals(status, 4);
  assertStringIncludes(stderr, "The sign-in was denied");
});
