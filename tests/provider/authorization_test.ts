import { assertEquals, assertThrows } from "@std/assert";
import { FiefError } from "../../lib/errors.ts";
import { authorizationUrl } from "../../lib/provider/authorization.ts";

const METADATA = {
  issuer: "https://example.fief.dev",
  authorization_endpoint: "https://example.fief.dev/authorize",
  token_endpoint: "https://example.fief.dev/api/token",
  jwks_uri: "https://example.fief.dev/.well-known/jwks.json",
};
const REDIRECT_URI = "http://localhost:51562/callback";

// RFC 9101 sections 5 and 6: an object that would replace all the others.
for (const name of ["request", "request_uri", "code_challenge_method"]) {
  Deno.test(`authorizationUrl() refuses to let extrasParams set "${name}"`, () => {
    const build = () => authorizationUrl(METADATA, "cli", REDIRECT_URI, { extrasParams: { [name]: "x" } });
    assertEquals(assertThrows(build, FiefError).code, "usage_invalid");
  });
}

Deno.test("authorizationUrl() leaves out what was not asked for", () => {
  const url = new URL(authorizationUrl(METADATA, "cli", REDIRECT_URI, {}));
  assertEquals([...url.searchParams.keys()], ["response_type", "client_id", "redirect_uri"]);
});

Deno.test("authorizationUrl() keeps the endpoint's own query, each parameter once (RFC 6749 section 3.1)", () => {
  const metadata = { ...METADATA, authorization_endpoint: "https://example.fief.dev/authorize?theme=dark&state=fixed" };
  const url = new URL(authorizationUrl(metadata, "cli", REDIRECT_URI, { state: "ours" }));
  assertEquals(url.searchParams.get("theme"), "dark");
  assertEquals(url.searchParams.getAll("state"), ["ours"]);
});

Deno.test("authorizationUrl() names S256 as the method of a challenge", () => {
  const url = new URL(authorizationUrl(METADATA, "cli", REDIRECT_URI, { codeChallenge: "c" }));
  assertEquals(url.searchParams.get("code_challenge_method"), "S256");
});

Deno.test("authorizationUrl() escapes what the user gave", () => {
  const extrasParams = { login_hint: "anne+test@example.com&state=x#y" };
  const url = new URL(authorizationUrl(METADATA, "a b&c=d", REDIRECT_URI, { state: "s", extrasParams }));
  const met = ["client_id", "login_hint", "state"].map((name) => url.searchParams.getAll(name));
  assertEquals(met, [["a b&c=d"], [extrasParams.login_hint], ["s"]]);
  assertEquals(url.hash, "");
});
