import { FiefError } from "../errors.ts";
import { isFief, REFUSED_AUTHORIZATION_STATUS } from "./fief_quirks.ts";
import type { ProviderMetadata } from "./metadata.ts";
import { type ProviderHost, send } from "./requests.ts";

/** Parameters of an authorization request. */
export interface AuthorizationParameters {
  /** Ties the answer to the request (RFC 6749 section 10.12). */
  state?: string;
  /** Scopes to ask for. */
  scope?: string[];
  /** The code challenge (RFC 7636 section 4.2). */
  codeChallenge?: string;
  /** How it was made: `S256`. */
  codeChallengeMethod?: string;
  /** Ties the ID token to the request (OpenID Connect Core section 3.1.2.1). */
  nonce?: string;
  /** Language of the server's pages, such as `fr` or `pt-PT`. */
  lang?: string;
  /** More parameters, such as `prompt` or `acr_values`. */
  extrasParams?: Record<string, string>;
}

/** What {@linkcode AuthorizationParameters.extrasParams} may not replace: they are what makes a sign-in safe, or work at all. */
const PROTECTED = [
  "client_id",
  "redirect_uri",
  "response_type",
  "response_mode",
  "state",
  "nonce",
  "code_challenge",
  "code_challenge_method",
  "scope",
  "request", // RFC 9101: an object that would replace them all
  "request_uri",
];

/** @throws {FiefError} `usage_invalid` where the parameters would replace one that every sign-in sets by itself. */
export function assertFree(extrasParams: Record<string, string>): void {
  for (const name of Object.keys(extrasParams)) {
    if (!PROTECTED.includes(name)) continue;
    const option = name === "scope"
      ? "Ask for scopes with the option scope"
      : "Leave it out: every sign-in sets it by itself";
    throw new FiefError("usage_invalid", `The parameter "${name}" cannot be set`, option);
  }
}

/** The URL of an authorization request. @see RFC 6749 section 4.1.1, OpenID Connect Core section 3.1.2.1 */
export function authorizationUrl(
  metadata: ProviderMetadata,
  clientId: string,
  redirectUri: string,
  parameters: AuthorizationParameters,
): string {
  const { state, scope, codeChallenge, codeChallengeMethod, nonce, lang, extrasParams = {} } = parameters;
  assertFree(extrasParams);
  const url = new URL(metadata.authorization_endpoint);
  const set = (name: string, value: string | undefined) => {
    if (value !== undefined) url.searchParams.set(name, value);
  };
  set("response_type", "code");
  set("client_id", clientId);
  set("redirect_uri", redirectUri);
  set("state", state);
  set("scope", scope?.join(" "));
  set("nonce", nonce);
  set("code_challenge", codeChallenge);
  set("code_challenge_method", codeChallenge === undefined ? undefined : codeChallengeMethod ?? "S256");
  set("lang", lang);
  for (const [name, value] of Object.entries(extrasParams)) set(name, value);
  return url.href;
}

/** What a server says of an authorization request before anybody has signed in. */
export interface AuthorizationCheck {
  /** `refused`: the user would see an error page and never come back. `unknown`: this server does not tell. */
  answer: "accepted" | "refused" | "unknown";
  /** HTTP status of the answer; absent where none came. */
  status?: number;
}

/** Asks for an authorization URL once, as a browser without cookies would. */
export async function checkAuthorization(
  url: string,
  metadata: ProviderMetadata,
  baseUrl: string,
  host: ProviderHost,
): Promise<AuthorizationCheck> {
  const { status } = await send(host, url, { headers: { accept: "text/html" } });
  if (status === REFUSED_AUTHORIZATION_STATUS && isFief(metadata, baseUrl)) return { answer: "refused", status };
  return { answer: status < 400 ? "accepted" : "unknown", status };
}
