// A server may give the same access token at a refresh: Fief does within a second, where nothing in it tells one from the other.
import { assertEquals } from "@std/assert";
import { Fief, FiefAuth } from "../../lib/mod.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { startFakeProvider } from "../support/fake_provider.ts";

for (const rotates of [true, false]) {
  Deno.test(`accessToken({ refused }) asks once when the server gives the same token, ${rotates ? "with" : "without"} another refresh token`, async () => {
    await using directory = await temporaryDirectory();
    let asked = 0;
    await using provider = startFakeProvider({
      token: () => {
        asked++;
        // What asks without end is ended here.
        if (asked > 20) return new Response(null, { status: 503 });
        const rotated = rotates ? { refresh_token: `refresh ${asked}` } : {};
        return Response.json({ access_token: "same", token_type: "bearer", expires_in: 3600, ...rotated });
      },
    });
    const path = `${directory.path}/credentials.json`;
    const tokens = { access_token: "same", token_type: "bearer", refresh_token: "refresh 0", expires_in: 3600 };
    const record = {
      version: 1,
      base_url: provider.issuer,
      client_id: "cli",
      issuer: provider.issuer,
      token_endpoint: `${provider.issuer}/token`,
      expires_at: Math.floor(Date.now() / 1000) + 3600,
    };
    await Deno.writeTextFile(path, JSON.stringify({ userinfo: { sub: "anne" }, tokens, fief_auth: record }), {
      mode: 0o600,
    });
    const auth = new FiefAuth(new Fief(provider.issuer, "cli"), path);
    assertEquals(await auth.accessToken({ refused: "same" }), "same");
    assertEquals(asked, 1);
    // Whoever joins one that was begun because of a refusal is content with it, too.
    await Promise.all(Array.from({ length: 5 }, () => auth.accessToken({ refused: "same" })));
    assertEquals(asked, 2);
  });
}
