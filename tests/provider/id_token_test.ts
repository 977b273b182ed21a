import { assertEquals, assertFalse, assertRejects, assertStringIncludes } from "@std/assert";
import * as jose from "jose";
import { FiefIdTokenInvalid } from "../../lib/errors.ts";
import { checkIdToken, type IdTokenExpectations } from "../../lib/provider/id_token.ts";
import { Keys } from "../../lib/provider/keys.ts";
import { type Claims, fakeKeys, halfHash, sign } from "../support/fake_provider.ts";
import { serve } from "../support/server.ts";

const NOW = 1_800_000_000;
const ACCESS_TOKEN = "s3cret-access-token";
const CODE = "s3cret-code";
const EXPECTED: IdTokenExpectations = {
  issuer: "https://example.fief.dev",
  audience: "cli",
  now: NOW,
  nonce: "s3cret-nonce",
  subject: "anne",
  accessToken: ACCESS_TOKEN,
  code: CODE,
  encryptionKey: undefined,
};
const GOOD: Claims = { iss: EXPECTED.issuer, aud: "cli", sub: "anne", exp: NOW + 600, iat: NOW, nonce: "s3cret-nonce" };

async function withKeys<T>(work: (keys: Keys) => Promise<T>): Promise<T> {
  await using server = serve(async () => Response.json((await fakeKeys()).jwks));
  return await work(new Keys(() => Promise.resolve(server.origin), { fetch, now: () => 0 }));
}

function check(token: string, expected: Partial<IdTokenExpectations> = {}) {
  return withKeys((keys) => checkIdToken(token, { ...EXPECTED, ...expected }, keys));
}

/** The hash of OpenID Connect Core 3.1.3.6: the size of the digest is the algorithm's. */
const hashes: [algorithm: string, digest: string][] = [
  ["RS256", "SHA-256"],
  ["ES384", "SHA-384"],
  ["PS512", "SHA-512"],
  ["EdDSA", "SHA-512"],
];
for (const [algorithm, digest] of hashes) {
  Deno.test(`checkIdToken() takes half of ${digest} as at_hash when the token is signed with ${algorithm}`, async () => {
    const { privateKey } = await jose.generateKeyPair(algorithm);
    const bytes = new Uint8Array(await crypto.subtle.digest(digest, new TextEncoder().encode(ACCESS_TOKEN)));
    const at_hash = jose.base64url.encode(bytes.subarray(0, bytes.length / 2));
    const signed = (claims: Claims) => sign({ ...GOOD, ...claims }, { key: privateKey, header: { alg: algorithm } });
    assertEquals((await checkIdToken(await signed({ at_hash }), EXPECTED, undefined)).sub, "anne");
    const whole = await signed({ at_hash: jose.base64url.encode(bytes) });
    await assertRejects(() => checkIdToken(whole, EXPECTED, undefined), FiefIdTokenInvalid, '(claim "at_hash")');
  });
}

Deno.test("checkIdToken() rejects when the user has no name and nobody is known yet", async () => {
  const token = await sign({ ...GOOD, sub: "" });
  await assertRejects(() => check(token, { subject: undefined }), FiefIdTokenInvalid, '(claim "sub")');
});

const accepted: [name: string, claims: () => Promise<Claims> | Claims, expected?: Partial<IdTokenExpectations>][] = [
  ["what it must be", () => ({})],
  ["for several clients and names us as the party", () => ({ aud: ["other", "cli"], azp: "cli" })],
  ["expired for less than clocks may differ", () => ({ exp: NOW - 59 })],
  ["issued a little in the future", () => ({ iat: NOW + 59 })],
  ["good in less than clocks may differ", () => ({ nbf: NOW + 59 })],
  ["with the hash of its access token", async () => ({ at_hash: await halfHash(ACCESS_TOKEN) })],
  ["with the hash of its code", async () => ({ c_hash: await halfHash(CODE) })],
  ["without a nonce when none was sent", () => ({ nonce: undefined }), { nonce: undefined }],
  ["about anybody when nobody is known yet", () => ({ sub: "bob" }), { subject: undefined }],
];
for (const [name, claims, expected] of accepted) {
  Deno.test(`checkIdToken() gives the claims when the token is ${name}`, async () => {
    const all = { ...GOOD, ...await claims() };
    assertEquals((await check(await sign(all), expected)).sub, String(all["sub"]));
  });
}

