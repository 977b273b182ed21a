import * as oauth from "oauth4webapi";
import { FiefError } from "../errors.ts";
import type { FiefTokenResponse } from "../types.ts";
import { isFief, SCOPE_THAT_ENDS_THE_SESSION } from "./fief_quirks.ts";
import type { ProviderMetadata } from "./metadata.ts";
import { describe } from "./answer.ts";
import { type ProviderHost, send } from "./requests.ts";
import { exchangeRefreshToken } from "./token_endpoint.ts";

/**
 * Ends a session on the server: at its revocation endpoint, or in Fief's own way.
 *
 * @returns Whether it is ended; false where this server has no way to do so from here.
 * @throws {FiefError} Where the server failed.
 * @see RFC 7009
 */
export async function endSession(
  tokens: FiefTokenResponse,
  metadata: ProviderMetadata,
  party: { baseUrl: string; clientId: string },
  host: ProviderHost,
): Promise<boolean> {
  const { refresh_token, access_token } = tokens;
  if (metadata.revocation_endpoint !== undefined) {
    // RFC 7009 section 2.1: with the refresh token the server also revokes the access tokens that it can.
    if (refresh_token) await revoke(refresh_token, "refresh_token", metadata, party.clientId, host);
    await revoke(access_token, "access_token", metadata, party.clientId, host);
    return true;
  }
  if (!refresh_token || !isFief(metadata, party.baseUrl)) return false;
  const { issuer, token_endpoint } = metadata;
  const server = { issuer, tokenEndpoint: token_endpoint, clientId: party.clientId };
  try {
    const { tokens } = await exchangeRefreshToken(server, { refresh_token, scope: SCOPE_THAT_ENDS_THE_SESSION }, host);
    if (!tokens.refresh_token) return true;
    throw new FiefError(
      "provider_answer_invalid",
      "The server gave a new refresh token in place of ending the session",
      "End it on the server",
    );
  } catch (error) {
    if (error instanceof FiefError && error.code === "refresh_rejected") return true; // it had ended before
    throw error;
  }
}

async function revoke(
  token: string,
  kind: string,
  metadata: ProviderMetadata,
  clientId: string,
  host: ProviderHost,
): Promise<void> {
  const server: oauth.AuthorizationServer = {
    issuer: metadata.issuer,
    revocation_endpoint: metadata.revocation_endpoint!,
  };
  await oauth.revocationRequest(server, { client_id: clientId }, oauth.None(), token, {
    additionalParameters: { token_type_hint: kind },
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: async (url, { method, headers, body }) => {
      const answer = await send(host, url, { method, headers, body: body ?? null });
      // RFC 7009 section 2.2.1: a server may be unable to revoke access tokens; they expire.
      const unsupported = kind === "access_token" && answer.status === 400 &&
        answer.text.includes("unsupported_token_type");
      if (answer.status !== 200 && !unsupported) {
        throw new FiefError(
          "provider_answer_invalid",
          `The server did not revoke the token: it answered with ${describe(answer)}`,
          "End the session on the server",
        );
      }
      return new Response(null);
    },
  });
}
