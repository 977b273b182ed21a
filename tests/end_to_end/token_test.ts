// `token` in the forms that other programs want.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { runCli } from "../support/cli.ts";
import { startCliSession } from "../support/cli_session.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { NO_SERVER, saveSession } from "../support/saved_session.ts";

Deno.test("token --json tells the token, its type, its expiry as a moment and in seconds, and its scopes", async () => {
  await using session = await startCliSession();
  await session.signIn();
  const file = session.file() as { tokens: Record<string, string>; fief_auth: Record<string, unknown> };
  const { status, stdout } = await session.run(["token", "--json"]);
  const { expires_in, ...rest } = JSON.parse(stdout);
  assertEquals([status, rest], [0, {
    access_token: file.tokens["access_token"],
    token_type: "Bearer",
    expires_at: file.fief_auth["expires_at"],
    scope: file.fief_auth["scope"],
  }]);
  assert(Number.isInteger(expires_in) && expires_in > 3500 && expires_in <= 3600, String(expires_in));
});

Deno.test("token --json tells null of what nobody knows", async () => {
  await using directory = await temporaryDirectory();
  const setup = { credentials: `${directory.path}/none`, env: { FIEF_ACCESS_TOKEN: "opaque" } };
  assertEquals(JSON.parse((await runCli(["token", "--json"], setup)).stdout), {
    access_token: "opaque",
    token_type: "Bearer",
    expires_at: null,
    expires_in: null,
    scope: null,
  });
});

Deno.test("token --json reads out of a token of the environment what it says about itself", async () => {
  await using directory = await temporaryDirectory();
  const claims = { exp: Math.floor(Date.now() / 1000) - 5, scope: "openid castles:read" };
  const token = `${btoa("{}")}.${btoa(JSON.stringify(claims)).replaceAll("=", "")}.x`;
  const setup = { credentials: `${directory.path}/none`, env: { FIEF_ACCESS_TOKEN: token } };
  assertEquals(JSON.parse((await runCli(["token", "--json"], setup)).stdout), {
    access_token: token,
    token_type: "Bearer",
    expires_at: claims.exp,
    expires_in: 0,
    scope: claims.scope,
  });
});

Deno.test("token --header prints the header for the saved token and for one of the environment, and nothing else", async () => {
  await using directory = await temporaryDirectory();
  const credentials = `${directory.path}/credentials.json`;
  await saveSession(credentials, { accessToken: "saved-token" });
  const setup = { credentials, providerOrigin: NO_SERVER };
  const expected = (token: string) => ({ status: 0, stdout: `Authorization: Bearer ${token}\n`, stderr: "" });
  assertEquals(await runCli(["token", "--header"], setup), expected("saved-token"));
  const env = { FIEF_ACCESS_TOKEN: "from-ci" };
  assertEquals(await runCli(["token", "--header"], { ...setup, env }), expected("from-ci"));
  const both = await runCli(["token", "--header", "--json"], setup);
  assertEquals([both.status, both.stdout], [2, ""]);
  assertStringIncludes(both.stderr, "exclude each other");
});

Deno.test("token --min-valid refreshes a token that lives less long than that, in every form", async () => {
  await using session = await startCliSession({ accessTokenLifetime: 600 });
  await session.signIn();
  const { tokenPath } = session.provider;
  for (const form of [[], ["--header"], ["--json"]]) {
    const before = session.provider.requestsTo(tokenPath);
    await session.run(["token", "--min-valid", "60", ...form]);
    assertEquals(session.provider.requestsTo(tokenPath), before);
    assertEquals((await session.run(["token", "--min-valid", "601", ...form])).status, 0);
    assertEquals(session.provider.requestsTo(tokenPath), before + 1);
  }
});
