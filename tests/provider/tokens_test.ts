import { assertEquals, assertThrows } from "@std/assert";
import { FiefError } from "../../lib/errors.ts";
import { accessTokenInfo, decodeJwtClaims, expiresAt, fitsInHeader } from "../../lib/provider/tokens.ts";

function jwt(claims: unknown): string {
  const encode = (value: unknown) =>
    new TextEncoder().encode(JSON.stringify(value)).toBase64({ alphabet: "base64url", omitPadding: true });
  return `${encode({ alg: "RS256" })}.${encode(claims)}.c2ln`;
}

Deno.test("decodeJwtClaims() reads claims that are not ASCII", () => {
  assertEquals(decodeJwtClaims(jwt({ name: "Anne de Bretagne, née à Nantes 🏰" })), {
    name: "Anne de Bretagne, née à Nantes 🏰",
  });
});

const unreadable = [
  "",
  "opaque",
  "a.b",
  "a.b.c",
  "a.!!!.c",
  "a.bnVsbA.c",
  "a.W10.c",
  "a.MTIz.c",
  "a.b.c.d.e",
  "..",
  "\u0000.\u0000.\u0000",
];
for (const token of unreadable) {
  Deno.test(`decodeJwtClaims() gives undefined when the token is ${JSON.stringify(token)}`, () => {
    assertEquals(decodeJwtClaims(token), undefined);
  });
}

Deno.test("accessTokenInfo() goes by the claims of a JWT", () => {
  const access_token = jwt({ sub: "anne", scope: "openid castles:read", acr: "1", permissions: ["castles:read"] });
  assertEquals(accessTokenInfo({ access_token, token_type: "bearer", scope: "other" }, { sub: "else" }), {
    id: "anne",
    scope: ["openid", "castles:read"],
    acr: "1",
    permissions: ["castles:read"],
    access_token,
  });
});

Deno.test("accessTokenInfo() goes by user and token response when the token is opaque", () => {
  assertEquals(
    accessTokenInfo({ access_token: "opaque", token_type: "bearer", scope: "openid  email" }, { sub: "anne" }),
    {
      id: "anne",
      scope: ["openid", "email"],
      acr: null,
      permissions: [],
      access_token: "opaque",
    },
  );
});

Deno.test("accessTokenInfo() gives empty values when claims are of the wrong kind", () => {
  const access_token = jwt({ sub: 7, scope: ["openid"], acr: 1, permissions: "all" });
  const { id, scope, acr, permissions } = accessTokenInfo({ access_token, token_type: "bearer" }, null);
  assertEquals([id, scope, acr, permissions], ["", [], null, []]);
});

const moments: [name: string, tokens: { access_token: string; expires_in?: number }, moment: number | undefined][] = [
  ["counts from the arrival", { access_token: "x", expires_in: 3600 }, 3660],
  ["takes a life of 0 seconds", { access_token: "x", expires_in: 0 }, 60],
  ["goes by expires_in before exp", { access_token: jwt({ exp: 99 }), expires_in: 10 }, 70],
  ["goes by exp without expires_in", { access_token: jwt({ exp: 99 }) }, 99],
  ["counts a token's own life from the arrival", { access_token: jwt({ iat: 5_000, exp: 5_030 }) }, 90],
  ["goes by exp alone when the token is as old as its issuer is not", { access_token: jwt({ iat: 200, exp: 99 }) }, 99],
  ["knows nothing of an opaque token", { access_token: "x" }, undefined],
  ["knows nothing of an exp that is no number", { access_token: jwt({ exp: "soon" }) }, undefined],
];
for (const [name, tokens, moment] of moments) {
  Deno.test(`expiresAt() ${name}`, () => assertEquals(expiresAt({ ...tokens, token_type: "bearer" }, 60_999), moment));
}

for (const expires_in of [-1, NaN, Infinity, "soon" as unknown as number]) {
  Deno.test(`expiresAt() throws when the life is ${expires_in}`, () => {
    const error = assertThrows(() => expiresAt({ access_token: "x", token_type: "bearer", expires_in }, 0), FiefError);
    assertEquals(error.code, "provider_answer_invalid");
  });
}

for (const token of ["", "a b", "a\r\nx-evil: 1", "a\u001b[31m", "é", "a\u0000"]) {
  Deno.test(`fitsInHeader() is false when the token is ${JSON.stringify(token)}`, () => {
    assertEquals(fitsInHeader(token), false);
  });
}
Deno.test("fitsInHeader() is true when the token is a JWT or any printable text", () => {
  assertEquals([jwt({}), "opaque~token+/=", "!"].map(fitsInHeader), [true, true, true]);
});
