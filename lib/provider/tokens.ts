import { FiefError } from "../errors.ts";
import type { FiefAccessTokenInfo, FiefTokenResponse, FiefUserInfo } from "../types.ts";

/** Seconds that an access token may live: a moment beyond that is none that a calendar can show. */
export const LONGEST_LIFE = 1e9;

/**
 * The claims of a JWT, read and not verified: for tokens that were verified when they came, or that came straight from the server.
 *
 * @returns The claims, or `undefined` where this is no JWT that can be read: opaque, encrypted, garbage. It never throws.
 * @see RFC 7519 section 7.2
 */
export function decodeJwtClaims(token: string): Record<string, unknown> | undefined {
  const parts = token.split(".");
  if (parts.length !== 3) return undefined;
  try {
    const text = atob(parts[1]!.replaceAll("-", "+").replaceAll("_", "/"));
    const claims: unknown = JSON.parse(
      new TextDecoder().decode(Uint8Array.from(text, (character) => character.charCodeAt(0))),
    );
    return typeof claims === "object" && claims !== null && !Array.isArray(claims)
      ? claims as Record<string, unknown>
      : undefined;
  } catch {
    return undefined;
  }
}

/** Whether an access token can be sent (RFC 6750 section 2.1) and printed: one line, nothing that a header or a terminal would obey. */
export function fitsInHeader(accessToken: string): boolean {
  return /^[\x21-\x7e]+$/.test(accessToken);
}

/**
 * What an access token says about itself. An opaque one says nothing: then the id is the user's, the scope that of the token response.
 *
 * @param tokens Token response that the access token is in.
 * @param userinfo Claims about the user, where they are known.
 */
export function accessTokenInfo(tokens: FiefTokenResponse, userinfo: FiefUserInfo | null): FiefAccessTokenInfo {
  const claims = decodeJwtClaims(tokens.access_token) ?? {};
  const { sub, scope, acr, permissions } = claims;
  return {
    id: typeof sub === "string" ? sub : userinfo?.sub ?? "",
    scope: (typeof scope === "string" ? scope : tokens.scope ?? "").split(" ").filter(Boolean),
    acr: typeof acr === "string" ? acr : null,
    permissions: Array.isArray(permissions) ? permissions.filter((name) => typeof name === "string") : [],
    access_token: tokens.access_token,
  };
}

/** The moment at which a token says that it expires, in epoch seconds of the server's clock; `undefined` where it does not say. */
export function claimedExpiry(accessToken: string): number | undefined {
  const exp = decodeJwtClaims(accessToken)?.["exp"];
  return typeof exp === "number" && Number.isFinite(exp) ? exp : undefined;
}

/** Seconds that a token lives by what it says; `undefined` where it does not say. */
export function claimedLife(accessToken: string): number | undefined {
  const { exp, iat } = decodeJwtClaims(accessToken) ?? {};
  const life = typeof exp === "number" && typeof iat === "number" ? exp - iat : -1;
  return Number.isFinite(life) && life >= 0 ? life : undefined;
}

/**
 * The moment an access token stops working, in epoch seconds: the unit of `exp` and of `fief_auth.expires_at`.
 *
 * @param tokens Token response as the server sent it; its `expires_in` counts seconds from arrival.
 * @param receivedAt Arrival of that response in epoch milliseconds, as `host.now()` gives it.
 * @returns The moment by the local clock. Without `expires_in` the token's own `iat` and `exp` say how long it lives, or `exp` alone
 * until when; `undefined` where that is missing too.
 * @throws {FiefError} `provider_answer_invalid` where `expires_in` is no number of seconds from 0 up.
 * @see RFC 6749 section 5.1
 */
export function expiresAt(tokens: FiefTokenResponse, receivedAt: number): number | undefined {
  const { expires_in } = tokens;
  if (expires_in === undefined) {
    // Counted from arrival, and not taken from `exp`: that is a moment of the server's clock, from which ours may differ.
    const life = claimedLife(tokens.access_token);
    return life === undefined ? claimedExpiry(tokens.access_token) : Math.floor(receivedAt / 1000) + life;
  }
  if (typeof expires_in !== "number" || !Number.isFinite(expires_in) || expires_in < 0) {
    throw new FiefError(
      "provider_answer_invalid",
      "The server gave no number as the token's lifetime",
      "Report it to whoever runs the server",
    );
  }
  return Math.floor(receivedAt / 1000) + expires_in;
}
