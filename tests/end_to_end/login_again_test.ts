// The second `login` in one credentials file: what it takes over from the first, and what it says of the account.
import { assert, assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import { enterCodeAt, signInAt } from "../support/browser.ts";
import { type CliSession, startCliSession } from "../support/cli_session.ts";
import { startProvider } from "../support/provider.ts";

/** Signs in at the provider that the file remembers, or another; gives the scopes that the authorization request had. */
async function scopesOf(session: CliSession, args: string[], providerOrigin = session.provider.issuer) {
  const running = session.start(["login", "--no-browser", ...args], { providerOrigin });
  const url = await running.authorizationUrl();
  const [result] = await Promise.all([running.result(), signInAt(url, "anne@example.com")]);
  assertEquals(result.status, 0, result.stderr);
  return new URL(url).searchParams.get("scope")!.split(" ");
}

Deno.test("login asks for the scopes of the last sign-in again, at the same server only, until others are named", async () => {
  await using session = await startCliSession();
  await using other = await startProvider();
  const server = ["--base-url", session.provider.issuer, "--client-id", "cli"];
  assert((await scopesOf(session, [...server, "--scope", "castles:read"])).includes("castles:read"));
  assertEquals((await session.run(["token", "--min-valid", "3599"])).status, 0); // a refresh forgets nothing
  assertEquals((await session.run(["logout"])).status, 0);
  assert((await scopesOf(session, [])).includes("castles:read"));
  assert(JSON.parse((await session.run(["token", "--json"])).stdout).scope.includes("castles:read"));
  assertFalse((await scopesOf(session, ["--scope", "openid"])).includes("castles:read"));
  assertFalse((await scopesOf(session, [])).includes("castles:read"));
  assert((await scopesOf(session, ["--scope", "castles:read"])).includes("castles:read"));
  const elsewhere = ["--base-url", other.issuer, "--client-id", "cli"];
  assertFalse((await scopesOf(session, elsewhere, other.issuer)).includes("castles:read"));
});

const SAME = "This is the account that was signed in before: the server did not ask who, or was told the same\n";

Deno.test("login --switch says so when it ends at the account that was signed in before", async () => {
  await using session = await startCliSession();
  assertFalse((await session.signIn(["--switch"])).stderr.includes(SAME)); // nobody was
  assertFalse((await session.signIn()).stderr.includes(SAME)); // nobody has asked for another
  const { status, stdout, stderr } = await session.signIn(["--switch"]);
  assertEquals([status, stdout], [0, "Signed in as anne@example.com\n"]);
  assertStringIncludes(stderr, SAME);
});

Deno.test("login --switch by a code says that the server may not ask who, before it shows the code", async () => {
  await using session = await startCliSession({ device: { interval: 0.1 } });
  const args = ["login", "--device", "--switch", "--base-url", session.provider.issuer, "--client-id", "cli"];
  const running = session.start(args, { facts: { device: true } });
  const [, url] = await running.stderrMatch(/^(http:\S+\/device)$/m);
  const [, code] = await running.stderrMatch(/^Your code, good for 10 minutes:\n\n(\S+)\n/m);
  const [result] = await Promise.all([running.result(), enterCodeAt(url!, code!, "bob@example.com")]);
  assertEquals([result.status, result.stdout], [0, "Signed in as bob@example.com\n"], result.stderr);
  const told = result.stderr.indexOf("The server may not ask who you are when you enter a code: use a private window");
  assert(told >= 0 && told < result.stderr.indexOf("To sign in at "), result.stderr);
});

Deno.test("login and status say that a token of the environment goes before the session", async () => {
  await using session = await startCliSession();
  const env = { FIEF_ACCESS_TOKEN: "token-of-the-job" };
  const running = session.start(
    ["login", "--no-browser", "--base-url", session.provider.issuer, "--client-id", "cli"],
    { env },
  );
  const url = await running.authorizationUrl();
  const [login] = await Promise.all([running.result(), signInAt(url, "anne@example.com")]);
  assertEquals(login.status, 0);
  assertStringIncludes(
    login.stderr,
    "FIEF_ACCESS_TOKEN is set: commands go on using it in place of this session. Unset",
  );
  const status = await session.run(["status"], { env });
  assertEquals(status.status, 0);
  assertStringIncludes(
    status.stderr,
    "FIEF_ACCESS_TOKEN is set: token, call-api, exec and credential use it in place of",
  );
  assertFalse(`${login.stdout}${login.stderr}${status.stdout}${status.stderr}`.includes("token-of-the-job"));
  assertEquals((await session.run(["token"], { env })).stdout, "token-of-the-job\n");
  assertEquals((await session.run(["status", "--quiet"])).stderr, "");
});
