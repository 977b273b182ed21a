// What a logout ends: here always, at the server where it can, and what it says of the rest.
import { assert, assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import { sourceTest } from "../support/cli.ts";
import { ScriptedBrowser, signInAt } from "../support/browser.ts";
import { type CliSession, startCliSession } from "../support/cli_session.ts";

interface Saved {
  userinfo: unknown;
  tokens: { access_token: string; refresh_token: string } | null;
  fief_auth: Record<string, unknown>;
}

const saved = (session: CliSession) => session.file() as unknown as Saved;

/** What the server says of a refresh token. */
async function refresh({ provider }: CliSession, refresh_token: string): Promise<string> {
  const body = new URLSearchParams({ grant_type: "refresh_token", client_id: "cli", refresh_token });
  const response = await fetch(`${provider.issuer}${provider.tokenPath}`, { method: "POST", body });
  return (await response.json()).error ?? "alive";
}

async function userinfoStatus({ provider }: CliSession, path: string, token: string): Promise<number> {
  const response = await fetch(`${provider.issuer}${path}`, { headers: { authorization: `Bearer ${token}` } });
  await response.body?.cancel();
  return response.status;
}

const CLEARED = { userinfo: null, tokens: null };
const METADATA = "/.well-known/openid-configuration";

Deno.test("logout revokes both tokens, and asks for no metadata", async () => {
  await using session = await startCliSession({ strict: true });
  await session.signIn();
  const { access_token, refresh_token } = saved(session).tokens!;
  assertEquals(await userinfoStatus(session, "/me", access_token), 200);
  const before = session.provider.requestsTo(METADATA);
  const { status, stdout, stderr } = await session.run(["logout"]);
  // An opaque token that is revoked is good nowhere: nothing is alive.
  assertEquals([status, stdout, stderr], [0, "Signed out.\n", ""]);
  assertEquals([session.provider.requestsTo("/token/revocation"), session.provider.requestsTo(METADATA)], [2, before]);
  assertEquals(await refresh(session, refresh_token), "invalid_grant");
  assertEquals(await userinfoStatus(session, "/me", access_token), 401);
  const { fief_auth, ...rest } = session.file();
  assertEquals(rest, CLEARED);
  assertEquals((fief_auth as Saved["fief_auth"])["base_url"], session.provider.issuer);
});

Deno.test("logout says until when an access token works that is revoked and is a JWT", async () => {
  await using session = await startCliSession();
  await session.signIn();
  const { refresh_token } = saved(session).tokens!;
  const { stdout } = await session.run(["logout"]);
  assertMatch(stdout, /^Signed out\. The access token still works, and expires in 60 minutes \(\S+Z\)\.\n$/);
  assertEquals(await refresh(session, refresh_token), "invalid_grant");
});

Deno.test("logout at a server that cannot end its session says so, and never sends it the refresh of Fief", async () => {
  await using session = await startCliSession({ strict: true, revocation: false });
  await session.signIn();
  const { refresh_token } = saved(session).tokens!;
  const before = session.provider.requestsTo("/token");
  const { status, stdout } = await session.run(["logout"]);
  assertEquals(status, 0);
  assertMatch(
    stdout,
    /^Signed out on this machine\. The server has no way to end its session from here: it lives on\. Nobody has said until when\. The access token still works, and expires in 60 minutes \(\S+\)\.\nTo end it in the browser: fief-auth logout --browser-session\n$/,
  );
  assertEquals(session.provider.requestsTo("/token"), before);
  assertEquals(saved(session).tokens, null);
  assertEquals(await refresh(session, refresh_token), "alive");
});

Deno.test("logout says that the session lives on where the refresh of Fief brought a live token", async () => {
  // Its endpoints are where Fief has them, and it answers as no Fief does.
  await using session = await startCliSession({ revocation: false });
  await session.signIn();
  const { status, stdout } = await session.run(["logout"]);
  assertEquals([status, saved(session).tokens], [0, null]);
  assertMatch(
    stdout,
    /^Signed out on this machine\. The session on the server may live on: The server gave a new refresh token in place of ending the session, which lives on\. Nobody has said until when\. The access token still works, and expires in /,
  );
});

Deno.test("logout clears the file when the server cannot be reached, and says what is alive and until when", async () => {
  await using session = await startCliSession({ strict: true });
  await session.signIn();
  const file = session.file() as unknown as Saved;
  (file.tokens as unknown as Record<string, unknown>)["refresh_expires_in"] = 86_400;
  await Deno.writeTextFile(session.credentials, JSON.stringify(file));
  await session.provider[Symbol.asyncDispose]();
  const { status, stdout } = await session.run(["logout", "--json"]);
  const { signed_out, server, detail, access_token_expires_at, session_expires_at } = JSON.parse(stdout);
  assertEquals([status, signed_out, server], [0, true, "failed"]);
  assertStringIncludes(detail, `Nobody listens at "${session.provider.issuer}"`);
  assertEquals(access_token_expires_at, file.fief_auth["expires_at"]);
  assertEquals(session_expires_at, access_token_expires_at - 3600 + 86_400);
  assertEquals([saved(session).tokens, saved(session).userinfo], [null, null]);
  await Deno.writeTextFile(session.credentials, JSON.stringify(file));
  assertMatch(
    (await session.run(["logout"])).stdout,
    /^Signed out on this machine\. The session on the server may live on: Nobody listens at "\S+"\. It expires there in 24 hours \(\S+\)\. The access token still works, and expires in 60 minutes \(\S+\)\.\n$/,
  );
});

sourceTest(
  "its permissions are fixed",
  "logout without the permission to ask the server clears the file, and names the permission",
  async () => {
    await using session = await startCliSession({ strict: true });
    await session.signIn();
    const { status, stdout } = await session.run(["logout"], { providerOrigin: "http://localhost:1" });
    assertEquals([status, saved(session).tokens], [0, null]);
    assertMatch(
      stdout,
      /The session on the server may live on: Deno does not let it be asked: Requires net access to "localhost:\d+"/,
    );
  },
);

Deno.test("logout that is interrupted ends the session at the server all the same", async () => {
  let resume = () => {};
  const held = new Promise<undefined>((resolve) => resume = () => resolve(undefined));
  await using session = await startCliSession({
    strict: true,
    intercept: ({ path }) => path === "/token/revocation" ? held : undefined,
  });
  await session.signIn();
  const { refresh_token } = saved(session).tokens!;
  const running = session.start(["logout"]);
  await session.provider.untilRequests("/token/revocation", 1);
  running.kill("SIGINT");
  setTimeout(resume, 3_000); // longer than a run gets for what may be cut off
  assertEquals([(await running.result()).status, saved(session).tokens], [130, null]);
  assertEquals(await refresh(session, refresh_token), "invalid_grant");
});

Deno.test("logout --browser-session ends the browser's session on the server's page, after a logout too", async () => {
  await using session = await startCliSession({ strict: true, revocation: false });
  const browser = new ScriptedBrowser();
  const seen: string[] = [];
  const person = {
    fields: { login: "anne@example.com", password: "secret" },
    sees: ({ html }: { html: string }) => void seen.push(html),
  };
  const login = ["login", "--no-browser", "--base-url", session.provider.issuer, "--client-id", "cli"];
  const signIn = async () => {
    const running = session.start(login);
    await browser.visit(await running.authorizationUrl(), person);
    assertEquals((await running.result()).status, 0);
  };
  const askedForPassword = () => seen.splice(0).some((html) => html.includes('type="password"'));
  await signIn();
  assert(askedForPassword());
  await signIn();
  assertFalse(askedForPassword(), "the browser is still signed in");
  const { refresh_token } = saved(session).tokens!;
  await session.run(["logout"]);
  const { status, stdout } = await session.run(["logout", "--browser-session", "--no-browser"]);
  assertEquals(status, 0);
  assertMatch(
    stdout,
    /^Nobody was signed in\.\nOpen this address to end the browser's session \(no browser was wanted\):\n\n\S+\n\n$/,
  );
  const url = stdout.match(/^http\S+$/m)![0];
  assertEquals(url, `${session.provider.issuer}/session/end?client_id=cli`);
  await browser.visit(url, { fields: {} });
  assertEquals(
    await refresh(session, refresh_token),
    "alive",
    "offline access does not end with the browser's session",
  );
  seen.length = 0;
  await signIn();
  assert(askedForPassword());
});

Deno.test({
  name: "logout --browser-session opens the page with the exact permissions, and no token is in the address",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using session = await startCliSession({ strict: true });
    await session.signIn();
    const program = `${session.directory}/browser`;
    await Deno.writeTextFile(program, `#!/bin/sh\nprintf '%s\\n' "$@" > ${session.directory}/address\n`, {
      mode: 0o755,
    });
    const { status, stdout, stderr } = await session.run(["logout", "--browser-session", "--browser", program], {
      facts: { browsers: [program], opensBrowser: true },
    });
    assertEquals([status, stdout, stderr], [0, "Signed out.\nThe browser is open: end its session there.\n", ""]);
    const address = await Deno.readTextFile(`${session.directory}/address`);
    assertEquals(address, `${session.provider.issuer}/session/end?client_id=cli\n`);
    const file = JSON.stringify(session.file());
    assertFalse(file.includes("browser_session"));
  },
});