// OpenID Connect Core 3.1.3.7 by item; 3.1.3.6 at_hash; 3.3.2.11 c_hash; 12.2 sub; RFC 9700 section 4.5.3 nonce.
const wrong: [name: string, claims: () => Promise<Claims> | Claims, what: string][] = [
  ["of another issuer", () => ({ iss: "https://evil.example" }), '(claim "iss")'],
  ["of no issuer", () => ({ iss: undefined }), '(claim "iss")'],
  ["for another client", () => ({ aud: "other" }), '(claim "aud")'],
  ["for nobody", () => ({ aud: undefined }), '(claim "aud")'],
  ["for a client whose name only begins as ours", () => ({ aud: "cli2" }), '(claim "aud")'],
  ["for several clients without a party", () => ({ aud: ["cli", "other"] }), '(claim "azp")'],
  ["given to another client", () => ({ azp: "other" }), '(claim "azp")'],
  ["expired", () => ({ exp: NOW - 60 }), '(claim "exp")'],
  ["without an expiry", () => ({ exp: undefined }), '(claim "exp")'],
  ["issued in the future", () => ({ iat: NOW + 61 }), '(claim "iat")'],
  ["not good yet", () => ({ nbf: NOW + 61 }), '(claim "nbf")'],
  ["without a time of issue", () => ({ iat: undefined }), '(claim "iat")'],
  ["replayed from another sign-in", () => ({ nonce: "other" }), '(claim "nonce")'],
  ["without the nonce", () => ({ nonce: undefined }), '(claim "nonce")'],
  ["about another user", () => ({ sub: "bob" }), '(claim "sub")'],
  ["about nobody", () => ({ sub: undefined }), '(claim "sub")'],
  ["about a user without a name", () => ({ sub: "" }), '(claim "sub")'],
  ["with the hash of another access token", async () => ({ at_hash: await halfHash("other") }), '(claim "at_hash")'],
  ["with a hash that is a number", () => ({ at_hash: 7 }), '(claim "at_hash")'],
  ["with the hash of another code", async () => ({ c_hash: await halfHash("other") }), '(claim "c_hash")'],
];
for (const [name, claims, what] of wrong) {
  Deno.test(`checkIdToken() rejects when the token is ${name}`, async () => {
    const token = await sign({ ...GOOD, ...await claims() });
    const error = await assertRejects(() => check(token), FiefIdTokenInvalid);
    assertStringIncludes(error.message, what);
    const shown = Deno.inspect(error, { depth: 9 });
    for (const secret of ["s3cret", token]) assertFalse(shown.includes(secret));
  });
}

Deno.test("checkIdToken() rejects when the signature is of a key that the server does not publish", async () => {
  const token = await sign(GOOD, { key: (await fakeKeys()).stranger });
  await assertRejects(() => check(token), FiefIdTokenInvalid, "a signature that does not match");
});

Deno.test("checkIdToken() rejects when the claims were changed afterwards", async () => {
  const [header, , signature] = (await sign(GOOD)).split(".");
  const payload = jose.base64url.encode(JSON.stringify({ ...GOOD, sub: "anne", email: "other@example.com" }));
  await assertRejects(
    () => check(`${header}.${payload}.${signature}`),
    FiefIdTokenInvalid,
    "a signature that does not match",
  );
});

Deno.test("checkIdToken() rejects the algorithm none (RFC 8725 section 3.2)", async () => {
  const token = `${jose.base64url.encode('{"alg":"none"}')}.${jose.base64url.encode(JSON.stringify(GOOD))}.`;
  await assertRejects(() => check(token), FiefIdTokenInvalid, '"none", which proves nothing');
});

Deno.test("checkIdToken() rejects HS256, also with the public key as its secret (RFC 8725 section 2.1)", async () => {
  const { jwks } = await fakeKeys();
  const token = await sign(GOOD, {
    key: new TextEncoder().encode(JSON.stringify(jwks.keys[0])),
    header: { alg: "HS256" },
  });
  await assertRejects(() => check(token), FiefIdTokenInvalid, '"HS256", which proves nothing');
});

