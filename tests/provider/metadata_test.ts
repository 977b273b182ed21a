import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { FiefError } from "../../lib/errors.ts";
import { fetchMetadata, processMetadata } from "../../lib/provider/metadata.ts";
import { serve } from "../support/server.ts";

const BASE = "https://example.fief.dev";
const GOOD = {
  issuer: BASE,
  authorization_endpoint: `${BASE}/authorize`,
  token_endpoint: `${BASE}/api/token`,
  jwks_uri: `${BASE}/.well-known/jwks.json`,
  userinfo_endpoint: `${BASE}/api/userinfo`,
};

Deno.test("processMetadata() keeps what is used and drops the rest", () => {
  const json = {
    ...GOOD,
    code_challenge_methods_supported: ["plain", "S256"],
    scopes_supported: ["openid", 7],
    claims_supported: ["sub"],
  };
  assertEquals(processMetadata(json, BASE), {
    ...GOOD,
    code_challenge_methods_supported: ["plain", "S256"],
    scopes_supported: ["openid"],
  });
});

Deno.test("processMetadata() takes endpoints at other hosts when the issuer is right", () => {
  const json = { ...GOOD, token_endpoint: "https://tokens.example.net/token" };
  assertEquals(processMetadata(json, BASE).token_endpoint, "https://tokens.example.net/token");
});

Deno.test("processMetadata() takes http on loopback when the base URL is on loopback", () => {
  const base = "http://localhost:8000";
  const json = {
    issuer: "https://localhost:8000",
    authorization_endpoint: `${base}/a`,
    token_endpoint: `${base}/t`,
    jwks_uri: `${base}/j`,
  };
  assertEquals(processMetadata(json, base).issuer, "https://localhost:8000");
});

Deno.test("processMetadata() keeps that every redirect names its issuer, when it says true", () => {
  const name = "authorization_response_iss_parameter_supported";
  assertEquals(processMetadata({ ...GOOD, [name]: true }, BASE)[name], true);
  assertEquals(processMetadata({ ...GOOD, [name]: "true" }, BASE)[name], undefined);
});

Deno.test("processMetadata() takes null for an endpoint that need not be there", () => {
  const { userinfo_endpoint: _, ...rest } = GOOD;
  assertEquals(processMetadata({ ...GOOD, userinfo_endpoint: null }, BASE), rest);
});

Deno.test("processMetadata() throws when an endpoint is on plain http elsewhere, also for a base URL on loopback", () => {
  const base = "http://localhost:8000";
  const json = {
    issuer: base,
    authorization_endpoint: `${base}/a`,
    token_endpoint: `${base}/t`,
    jwks_uri: `${base}/j`,
  };
  const elsewhere = { ...json, token_endpoint: "http://example.fief.dev/t" };
  assertThrows(() => processMetadata(elsewhere, base), FiefError, '"token_endpoint" on "http:"');
});

Deno.test("processMetadata() keeps the message short when the issuer is long", () => {
  const json = { ...GOOD, issuer: `https://evil.example/${"a".repeat(10_000)}` };
  const error = assertThrows(() => processMetadata(json, BASE), FiefError);
  assertEquals(error.message.length < 400, true);
});

const faults: [name: string, change: Record<string, unknown>, what: string][] = [
  ["names no issuer", { issuer: undefined }, "nobody"],
  ["names a number as the issuer", { issuer: 7 }, "nobody"],
  ["names another issuer", { issuer: "https://evil.example" }, '"https://evil.example"'],
  ["names the issuer on plain http", { issuer: "http://example.fief.dev" }, '"http://example.fief.dev"'],
  ["lacks the authorization endpoint", { authorization_endpoint: undefined }, 'lacks "authorization_endpoint"'],
  ["lacks the token endpoint", { token_endpoint: undefined }, 'lacks "token_endpoint"'],
  ["lacks the keys", { jwks_uri: undefined }, 'lacks "jwks_uri"'],
  ["has an endpoint that is a number", { token_endpoint: 7 }, '"token_endpoint" that is no URL'],
  ["has an endpoint that is a path", { token_endpoint: "/api/token" }, '"token_endpoint" that is no URL'],
  [
    "has an endpoint that is script",
    { authorization_endpoint: "javascript:alert(1)" },
    '"authorization_endpoint" on "javascript:"',
  ],
  [
    "has an endpoint that is a file",
    { authorization_endpoint: "file:///etc/passwd" },
    '"authorization_endpoint" on "file:"',
  ],
  ["has an endpoint on plain http", { token_endpoint: "http://example.fief.dev/t" }, '"token_endpoint" on "http:"'],
  ["has an endpoint on loopback", { token_endpoint: "http://localhost/t" }, '"token_endpoint" on "http:"'],
  [
    "has an endpoint with a password",
    { token_endpoint: "https://a:b@example.fief.dev/t" },
    '"token_endpoint" with a user name or a password',
  ],
  ["has an endpoint with a fragment", { token_endpoint: `${BASE}/t#f` }, '"token_endpoint" with a fragment'],
  ["has an endpoint that is many", { token_endpoint: "https://*.com/t" }, '"token_endpoint" with a * in its host name'],
  [
    "has an optional endpoint on plain http",
    { userinfo_endpoint: "http://example.fief.dev/u" },
    '"userinfo_endpoint" on "http:"',
  ],
  ["cannot do S256", { code_challenge_methods_supported: ["plain"] }, "PKCE with S256"],
];
for (const [name, change, what] of faults) {
  Deno.test(`processMetadata() throws when the metadata ${name}`, () => {
    const error = assertThrows(() => processMetadata({ ...GOOD, ...change }, BASE), FiefError, what);
    assertEquals(error.code, "metadata_invalid");
  });
}

const answers: [name: string, answer: () => Response, what: string][] = [
  [
    "is a web page",
    () => new Response("<!doctype html><h1>Welcome to the hotel</h1>", { headers: { "content-type": "text/html" } }),
    "a web page",
  ],
  ["is no JSON", () => new Response("hello"), "no JSON"],
  ["is empty", () => new Response(""), "an empty body"],
  ["is a JSON array", () => Response.json([]), "JSON that is no object"],
  ["is truncated JSON", () => new Response('{"issuer": "http'), "no JSON"],
  ["has status 404", () => Response.json({ detail: "Not found" }, { status: 404 }), "status 404"],
  ["has status 403 and a web page", () => new Response("<html>", { status: 403 }), "status 403 and a web page"],
  [
    "is a redirect",
    () => new Response(null, { status: 302, headers: { location: "https://other.example/x" } }),
    'a redirect to "https://other.example"',
  ],
];
for (const [name, answer, what] of answers) {
  Deno.test(`fetchMetadata() rejects when the answer ${name}`, async () => {
    await using server = serve(answer);
    const error = await assertRejects(() => fetchMetadata(server.origin, { fetch, now: () => 0 }), FiefError, what);
    assertEquals([error.code, server.requests.length], ["metadata_invalid", 1]);
  });
}

Deno.test("fetchMetadata() asks at the path of a tenant", async () => {
  await using server = serve(() => Response.json({}));
  await assertRejects(() => fetchMetadata(`${server.origin}/tenant`, { fetch, now: () => 0 }), FiefError);
  assertEquals(new URL(server.requests[0]!.url).pathname, "/tenant/.well-known/openid-configuration");
});
