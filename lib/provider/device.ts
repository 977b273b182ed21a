import * as oauth from "oauth4webapi";
import { FiefError } from "../errors.ts";
import { type Answer, describe, failureOf, jsonObject, shown } from "./answer.ts";
import { assertFree, type AuthorizationParameters } from "./authorization.ts";
import { type DeviceAuthorization, deviceAuthorizationOf } from "./device_authorization.ts";
import { deviceCodeExpired } from "./device_code_expired.ts";
import type { ProviderMetadata } from "./metadata.ts";
import { type ProviderHost, send } from "./requests.ts";
import { type Party, processTokens, requestTokens, type TokenAnswer } from "./token_endpoint.ts";

/** The server and client of a device authorization request. */
export interface DeviceParty {
  issuer: string;
  baseUrl: string;
  clientId: string;
  deviceAuthorizationEndpoint: string;
}

/** RFC 8628 section 3.2: where the server names no interval, 5 s must do. */
const USUAL_INTERVAL = 5;

/**
 * Asks for a user code.
 *
 * @throws {FiefError} `device_sign_in_unavailable` where the server or the client has no such sign-in, `sign_in_failed` where the server
 * refuses the request, `provider_answer_invalid`, `provider_failed`, `provider_busy`, `provider_unreachable`, `usage_invalid`.
 * @see RFC 8628 section 3.1
 */
export async function beginDeviceSignIn(
  { issuer, device_authorization_endpoint: endpoint }: ProviderMetadata,
  { baseUrl, clientId, host }: { baseUrl: string; clientId: string; host: ProviderHost },
  { scope, codeChallenge, codeChallengeMethod = "S256", lang, extrasParams = {} }: AuthorizationParameters,
): Promise<DeviceAuthorization> {
  if (endpoint === undefined) throw unavailable("the server does not offer it");
  assertFree(extrasParams);
  const party = { issuer, baseUrl, clientId, deviceAuthorizationEndpoint: endpoint };
  const parameters = {
    ...scope === undefined ? {} : { scope: scope.join(" ") },
    // RFC 7636 knows of no device. Whoever does not expect it must not mind (RFC 6749 section 3.2); observed: Keycloak 26 wants it where
    // the client has to use PKCE.
    ...codeChallenge === undefined ? {} : { code_challenge: codeChallenge, code_challenge_method: codeChallengeMethod },
    ...lang === undefined ? {} : { lang },
    ...extrasParams,
  };
  let answer: Answer | undefined;
  await oauth.deviceAuthorizationRequest(serverOf(party), clientOf(party), oauth.None(), parameters, {
    // The metadata room has seen to it that http is on loopback only.
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: async (url, { method, headers, body }) => {
      answer = await send(host, url, { method, headers, body: body ?? null });
      return new Response(null);
    },
  });
  return await processDeviceAuthorization(party, answer!);
}

/** Reads an answer of the device authorization endpoint. It takes any answer, so its tests need no server. */
export async function processDeviceAuthorization(party: DeviceParty, answer: Answer): Promise<DeviceAuthorization> {
  const expected = `a code for the user from "${shown(party.deviceAuthorizationEndpoint)}"`;
  const failure = failureOf(answer, expected);
  if (failure) throw failure;
  const json = jsonObject(answer);
  const error = answer.status >= 400 ? json?.["error"] : undefined;
  if (typeof error === "string") throw refusal(answer.status, error);
  if (answer.status !== 200 || json === undefined) throw unexpected(expected, describe(answer));
  const interval = Number(json["interval"] ?? USUAL_INTERVAL);
  // Some servers write members that they do not have as null. An interval that is none must not become a flood.
  const members = {
    ...Object.fromEntries(Object.entries(json).filter(([, value]) => value !== null)),
    interval: interval > 0 && Number.isFinite(interval) ? interval : USUAL_INTERVAL,
  };
  let checked: oauth.DeviceAuthorizationResponse;
  try {
    checked = await oauth.processDeviceAuthorizationResponse(serverOf(party), clientOf(party), Response.json(members));
  } catch (error) {
    // No `cause`: oauth4webapi keeps in its own what the server sent, the device code included.
    const member = error instanceof Error
      ? error.message.match(/"(device_code|user_code|verification_uri(?:_complete)?|expires_in)"/)?.[1]
      : undefined;
    throw unexpected(expected, member === undefined ? "something else" : `a wrong "${member}"`);
  }
  return deviceAuthorizationOf(
    { ...checked, interval: members.interval },
    party.baseUrl,
    (met) => unexpected(expected, met),
  );
}

/** What the token endpoint says while nobody has signed in. */
export type StillWaiting = "authorization_pending" | "slow_down";

/**
 * Asks once whether the user has signed in. Where the answer is tokens, the device code is spent.
 *
 * @throws {FiefError} `sign_in_denied`, `sign_in_timed_out` where the code is expired, `sign_in_failed` where the server no longer knows it,
 * and what {@linkcode processTokens} throws.
 * @see RFC 8628 sections 3.4 and 3.5
 */
export async function requestDeviceTokens(
  party: Party,
  parameters: { device_code: string; code_verifier?: string },
  host: ProviderHost,
): Promise<TokenAnswer | StillWaiting> {
  const answer = await requestTokens(party, "urn:ietf:params:oauth:grant-type:device_code", parameters, host);
  const error = answer.status >= 400 && answer.status < 500 ? jsonObject(answer)?.["error"] : undefined;
  switch (error) {
    case "authorization_pending":
    case "slow_down":
      return error;
    case "access_denied":
      throw new FiefError("sign_in_denied", "The sign-in was denied", "Sign in again, and allow it");
    case "expired_token":
      throw deviceCodeExpired();
  }
  return await processTokens(party, answer, () =>
    new FiefError(
      "sign_in_failed",
      "The server no longer knows this sign-in: its code is expired, or was used before",
      "Sign in again",
    ));
}

/** No server, or no client of it, that gives out codes for devices. */
function unavailable(why: string): FiefError {
  return new FiefError(
    "device_sign_in_unavailable",
    `A sign-in by code is not possible: ${why}`,
    "Sign in with the browser, or have it allowed on the server",
  );
}

/** RFC 6749 section 5.2, which RFC 8628 section 3.2 refers to. */
function refusal(status: number, error: string): FiefError {
  if (["unauthorized_client", "unsupported_grant_type", "invalid_client"].includes(error)) {
    return unavailable(`the server does not allow it for this client ("${error}")`);
  }
  // Only what looks as those of the standards do: a server could put anything here.
  const named = /^[a-z_]{1,60}$/.test(error) ? error : "an error";
  const hint = error === "invalid_scope"
    ? "Ask for scopes that the server knows and this client may have, or sign in without offline access"
    : "Check the client's settings on the server";
  return new FiefError(
    "sign_in_failed",
    `The server refused to begin the sign-in: "${named}" (status ${status})`,
    hint,
  );
}

function unexpected(expected: string, met: string): FiefError {
  const hint = "Try again; if it stays so, tell whoever runs the server";
  return new FiefError("provider_answer_invalid", `Expected ${expected}, got ${met}`, hint);
}

function serverOf({ issuer, deviceAuthorizationEndpoint }: DeviceParty): oauth.AuthorizationServer {
  return { issuer, device_authorization_endpoint: deviceAuthorizationEndpoint };
}

function clientOf({ clientId }: DeviceParty): oauth.Client {
  return { client_id: clientId };
}
