import { assertEquals } from "@std/assert";
import { isFief } from "../../lib/provider/fief_quirks.ts";

/** Metadata as Fief 0.27.0 gives it, for a base URL. */
function fiefAt(baseUrl: string) {
  return {
    issuer: baseUrl,
    authorization_endpoint: `${baseUrl}/authorize`,
    token_endpoint: `${baseUrl}/api/token`,
    jwks_uri: `${baseUrl}/.well-known/jwks.json`,
    userinfo_endpoint: `${baseUrl}/api/userinfo`,
  };
}

for (const baseUrl of ["https://example.fief.dev", "https://example.fief.dev/tenant", "http://localhost:8000/tenant"]) {
  Deno.test(`isFief() is true when the endpoints at "${baseUrl}" are Fief's`, () => {
    assertEquals(isFief(fiefAt(baseUrl), baseUrl), true);
  });
}

// What follows from it ends sessions: one endpoint elsewhere, and it is another server.
const BASE = "https://example.fief.dev";
for (const name of ["authorization_endpoint", "token_endpoint", "userinfo_endpoint"]) {
  Deno.test(`isFief() is false when "${name}" is elsewhere`, () => {
    assertEquals(isFief({ ...fiefAt(BASE), [name]: `${BASE}/elsewhere` }, BASE), false);
  });
}

Deno.test("isFief() is false when the endpoints are those of another tenant, or one is not there", () => {
  assertEquals(isFief(fiefAt(BASE), `${BASE}/tenant`), false);
  const { userinfo_endpoint: _, ...rest } = fiefAt(BASE);
  assertEquals(isFief(rest, BASE), false);
});
