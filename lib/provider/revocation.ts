import * as oauth from "oauth4webapi";
import { FiefError } from "../errors.ts";
import { type Answer, describe, failureOf, jsonObject, shown } from "./answer.ts";
import { type ProviderHost, send } from "./requests.ts";
import { EndpointMovedError } from "./token_endpoint.ts";

/** Where and for whom tokens are revoked. */
export interface RevokingParty {
  issuer: string;
  revocationEndpoint: string;
  clientId: string;
}

/**
 * Revokes one token.
 *
 * @returns Whether it is revoked; false where the server cannot revoke tokens of this kind.
 * @throws {FiefError} Where the server failed or refused; {@linkcode EndpointMovedError} where nobody is there.
 * @see RFC 7009 section 2.1
 */
export async function revoke(
  token: string,
  kind: "refresh_token" | "access_token",
  { issuer, revocationEndpoint, clientId }: RevokingParty,
  host: ProviderHost,
): Promise<boolean> {
  const server: oauth.AuthorizationServer = { issuer, revocation_endpoint: revocationEndpoint };
  let answer: Answer | undefined;
  await oauth.revocationRequest(server, { client_id: clientId }, oauth.None(), token, {
    additionalParameters: { token_type_hint: kind },
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: async (url, { method, headers, body }) => {
      answer = await send(host, url, { method, headers, body: body ?? null });
      return new Response(null);
    },
  });
  return processRevocation(answer!, revocationEndpoint);
}

/** Reads an answer of the revocation endpoint. */
function processRevocation(answer: Answer, endpoint: string): boolean {
  // RFC 7009 section 2.2: also where the token was no good any more.
  if (answer.status === 200) return true;
  // Section 2.2.1: access tokens that are JWTs, say; they expire.
  if (answer.status === 400 && jsonObject(answer)?.["error"] === "unsupported_token_type") return false;
  const failure = failureOf(answer, `the token to be revoked at "${shown(endpoint)}"`);
  if (failure) throw failure;
  const Kind = answer.status === 404 || answer.status === 405 ? EndpointMovedError : FiefError;
  throw new Kind(
    "provider_answer_invalid",
    `The server did not revoke the token: it answered with ${describe(answer)}`,
    "End the session on the server",
  );
}
