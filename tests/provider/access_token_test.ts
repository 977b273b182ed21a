import { assertEquals, assertRejects } from "@std/assert";
import {
  FiefAccessTokenACRTooLow,
  FiefAccessTokenExpired,
  FiefAccessTokenInvalid,
  FiefAccessTokenMissingPermission,
  FiefAccessTokenMissingScope,
  FiefACR,
  type FiefError,
} from "../../lib/mod.ts";
import { type AccessTokenRequirements, validateAccessToken } from "../../lib/provider/access_token.ts";
import { Keys } from "../../lib/provider/keys.ts";
import { type Claims, fakeKeys, sign } from "../support/fake_provider.ts";
import { serve } from "../support/server.ts";

const NOW = 1_800_000_000;
const GOOD: Claims = {
  iss: "https://example.fief.dev",
  aud: ["cli"],
  sub: "anne",
  exp: NOW + 60,
  scope: "openid castles:read",
  acr: "0",
  permissions: ["castles:read"],
};

async function validate(token: string, requirements: AccessTokenRequirements = {}) {
  await using server = serve(async () => Response.json((await fakeKeys()).jwks));
  const keys = new Keys(() => Promise.resolve(server.origin), { fetch, now: () => 0 });
  return await validateAccessToken(
    token,
    { issuer: "https://example.fief.dev", audience: "cli", now: NOW },
    requirements,
    keys,
  );
}

Deno.test("validateAccessToken() gives what the token says when it is good for what is required", async () => {
  const access_token = await sign(GOOD);
  const requirements = {
    requiredScope: ["openid"],
    requiredAcr: FiefACR.LEVEL_ZERO,
    requiredPermissions: ["castles:read"],
  };
  const info = { id: "anne", scope: ["openid", "castles:read"], acr: "0", permissions: ["castles:read"], access_token };
  assertEquals(await validate(access_token, requirements), info);
});

// deno-lint-ignore no-explicit-any -- each of them takes other words
type ErrorClass = new (...args: any[]) => FiefError;
const refused: [name: string, claims: Claims, requirements: AccessTokenRequirements, error: ErrorClass][] = [
  ["another server gave it", { iss: "https://evil.example" }, {}, FiefAccessTokenInvalid],
  ["it is for another client", { aud: ["other"] }, {}, FiefAccessTokenInvalid],
  ["it is for nobody", { aud: undefined }, {}, FiefAccessTokenInvalid],
  ["it has no expiry", { exp: undefined }, {}, FiefAccessTokenInvalid],
  ["it has no user", { sub: undefined }, {}, FiefAccessTokenInvalid],
  ["it is an ID token, by its nonce", { nonce: "n" }, {}, FiefAccessTokenInvalid],
  ["it is an ID token, by its hash", { at_hash: "h" }, {}, FiefAccessTokenInvalid],
  ["it says nothing of scopes", { scope: undefined }, {}, FiefAccessTokenInvalid],
  ["it is not good yet", { nbf: NOW + 61 }, {}, FiefAccessTokenInvalid],
  ["it expires this second", { exp: NOW }, {}, FiefAccessTokenExpired],
  ["it lacks a scope", {}, { requiredScope: ["openid", "castles:write"] }, FiefAccessTokenMissingScope],
  ["its level is too low", {}, { requiredAcr: FiefACR.LEVEL_ONE }, FiefAccessTokenACRTooLow],
  ["it has no level", { acr: undefined }, { requiredAcr: FiefACR.LEVEL_ZERO }, FiefAccessTokenACRTooLow],
  ["its level is of another kind", { acr: "gold" }, { requiredAcr: "silver" }, FiefAccessTokenACRTooLow],
  [
    "it lacks a permission",
    {},
    { requiredPermissions: ["castles:read", "castles:delete"] },
    FiefAccessTokenMissingPermission,
  ],
  [
    "it has no permissions",
    { permissions: undefined },
    { requiredPermissions: ["castles:read"] },
    FiefAccessTokenMissingPermission,
  ],
];
for (const [name, claims, requirements, error] of refused) {
  Deno.test(`validateAccessToken() throws ${error.name} when ${name}`, async () => {
    const token = await sign({ ...GOOD, ...claims });
    const thrown = await assertRejects(() => validate(token, requirements), error);
    assertEquals(thrown.name, error.name);
  });
}

Deno.test("validateAccessToken() takes a higher level than required, and an equal one of another kind", async () => {
  assertEquals((await validate(await sign({ ...GOOD, acr: "1" }), { requiredAcr: "0" })).acr, "1");
  assertEquals((await validate(await sign({ ...GOOD, acr: "gold" }), { requiredAcr: "gold" })).acr, "gold");
});

Deno.test("validateAccessToken() throws FiefAccessTokenInvalid when the signature is of a stranger, or the token opaque", async () => {
  const token = await sign(GOOD, { key: (await fakeKeys()).stranger });
  await assertRejects(() => validate(token), FiefAccessTokenInvalid, "signature");
  await assertRejects(() => validate("opaque"), FiefAccessTokenInvalid, "no JWT");
});
