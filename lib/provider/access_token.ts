import {
  FiefAccessTokenACRTooLow,
  FiefAccessTokenExpired,
  FiefAccessTokenInvalid,
  FiefAccessTokenMissingPermission,
  FiefAccessTokenMissingScope,
} from "../errors.ts";
import { type FiefAccessTokenInfo, FiefACR } from "../types.ts";
import type { Keys } from "./keys.ts";
import { accessTokenInfo, decodeJwtClaims } from "./tokens.ts";

/** What an access token must be good for. */
export interface AccessTokenRequirements {
  /** Scopes that it must all have. */
  requiredScope?: string[];
  /** The lowest authentication level: one of {@linkcode FiefACR}, or the exact value of another provider. */
  requiredAcr?: string;
  /** Permissions that the user must all have. */
  requiredPermissions?: string[];
}

/**
 * Validates an access token as an API does: signature, issuer, audience, expiry, then what is required of it.
 *
 * @see RFC 9068 section 4
 */
export async function validateAccessToken(
  accessToken: string,
  expected: { issuer: string; audience: string; now: number },
  requirements: AccessTokenRequirements,
  keys: Keys,
): Promise<FiefAccessTokenInfo> {
  const claims = decodeJwtClaims(accessToken);
  if (claims === undefined) throw new FiefAccessTokenInvalid("The access token is no JWT");
  // RFC 8725 section 3.11, kinds of JWT must not be mistaken: an ID token has the same issuer, audience and key. Fief's say no `typ`.
  const isIdToken = ["nonce", "at_hash", "c_hash"].some((claim) => claim in claims);
  if (isIdToken || typeof claims["scope"] !== "string") {
    throw new FiefAccessTokenInvalid("The token is no access token");
  }
  const signature = await keys.verify(accessToken);
  if (!signature.ok) throw new FiefAccessTokenInvalid(`The access token ${signature.why}`);
  const { iss, aud, exp, nbf, sub } = claims;
  if (iss !== expected.issuer) throw new FiefAccessTokenInvalid("The access token is from another server");
  if (![aud].flat().includes(expected.audience)) {
    throw new FiefAccessTokenInvalid("The access token is for another client");
  }
  if (typeof exp !== "number" || typeof sub !== "string") {
    throw new FiefAccessTokenInvalid("The access token lacks its expiry or its user");
  }
  if (exp <= expected.now) throw new FiefAccessTokenExpired();
  // RFC 7519 section 4.1.5, which allows for clocks that differ a little.
  if (typeof nbf === "number" && nbf > expected.now + 60) {
    throw new FiefAccessTokenInvalid("The access token is not good yet: check date and time of this machine");
  }

  const info = accessTokenInfo({ access_token: accessToken, token_type: "bearer" }, null);
  const { requiredScope = [], requiredAcr, requiredPermissions = [] } = requirements;
  const scope = requiredScope.find((name) => !info.scope.includes(name));
  if (scope !== undefined) throw new FiefAccessTokenMissingScope(scope);
  if (requiredAcr !== undefined && !isAtLeast(info.acr, requiredAcr)) {
    throw new FiefAccessTokenACRTooLow(info.acr, requiredAcr);
  }
  const permission = requiredPermissions.find((name) => !info.permissions.includes(name));
  if (permission !== undefined) throw new FiefAccessTokenMissingPermission(permission);
  return info;
}

/** Fief's levels have an order; those of other providers are equal or not. */
function isAtLeast(acr: string | null, required: string): boolean {
  const levels: (string | null)[] = Object.values(FiefACR);
  const [met, needed] = [levels.indexOf(acr), levels.indexOf(required)];
  return met >= 0 && needed >= 0 ? met >= needed : acr === required;
}
