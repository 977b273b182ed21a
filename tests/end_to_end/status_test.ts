// `status` by the real CLI: what the file says, without a server and without the permission to ask one.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { startCliSession } from "../support/cli_session.ts";

const ISO = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/;

Deno.test("status tells who, where, scopes and until when, in words and in ISO time, and asks nobody", async () => {
  await using session = await startCliSession();
  await session.signIn(["--scope", "castles:read"]);
  const before = session.provider.total();
  const { status, stdout, stderr } = await session.run(["status"]);
  assertEquals([status, stderr], [0, ""]);
  const lines = stdout.split("\n");
  assertEquals(lines[0], "Signed in as anne@example.com");
  assertEquals(lines[1], `Server        ${session.provider.issuer}`);
  assertEquals(lines[2], "Client        cli");
  assertMatch(lines[3]!, /^Scopes {8}openid.* castles:read/);
  assertMatch(lines[4]!, /^Access token {2}expires in 60 minutes \(\d{4}-.*Z\), refreshed when needed$/);
  assertEquals(lines[5], `File          ${session.credentials}`);

  const object = JSON.parse((await session.run(["status", "--json"])).stdout);
  const expiresAt = (session.file()["fief_auth"] as { expires_at: number }).expires_at;
  const expected = {
    signed_in: true,
    user: { sub: "anne@example.com", email: "anne@example.com" },
    base_url: session.provider.issuer,
    client_id: "cli",
    scope: object.scope,
    profile: null,
    access_token_expires_at: expiresAt,
    access_token_expires: new Date(expiresAt * 1000).toISOString().replace(".000", ""),
    access_token_expired: false,
    refreshable: true,
    credentials: session.credentials,
  };
  assertEquals(object, expected);
  assertEquals(stdout.match(ISO)![0], object.access_token_expires);
  assertEquals(session.provider.total(), before);
});

Deno.test("status ends with 3 for nobody, after a logout, and when what is left works no longer", async () => {
  await using session = await startCliSession();
  const nobody = await session.run(["status"]);
  assertEquals([nobody.status, nobody.stdout], [3, `Not signed in\nFile          ${session.credentials}\n`]);
  assertEquals(nobody.stderr, "Sign in with: fief-auth login --base-url URL --client-id ID\n");
  const named = await session.run(["status", "--credentials", session.credentials]);
  const hint = `Sign in with: fief-auth login --base-url URL --client-id ID --credentials ${session.credentials}\n`;
  assertEquals([named.status, named.stderr], [3, hint], "what status says can be typed as it is");
  await session.signIn();
  const file = session.file() as { tokens: Record<string, unknown>; fief_auth: Record<string, unknown> };
  delete file.tokens["refresh_token"];
  file.fief_auth["expires_at"] = 1_700_000_000;
  await Deno.writeTextFile(session.credentials, JSON.stringify(file));
  const over = await session.run(["status"]);
  assertEquals(over.status, 3);
  assertStringIncludes(over.stdout, "Not signed in: the session of anne@example.com has ended");
  assertStringIncludes(over.stdout, "ago (2023-11-14T22:13:20Z), cannot be refreshed");
  const json = JSON.parse((await session.run(["status", "--json"])).stdout);
  assertEquals([json.signed_in, json.access_token_expired, json.access_token_expires], [
    false,
    true,
    "2023-11-14T22:13:20Z",
  ]);
  assertEquals(over.stderr, "Sign in with: fief-auth login\n");
  await session.run(["logout"]);
  assertEquals((await session.run(["status", "--json"])).status, 3);
});
