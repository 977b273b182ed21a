// What the Worker answers, checked: a package that has been taken over can answer in its place, with whatever it likes.
import { isTokenResponse } from "../../credentials/format.ts";
import { FiefError } from "../../errors.ts";
import { ASYMMETRIC } from "../../provider/algorithms.ts";
import { isKeepable } from "../../provider/answer.ts";
import type { AuthorizationCheck } from "../../provider/authorization.ts";
import { isSafeEndpoint } from "../../provider/base_url.ts";
import type { StillWaiting } from "../../provider/device.ts";
import { type DeviceAuthorization, deviceAuthorizationOf } from "../../provider/device_authorization.ts";
import type { EndedSession } from "../../provider/end_session.ts";
import type { TokensAndUser } from "../../provider/fief.ts";
import type { PublishedKeys } from "../../provider/key_check.ts";
import { LONGEST_LIFE } from "../../provider/tokens.ts";
import type { QrCode } from "../../signin/qr_code.ts";
import type { FiefAccessTokenInfo, FiefTokenResponse, FiefUserInfo } from "../../types.ts";

/** What a refresh gives. */
export type Refreshed = Omit<TokensAndUser, "userinfo"> & { userinfo: FiefUserInfo | null; tokenEndpoint: string };

/** Modules of a side of the largest QR code. @see ISO/IEC 18004 section 5.3.1 */
const LARGEST_QR_CODE = 177;

/** Of a sign-in. */
export function tokensAndUser(value: unknown): TokensAndUser {
  const { tokens, userinfo, clockOffset } = objectIn(value, "tokens");
  return { tokens: tokensIn(tokens), userinfo: user(userinfo), clockOffset: clockOffsetIn(clockOffset) };
}

/** Of a question whether the user has signed in. */
export function tokensOrWaiting(value: unknown): TokensAndUser | StillWaiting {
  return value === "authorization_pending" || value === "slow_down" ? value : tokensAndUser(value);
}

/** Of a refresh. */
export function refreshed(value: unknown, baseUrl: string): Refreshed {
  const { tokens, userinfo, clockOffset, tokenEndpoint } = objectIn(value, "tokens");
  if (typeof tokenEndpoint !== "string" || !isSafeEndpoint(tokenEndpoint, baseUrl)) {
    throw unexpected("tokens", "tokens of no https address");
  }
  return {
    tokens: tokensIn(tokens),
    userinfo: userinfo === null ? null : user(userinfo),
    clockOffset: clockOffsetIn(clockOffset),
    tokenEndpoint,
  };
}

/** Claims about the user. */
export function user(value: unknown): FiefUserInfo {
  const claims = objectIn(value, "claims about the user");
  if (!isUser(claims)) throw unexpected("claims about the user", "an answer without a user");
  if (!isKeepable(claims)) throw unexpected("claims about the user", "more than can be kept");
  return claims;
}

/** What an access token says about itself. */
export function accessTokenInfo(value: unknown): FiefAccessTokenInfo {
  const { id, scope, acr, permissions, access_token } = objectIn(value, "an access token's claims");
  if (
    typeof id !== "string" || !isTexts(scope) || !isTexts(permissions) || typeof access_token !== "string" ||
    (acr !== null && typeof acr !== "string")
  ) {
    throw unexpected("an access token's claims", "something else");
  }
  return { id, scope, acr, permissions, access_token };
}

/** What is shown to the user of a sign-in without a browser. */
export function deviceAuthorization(value: unknown, baseUrl: string): DeviceAuthorization {
  const expected = "a code for the user";
  return deviceAuthorizationOf(objectIn(value, expected), baseUrl, (met) => unexpected(expected, met));
}

/** What the server says of an authorization request. */
export function authorizationCheck(value: unknown): AuthorizationCheck {
  const { answer, status } = objectIn(value, "a status");
  if (answer !== "accepted" && answer !== "refused" && answer !== "unknown") throw unexpected("a status", "another");
  if (status === undefined) return { answer };
  if (typeof status !== "number") throw unexpected("a status", "no number");
  return { answer, status };
}

/** What became of a session on the server. */
export function endedSession(value: unknown): EndedSession {
  const { ended, accessTokenRevoked } = objectIn(value, "the session's end");
  if (typeof ended !== "boolean" || typeof accessTokenRevoked !== "boolean") {
    throw unexpected("the session's end", "something else");
  }
  return { ended, accessTokenRevoked };
}

/** What the server's keys are good for. */
export function publishedKeys(value: unknown): PublishedKeys {
  const { published, usable } = objectIn(value, "the server's keys");
  const isAlgorithm = (name: unknown): name is string => typeof name === "string" && ASYMMETRIC.includes(name);
  if (typeof published !== "number" || !Array.isArray(usable) || !usable.every(isAlgorithm)) {
    throw unexpected("the server's keys", "something else");
  }
  return { published, usable };
}

/** The modules of a QR code. What it says nobody can check here: the address stands beside it in letters. */
export function qrCode(value: unknown): QrCode {
  const { data, size } = objectIn(value, "a QR code");
  const isRow = (row: unknown): row is boolean[] => Array.isArray(row);
  const isSide = typeof size === "number" && Number.isInteger(size) && size > 0 && size <= LARGEST_QR_CODE;
  if (!isSide || !Array.isArray(data) || !data.every(isRow)) throw unexpected("a QR code", "something else");
  return { data, size };
}

/** By the rules of the file that they go into; a line break in one would be a line of its own in what `credential curl` gives. */
function tokensIn(value: unknown): FiefTokenResponse {
  if (!isTokenResponse(value)) throw unexpected("tokens", "none that can be used");
  const { token_type, expires_in = 0 } = value;
  if (typeof token_type !== "string" || token_type.toLowerCase() !== "bearer") {
    throw unexpected("tokens", `a wrong "token_type"`);
  }
  if (!(expires_in >= 0 && expires_in <= LONGEST_LIFE)) throw unexpected("tokens", `a wrong "expires_in"`);
  if (!isKeepable(value)) throw unexpected("tokens", "more than can be kept");
  return value;
}

function clockOffsetIn(value: unknown): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw unexpected("tokens", "a time that is no number");
}

function isUser(claims: Record<string, unknown>): claims is FiefUserInfo {
  return typeof claims["sub"] === "string";
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}

function objectIn(value: unknown, expected: string): Record<string, unknown> {
  if (isObject(value)) return value;
  throw unexpected(expected, "something else");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Nothing of the answer is in it. */
function unexpected(expected: string, met: string): FiefError {
  return new FiefError(
    "provider_answer_invalid",
    `Expected ${expected} from the part of the program that speaks with the server, got ${met}`,
    "Try again; if it stays so, reinstall the program: a package in it may have been tampered with",
  );
}
