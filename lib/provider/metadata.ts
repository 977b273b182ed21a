import { FiefError } from "../errors.ts";
import { isLoopback, isSameIssuer, isWildcard } from "./base_url.ts";
import { describe, failureOf, jsonObject } from "./answer.ts";
import { type ProviderHost, send } from "./requests.ts";

/**
 * What a provider says about itself: the members that are used here.
 *
 * @see OpenID Connect Discovery section 3, RFC 8414 section 2
 */
export interface ProviderMetadata {
  /** Who the provider is: `iss` of its tokens. */
  issuer: string;
  /** Where the browser goes. */
  authorization_endpoint: string;
  /** Where codes and refresh tokens are exchanged. */
  token_endpoint: string;
  /** Where its public keys are. */
  jwks_uri: string;
  /** Where claims about the user are. */
  userinfo_endpoint?: string;
  /** RFC 7009: where tokens are revoked. */
  revocation_endpoint?: string;
  /** Where a browser ends its session. */
  end_session_endpoint?: string;
  /** RFC 8628: where a device begins a sign-in. */
  device_authorization_endpoint?: string;
  /** Scopes that it says it knows. */
  scopes_supported?: string[];
  /** RFC 7636: `S256` must be among them, where they are named. */
  code_challenge_methods_supported?: string[];
  /** How it signs ID tokens. */
  id_token_signing_alg_values_supported?: string[];
  /** RFC 9207 section 3: whether each redirect says which issuer it is from. */
  authorization_response_iss_parameter_supported?: boolean;
}

const REQUIRED = ["authorization_endpoint", "token_endpoint", "jwks_uri"] as const;
const OPTIONAL = [
  "userinfo_endpoint",
  "revocation_endpoint",
  "end_session_endpoint",
  "device_authorization_endpoint",
] as const;
const LISTS = [
  "scopes_supported",
  "code_challenge_methods_supported",
  "id_token_signing_alg_values_supported",
] as const;

/** Characters of an endpoint. What goes into every request, and into the credentials file, has to end somewhere. */
const LONGEST_ENDPOINT = 2_000;

/**
 * Asks a provider for its metadata and checks it.
 *
 * @param baseUrl Base URL, normalised.
 * @throws {FiefError} `metadata_invalid`, which says what is wrong with it; `provider_unreachable`, `provider_failed`, `provider_busy`.
 * @see OpenID Connect Discovery section 4
 */
export async function fetchMetadata(baseUrl: string, host: ProviderHost): Promise<ProviderMetadata> {
  const answer = await send(host, `${baseUrl}/.well-known/openid-configuration`, {
    headers: { accept: "application/json" },
  });
  const failure = failureOf(answer, `the metadata of "${baseUrl}"`);
  if (failure) throw failure;
  const json = jsonObject(answer);
  if (answer.status !== 200 || json === undefined) {
    throw new FiefError(
      "metadata_invalid",
      `"${baseUrl}" does not answer as an OpenID provider: expected its metadata, got ${describe(answer)}`,
      "Check the base URL: the address before /.well-known/openid-configuration, with the tenant's path if it has one",
    );
  }
  return processMetadata(json, baseUrl);
}

/** Checks metadata. It takes any JSON object, so its tests need no server. */
export function processMetadata(json: Record<string, unknown>, baseUrl: string): ProviderMetadata {
  const { issuer } = json;
  // OpenID Connect Discovery 4.3, RFC 9207 section 2.4: metadata of another issuer is how mix-up attacks begin.
  if (typeof issuer !== "string" || !isSameIssuer(issuer, baseUrl)) {
    const met = typeof issuer === "string" ? `"${issuer.slice(0, 200)}"` : "nobody";
    throw invalid(
      baseUrl,
      `names ${met} as the issuer`,
      typeof issuer === "string" ? `Use that as the base URL if it is the right server` : undefined,
    );
  }
  const metadata: Record<string, unknown> = { issuer };
  for (const name of REQUIRED) {
    if (json[name] === undefined) throw invalid(baseUrl, `lacks "${name}"`);
    metadata[name] = endpoint(name, json[name], baseUrl);
  }
  for (const name of OPTIONAL) {
    if (json[name] !== undefined && json[name] !== null) metadata[name] = endpoint(name, json[name], baseUrl);
  }
  for (const name of LISTS) {
    const list = json[name];
    if (Array.isArray(list)) metadata[name] = list.filter((entry) => typeof entry === "string");
  }
  const methods = metadata["code_challenge_methods_supported"] as string[] | undefined;
  // RFC 7636 section 4.2: whoever can do S256 does S256. Who announces others only, cannot.
  if (methods !== undefined && !methods.includes("S256")) throw invalid(baseUrl, "does not offer PKCE with S256");
  const iss = json["authorization_response_iss_parameter_supported"];
  if (iss === true) metadata["authorization_response_iss_parameter_supported"] = true;
  return metadata as unknown as ProviderMetadata;
}

/** An endpoint gets the user's browser or a token: it must be on https, or on this machine where the base URL is too. */
function endpoint(name: string, value: unknown, baseUrl: string): string {
  const url = typeof value === "string" ? URL.parse(value) : null;
  if (url === null) throw invalid(baseUrl, `has a "${name}" that is no URL`);
  if (url.href.length > LONGEST_ENDPOINT) throw invalid(baseUrl, `has a "${name}" of ${url.href.length} characters`);
  const local = url.protocol === "http:" && isLoopback(url.hostname) && isLoopback(new URL(baseUrl).hostname);
  if (url.protocol !== "https:" && !local) {
    throw invalid(baseUrl, `has a "${name}" on "${url.protocol}" in place of https`);
  }
  if (url.username !== "" || url.password !== "") {
    throw invalid(baseUrl, `has a "${name}" with a user name or a password`);
  }
  if (isWildcard(url.hostname)) throw invalid(baseUrl, `has a "${name}" with a * in its host name`);
  if (url.hash !== "") throw invalid(baseUrl, `has a "${name}" with a fragment`); // RFC 6749 sections 3.1 and 3.2
  return value as string;
}

function invalid(
  baseUrl: string,
  what: string,
  hint = "Check the base URL; if it is right, tell whoever runs the server",
): FiefError {
  return new FiefError("metadata_invalid", `The metadata of "${baseUrl}" ${what}`, hint);
}
