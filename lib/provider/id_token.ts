import * as jose from "jose";
import { FiefIdTokenInvalid } from "../errors.ts";
import { discreet } from "../readable.ts";
import type { FiefUserInfo } from "../types.ts";
import { ASYMMETRIC } from "./algorithms.ts";
import { isKeepable } from "./answer.ts";
import { decrypted, isEncrypted } from "./encrypted_id_token.ts";
import type { Keys } from "./keys.ts";
import { decodeJwtClaims } from "./tokens.ts";

/** What an ID token must say. */
export interface IdTokenExpectations {
  /** The provider's issuer, as its metadata names it. */
  issuer: string;
  /** Client id. */
  audience: string;
  /** What counts as now, in epoch seconds. */
  now: number;
  /** The nonce that was sent with the authorization request. */
  nonce?: string | undefined;
  /** The user whom it must be about, where one is known. */
  subject?: string | undefined;
  /** The access token that came along, for `at_hash`. */
  accessToken: string;
  /** The authorization code that was exchanged, for `c_hash`. */
  code?: string | undefined;
  /** The client's private JWK, where its ID tokens are encrypted. */
  encryptionKey: JsonWebKey | undefined;
}

/** Seconds that clocks may differ unseen: from there on the server's time counts, see {@linkcode clockOffset}. */
export const TOLERANCE = 60;

const CLOCKS = "Check date and time of this machine, then sign in again; if it stays so, the server's clock is wrong";

/**
 * Checks an ID token.
 *
 * @param keys Keys for its signature. `undefined` where it came with a refresh: straight from the token endpoint, TLS vouches for it
 * (OpenID Connect Core sections 3.1.3.7 item 6 and 12.2).
 * @returns Its claims.
 * @throws {FiefIdTokenInvalid} Which says which check failed.
 * @see OpenID Connect Core sections 3.1.3.7, 3.1.3.8 and 12.2
 */
export async function checkIdToken(
  token: string,
  expected: IdTokenExpectations,
  keys: Keys | undefined,
): Promise<FiefUserInfo> {
  const jws = isEncrypted(token) ? await decrypted(token, expected.encryptionKey) : token; // item 1
  const claims = decodeJwtClaims(jws);
  if (claims === undefined) throw new FiefIdTokenInvalid("The ID token is no JWT that can be read");
  if (!isKeepable(claims)) throw new FiefIdTokenInvalid("The ID token has more claims than can be kept");
  const algorithm = algorithmOf(jws);
  if (keys !== undefined) {
    const signature = await keys.verify(jws);
    if (!signature.ok) throw new FiefIdTokenInvalid(`The ID token ${signature.why}`);
  }
  checkClaims(claims, expected);
  await checkHash(claims, "at_hash", expected.accessToken, algorithm);
  // Only the code flow's own code can be meant: at a refresh there is none.
  if (expected.code !== undefined) await checkHash(claims, "c_hash", expected.code, algorithm);
  return claims as FiefUserInfo;
}

/** OpenID Connect Core 3.1.3.7 by item. */
function checkClaims(claims: Record<string, unknown>, expected: IdTokenExpectations): void {
  const { iss, sub, aud, azp, exp, iat, nbf, nonce } = claims;
  const { issuer, audience, now, subject } = expected;
  if (iss !== issuer) throw wrong("iss", `names ${shown(iss)} as its issuer, not "${issuer}"`); // item 2
  const audiences = Array.isArray(aud) ? aud : [aud];
  if (!audiences.includes(audience)) throw wrong("aud", `is not for the client "${audience}"`); // item 3
  if (audiences.length > 1 && azp === undefined) {
    throw wrong("azp", "is for several clients and names none that it was given to"); // item 4
  }
  if (azp !== undefined && azp !== audience) throw wrong("azp", `was given to another client than "${audience}"`); // item 5
  if (typeof exp !== "number") throw wrong("exp", "has no time of expiry");
  if (exp <= now - TOLERANCE) throw wrong("exp", `is expired since ${Math.round(now - exp)} s`, CLOCKS); // item 9
  if (typeof iat !== "number") throw wrong("iat", "has no time of issue");
  if (iat > now + TOLERANCE) throw wrong("iat", `was issued ${Math.round(iat - now)} s in the future`, CLOCKS); // item 10
  // RFC 7519 section 4.1.5
  if (typeof nbf === "number" && nbf > now + TOLERANCE) {
    throw wrong("nbf", `is good in ${Math.round(nbf - now)} s only`, CLOCKS);
  }
  if (expected.nonce !== undefined && nonce !== expected.nonce) throw wrong("nonce", "belongs to another sign-in"); // item 11
  if (typeof sub !== "string" || sub === "") throw wrong("sub", "names no user");
  if (subject !== undefined && sub !== subject) throw wrong("sub", "is about another user than the one who signed in"); // 12.2
}

async function checkHash(
  claims: Record<string, unknown>,
  claim: string,
  value: string,
  algorithm: string,
): Promise<void> {
  const hash = claims[claim];
  if (hash !== undefined && !(await isHashOf(hash, value, algorithm))) {
    throw wrong(claim, `does not belong to the ${claim === "at_hash" ? "access token" : "code"} that came with it`);
  }
}

function wrong(claim: string, what: string, hint?: string): FiefIdTokenInvalid {
  return new FiefIdTokenInvalid(`The ID token ${what} (claim "${claim}")`, hint);
}

function shown(value: unknown): string {
  return typeof value === "string" ? `"${discreet(value).slice(0, 200)}"` : "nobody";
}

function algorithmOf(jws: string): string {
  let algorithm: unknown;
  try {
    algorithm = jose.decodeProtectedHeader(jws).alg;
  } catch {
    throw new FiefIdTokenInvalid("The ID token has no header that can be read");
  }
  // RFC 8725 section 3.1: `none` needs no key, and the key of HS256 is one that a public client does not have.
  if (typeof algorithm === "string" && ASYMMETRIC.includes(algorithm)) return algorithm;
  throw new FiefIdTokenInvalid(`The ID token has the algorithm ${shown(algorithm)}, which proves nothing`);
}

/**
 * Whether `at_hash` or `c_hash` is that of this token or code: the left half of its digest, whose size the signing algorithm names.
 *
 * @see OpenID Connect Core sections 3.1.3.6 and 3.3.2.11
 */
async function isHashOf(hash: unknown, value: string, algorithm: string): Promise<boolean> {
  const size = algorithm.startsWith("Ed") ? "512" : algorithm.slice(-3);
  const digest = new Uint8Array(await crypto.subtle.digest(`SHA-${size}`, new TextEncoder().encode(value)));
  return hash === jose.base64url.encode(digest.subarray(0, digest.length / 2));
}
