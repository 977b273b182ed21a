// The Worker may reach the addresses that are known of a provider: where these turn out to be others, it is replaced by one that may.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { runCli } from "../support/cli.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { fakeMetadata, startFakeProvider } from "../support/fake_provider.ts";

Deno.test("token refreshes in a Worker that may reach a token endpoint which has moved to another address", async () => {
  await using directory = await temporaryDirectory();
  await using elsewhere = startFakeProvider({
    token: () => Response.json({ access_token: "fresh", refresh_token: "r2", token_type: "Bearer", expires_in: 3600 }),
  });
  await using provider = startFakeProvider({
    metadata: (issuer) => Response.json({ ...fakeMetadata(issuer), token_endpoint: `${elsewhere.issuer}/token` }),
  });
  const credentials = `${directory.path}/credentials.json`;
  const { issuer } = provider;
  const record = {
    version: 1,
    base_url: issuer,
    client_id: "cli",
    issuer,
    token_endpoint: `${issuer}/old`,
    expires_at: 1,
  };
  const tokens = { access_token: "stale", refresh_token: "r1", token_type: "bearer", expires_in: 3600 };
  const file = { userinfo: { sub: "anne" }, tokens, fief_auth: record };
  await Deno.writeTextFile(credentials, JSON.stringify(file), { mode: 0o600 });
  const facts = { endpoints: [`${elsewhere.issuer}/token`] };
  const { status, stdout, stderr } = await runCli(["token", "--debug"], { credentials, providerOrigin: issuer, facts });
  assertEquals([status, stdout], [0, "fresh\n"], stderr);
  const [old, next] = [issuer, elsewhere.issuer].map((url) => new URL(url).host);
  assertStringIncludes(stderr, `a Worker speaks with the server: it may reach ${old} and nothing else`);
  assertStringIncludes(stderr, `a Worker speaks with the server: it may reach ${old}, ${next} and nothing else`);
  assertEquals(provider.requests, ["POST /old", "GET /.well-known/openid-configuration"]);
  assertEquals(elsewhere.requests, ["POST /token"]);
});