for (const name of ["jku", "x5u"]) {
  Deno.test(`checkIdToken() fetches no key from where the header's ${name} points to (RFC 8725 section 3.10)`, async () => {
    let asked = 0;
    await using elsewhere = serve(() => (asked++, Response.json({ keys: [] })));
    const token = await sign(GOOD, {
      key: (await fakeKeys()).stranger,
      header: { [name]: elsewhere.origin, kid: "elsewhere" },
    });
    await assertRejects(() => check(token), FiefIdTokenInvalid, "a key that the server does not publish");
    assertEquals(asked, 0);
  });
}

Deno.test("checkIdToken() takes no key from the header's jwk", async () => {
  const own = await jose.generateKeyPair("ES256", { extractable: true });
  const jwk = await jose.exportJWK(own.publicKey);
  const token = await sign(GOOD, { key: own.privateKey, header: { jwk } });
  await assertRejects(() => check(token), FiefIdTokenInvalid, "a signature that does not match");
});

for (const token of ["", "x", "a.b.c", "....", `${"a".repeat(100)}.${"b".repeat(100)}.c`]) {
  Deno.test(`checkIdToken() rejects when the token is garbage (${JSON.stringify(token.slice(0, 8))})`, async () => {
    await assertRejects(() => check(token), FiefIdTokenInvalid);
  });
}

Deno.test("checkIdToken() checks everything but the signature when the token came with a refresh", async () => {
  const stranger = { key: (await fakeKeys()).stranger };
  const expected = { ...EXPECTED, nonce: undefined, code: undefined };
  assertEquals((await checkIdToken(await sign(GOOD, stranger), expected, undefined)).sub, "anne");
  const other = await sign({ ...GOOD, sub: "bob" }, stranger);
  await assertRejects(() => checkIdToken(other, expected, undefined), FiefIdTokenInvalid, '(claim "sub")');
});

Deno.test("checkIdToken() decrypts a token that is a JWE, with the client's key only", async () => {
  const pair = await jose.generateKeyPair("RSA-OAEP-256", { extractable: true });
  const encryptionKey = await jose.exportJWK(pair.privateKey) as JsonWebKey;
  const header = { alg: "RSA-OAEP-256", enc: "A256CBC-HS512", cty: "JWT" };
  const token = await new jose.CompactEncrypt(new TextEncoder().encode(await sign(GOOD))).setProtectedHeader(header)
    .encrypt(pair.publicKey);
  assertEquals((await check(token, { encryptionKey })).sub, "anne");
  await assertRejects(() => check(token), FiefIdTokenInvalid, "no encryption key is set");
  const other = await jose.exportJWK(
    (await jose.generateKeyPair("RSA-OAEP-256", { extractable: true })).privateKey,
  ) as JsonWebKey;
  await assertRejects(() => check(token, { encryptionKey: other }), FiefIdTokenInvalid, "cannot be decrypted");
});

Deno.test("checkIdToken() checks what is inside a JWE as it checks any other", async () => {
  const pair = await jose.generateKeyPair("RSA-OAEP-256", { extractable: true });
  const encryptionKey = await jose.exportJWK(pair.privateKey) as JsonWebKey;
  const encrypted = (inside: string) =>
    new jose.CompactEncrypt(new TextEncoder().encode(inside))
      .setProtectedHeader({ alg: "RSA-OAEP-256", enc: "A256CBC-HS512" }).encrypt(pair.publicKey);
  // Anybody can encrypt for us: the key for it is public.
  const none = `${jose.base64url.encode('{"alg":"none"}')}.${jose.base64url.encode(JSON.stringify(GOOD))}.`;
  const inside: [token: string, what: string][] = [
    [none, '"none", which proves nothing'],
    [JSON.stringify(GOOD), "no JWT that can be read"],
    [await sign(GOOD, { key: (await fakeKeys()).stranger }), "a signature that does not match"],
    [await sign({ ...GOOD, aud: "other" }), '(claim "aud")'],
  ];
  for (const [token, what] of inside) {
    const jwe = await encrypted(token);
    await assertRejects(() => check(jwe, { encryptionKey }), FiefIdTokenInvalid, what);
  }
  const parts = (await encrypted(await sign(GOOD))).split(".");
  parts[3] = parts[3]!.replace(/^./, (first) => first === "A" ? "B" : "A");
  await assertRejects(() => check(parts.join("."), { encryptionKey }), FiefIdTokenInvalid, "cannot be decrypted");
});