Deno.test("logout --browser-session says so when the server has no page for it", async () => {
  await using session = await startCliSession({
    intercept: async ({ path }) => {
      if (path !== METADATA || session === undefined) return undefined;
      const issuer = session.provider.issuer;
      return await Promise.resolve(Response.json({
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/api/token`,
        jwks_uri: `${issuer}/.well-known/jwks.json`,
      }));
    },
  });
  await session.signIn();
  const { status, stdout } = await session.run(["logout", "--browser-session", "--no-browser", "--json"]);
  assertEquals([status, JSON.parse(stdout).browser_session], [0, {
    opened: false,
    reason: "the server has no page for it",
  }]);
});

Deno.test("logout refuses options that need --browser-session, and touches nothing", async () => {
  await using session = await startCliSession();
  await session.signIn();
  for (const args of [["--no-browser"], ["--browser", "firefox"]]) {
    const { status, stderr } = await session.run(["logout", ...args]);
    assertEquals(status, 2);
    assertStringIncludes(stderr, "fief-auth logout --browser-session");
  }
  assert(saved(session).tokens);
});

Deno.test("a sign-in after a logout is a new session", async () => {
  await using session = await startCliSession({ strict: true });
  await session.signIn();
  await session.run(["logout"]);
  const running = session.start(["login", "--no-browser"]); // where to sign in was kept
  const [{ status }] = await Promise.all([
    running.result(),
    running.authorizationUrl().then((url) => signInAt(url, "bob@example.com")),
  ]);
  assertEquals([status, (await session.run(["hello"])).stdout], [0, "Hello, bob@example.com\n"]);
});
