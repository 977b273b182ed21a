import * as oauth from "oauth4webapi";
import { FiefError } from "../errors.ts";
import type { FiefTokenResponse } from "../types.ts";
import { type Answer, describe, failureOf, isKeepable, jsonObject, shown } from "./answer.ts";
import { type ProviderHost, send } from "./requests.ts";
import { decodeJwtClaims, fitsInHeader, LONGEST_LIFE } from "./tokens.ts";

/** The server and client of a token request. */
export interface Party {
  issuer: string;
  tokenEndpoint: string;
  clientId: string;
}

/** How long a request may take. */
export interface RequestLimits {
  /** Its end is that of the operation. */
  signal?: AbortSignal | undefined;
  /** Milliseconds; 10 s where nothing is said. */
  timeout?: number | undefined;
}

/** An answer of the token endpoint that holds tokens. */
export interface TokenAnswer {
  tokens: FiefTokenResponse;
  /** Arrival in epoch milliseconds. */
  receivedAt: number;
  /** Seconds that the server's clock is ahead of ours; 0 where they agree well enough. */
  clockOffset: number;
}

/** The endpoint is not where it was: another one may be in the metadata. */
export class EndpointMovedError extends FiefError {}

/** Exchanges an authorization code. @see RFC 6749 section 4.1.3, RFC 7636 section 4.5 */
export async function exchangeCode(
  party: Party,
  parameters: { code: string; redirect_uri: string; code_verifier?: string },
  host: ProviderHost,
): Promise<TokenAnswer> {
  const answer = await requestTokens(party, "authorization_code", parameters, host);
  return await processTokens(party, answer, () =>
    new FiefError(
      "authorization_code_rejected",
      "The server refused the code: it is expired, was used before, or belongs to another sign-in",
      "Sign in again",
    ));
}

/**
 * Refreshes. From here on the old token may be dead, whatever comes back: hold the lock.
 *
 * @see RFC 6749 section 6
 */
export async function exchangeRefreshToken(
  party: Party,
  parameters: { refresh_token: string; scope?: string },
  host: ProviderHost,
  limits: RequestLimits = {},
): Promise<TokenAnswer> {
  const answer = await requestTokens(party, "refresh_token", parameters, host, limits);
  const ended = () =>
    new FiefError(
      "refresh_rejected",
      "The session has ended: the server no longer takes its refresh token",
      "Sign in again",
    );
  return await processTokens(party, answer, ended, { isRefresh: true });
}

/** Sends one token request: it is oauth4webapi's, the answer is read within our limits. */
export async function requestTokens(
  party: Party,
  grantType: string,
  parameters: Record<string, string>,
  host: ProviderHost,
  { signal, timeout }: RequestLimits = {},
): Promise<Answer> {
  let answer: Answer | undefined;
  await oauth.genericTokenEndpointRequest(serverOf(party), clientOf(party), oauth.None(), grantType, parameters, {
    // The metadata room has seen to it that http is on loopback only.
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: async (url, { method, headers, body }) => {
      answer = await send(host, url, { method, headers, body: body ?? null, signal: signal ?? null }, timeout);
      return new Response(null);
    },
  });
  host.debug?.(clockDifference(answer!));
  return answer!;
}

/**
 * Reads an answer of the token endpoint. It takes any answer, so its tests need no server.
 *
 * @param invalidGrant What `invalid_grant` means for this request (RFC 6749 section 5.2).
 * @param options `isRefresh`: whether the user has signed in before, so that a server without a clock may be believed.
 */
export async function processTokens(
  party: Party,
  answer: Answer,
  invalidGrant: () => FiefError,
  { isRefresh = false } = {},
): Promise<TokenAnswer> {
  const json = jsonObject(answer);
  const error = answer.status >= 400 && answer.status < 500 ? json?.["error"] : undefined;
  if (error === "invalid_grant") throw invalidGrant();
  // Before other errors: Keycloak tells of a path that is not there with an `error` of its own words (its issue 10615).
  if (answer.status === 404 || answer.status === 405) throw moved(party, answer);
  const failure = failureOf(answer, `tokens from "${shown(party.tokenEndpoint)}"`);
  if (failure) throw failure;
  if (typeof error === "string") throw refusal(answer.status, error);
  if (answer.status !== 200 || json === undefined) throw unexpected(party, describe(answer));
  if (!isKeepable(json)) throw unexpected(party, "more than can be kept");
  // OpenID Connect's ID token is checked by id_token.ts, with our clock and our words. Observed on Fief: members may be null.
  const { id_token, ...rest } = Object.fromEntries(Object.entries(json).filter(([, value]) => value !== null));
  if (id_token !== undefined && typeof id_token !== "string") throw unexpected(party, "an ID token that is no text");
  const lifetime = rest["expires_in"];
  if (lifetime !== undefined && typeof lifetime !== "number") {
    // Some servers write the number as text.
    if (typeof lifetime !== "string" || !/^\d+$/.test(lifetime)) {
      throw unexpected(party, "a lifetime that is no number");
    }
    rest["expires_in"] = Number(lifetime);
  }
  if (Number(rest["expires_in"] ?? 0) > LONGEST_LIFE) throw unexpected(party, `a wrong "expires_in"`);
  // RFC 6749 section 7.1: a token whose type is not understood must not be used. We send no proofs of possession.
  if (typeof rest["token_type"] === "string" && rest["token_type"].toLowerCase() !== "bearer") {
    throw unexpected(party, `a wrong "token_type"`);
  }
  try {
    const response = Response.json(rest);
    const checked = await oauth.processGenericTokenEndpointResponse(serverOf(party), clientOf(party), response);
    const tokens = {
      ...checked,
      token_type: rest["token_type"],
      ...(id_token === undefined ? {} : { id_token }),
    } as FiefTokenResponse;
    if (!fitsInHeader(tokens.access_token)) throw unexpected(party, "an access token that fits in no header");
    return { tokens, receivedAt: answer.receivedAt, clockOffset: clockOffset(answer, id_token, isRefresh) };
  } catch (error) {
    if (error instanceof FiefError) throw error;
    // No `cause`: oauth4webapi keeps in its own what the server sent, tokens included.
    const member = error instanceof Error
      ? error.message.match(/"(access_token|token_type|expires_in|refresh_token|scope)"/)?.[1]
      : undefined;
    throw unexpected(party, member === undefined ? "something else" : `a wrong "${member}"`);
  }
}

const HINTS = new Map([
  ["invalid_client", "Check the client id, and that the client is a public one"],
  ["unauthorized_client", "Allow the client to use this grant on the server"],
  ["invalid_scope", "Ask for scopes that the server knows"],
]);

/** RFC 6749 section 5.2: what the server says of the client or the request. */
function refusal(status: number, error: string): FiefError {
  // Only what looks as those of the standards do: a server could put anything here, a token too.
  const shown = /^[a-z_]{1,60}$/.test(error) ? error : "an error";
  // Observed on Keycloak 26: the user lacks the role that offline tokens take. No standard has a word for it.
  if (shown === "not_allowed") {
    return new FiefError(
      "offline_access_refused",
      "The server refused to give tokens: this user may not have offline access",
      "Ask an administrator to allow it, or sign in without offline access",
    );
  }
  const hint = HINTS.get(shown) ?? "Check the client's settings on the server";
  return new FiefError(
    "provider_answer_invalid",
    `The server refused to give tokens: "${shown}" (status ${status})`,
    hint,
  );
}

function moved({ tokenEndpoint }: Party, answer: Answer): EndpointMovedError {
  const met = `Expected tokens from "${shown(tokenEndpoint)}", got ${describe(answer)}`;
  return new EndpointMovedError(
    "provider_answer_invalid",
    met,
    "Try again; if it stays so, tell whoever runs the server",
  );
}

function unexpected({ tokenEndpoint }: Party, met: string): FiefError {
  const hint = "Try again; if it stays so, tell whoever runs the server";
  return new FiefError("provider_answer_invalid", `Expected tokens from "${shown(tokenEndpoint)}", got ${met}`, hint);
}

/**
 * Seconds that the server's clock is ahead of ours, 0 where they agree within a minute.
 *
 * Its `Date` says so (RFC 9110 section 6.6.1). An `iat` that agrees with our clock is better: it is what the server's own clock said, and
 * a `Date` that differs is wrong. At a refresh, where TLS vouches for the ID token, it also stands in for a `Date` that is missing.
 */
function clockOffset({ headers, receivedAt }: Answer, idToken: string | undefined, isRefresh: boolean): number {
  const ours = receivedAt / 1000;
  const agrees = (theirs: number) => Math.abs(theirs - ours) <= 60;
  const issued = issuedAt(idToken);
  if (issued !== undefined && agrees(issued)) return 0;
  const theirs = httpDate(headers.get("date")) ?? (isRefresh ? issued : undefined);
  return theirs === undefined || agrees(theirs) ? 0 : theirs - ours;
}

/** What the clocks say, for debug: also where they agree well enough. */
function clockDifference({ headers, receivedAt }: Answer): string {
  const theirs = httpDate(headers.get("date"));
  if (theirs === undefined) return "the server does not tell its time";
  return `the server's clock is ${Math.round(theirs - receivedAt / 1000)} s ahead of ours`;
}

function issuedAt(idToken: string | undefined): number | undefined {
  const iat = idToken === undefined ? undefined : decodeJwtClaims(idToken)?.["iat"];
  return typeof iat === "number" && Math.abs(iat) <= 8.64e12 ? iat : undefined;
}

/** Epoch seconds. Only the form that RFC 9110 section 5.6.7 asks for: `Date.parse` makes a moment of `0`, too. */
function httpDate(header: string | null): number | undefined {
  const isDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(header ?? "");
  const moment = isDate ? Date.parse(header!) : NaN;
  return Number.isNaN(moment) ? undefined : moment / 1000;
}

function serverOf({ issuer, tokenEndpoint }: Party): oauth.AuthorizationServer {
  return { issuer, token_endpoint: tokenEndpoint };
}

function clientOf({ clientId }: Party): oauth.Client {
  return { client_id: clientId };
}
