import { FiefError } from "../errors.ts";
import type { FiefTokenResponse } from "../types.ts";
import { isFief, SCOPE_THAT_ENDS_THE_SESSION } from "./fief_quirks.ts";
import type { ProviderMetadata } from "./metadata.ts";
import type { ProviderHost } from "./requests.ts";
import { revoke, type RevokingParty } from "./revocation.ts";
import { exchangeRefreshToken } from "./token_endpoint.ts";

/** What became of a session on the server. */
export interface EndedSession {
  /** Whether it is ended; false where this server has no way to do so from here. */
  ended: boolean;
  /** Whether the server takes the access token back too. An API that checks tokens by itself does not learn of that. */
  accessTokenRevoked: boolean;
}

/**
 * Ends a session on the server: at its revocation endpoint, or where it is a Fief server, in Fief's own way.
 *
 * @throws {FiefError} Where the server failed.
 */
export async function endSession(
  tokens: FiefTokenResponse,
  metadata: ProviderMetadata,
  party: { baseUrl: string; clientId: string },
  host: ProviderHost,
): Promise<EndedSession> {
  const { issuer, token_endpoint, revocation_endpoint } = metadata;
  const { clientId } = party;
  if (revocation_endpoint !== undefined) {
    return await revokeSession(tokens, { issuer, revocationEndpoint: revocation_endpoint, clientId }, host);
  }
  const { refresh_token } = tokens;
  // Elsewhere than at Fief the same refresh would make a live token.
  if (!refresh_token || !isFief(metadata, party.baseUrl)) return { ended: false, accessTokenRevoked: false };
  await spend(refresh_token, { issuer, tokenEndpoint: token_endpoint, clientId }, host);
  return { ended: true, accessTokenRevoked: false };
}

/**
 * Revokes what a session consists of: the refresh token first, with which a server also revokes the access tokens that it can.
 *
 * @see RFC 7009 section 2.1
 */
export async function revokeSession(
  { refresh_token, access_token }: FiefTokenResponse,
  party: RevokingParty,
  host: ProviderHost,
): Promise<EndedSession> {
  if (!refresh_token) {
    const revoked = await revoke(access_token, "access_token", party, host);
    return { ended: revoked, accessTokenRevoked: revoked };
  }
  if (!await revoke(refresh_token, "refresh_token", party, host)) return { ended: false, accessTokenRevoked: false };
  // The session is ended; what fails now leaves an access token until it expires.
  const accessTokenRevoked = await revoke(access_token, "access_token", party, host).catch((error) => {
    host.debug?.(`the access token was not revoked: ${error instanceof FiefError ? error.message : "no answer"}`);
    return false;
  });
  return { ended: true, accessTokenRevoked };
}

/** Spends a refresh token of Fief without getting another one. */
async function spend(
  refreshToken: string,
  party: { issuer: string; tokenEndpoint: string; clientId: string },
  host: ProviderHost,
): Promise<void> {
  const parameters = { refresh_token: refreshToken, scope: SCOPE_THAT_ENDS_THE_SESSION };
  try {
    const { tokens } = await exchangeRefreshToken(party, parameters, host);
    if (!tokens.refresh_token) return;
  } catch (error) {
    if (error instanceof FiefError && error.code === "refresh_rejected") return; // it had ended before
    throw error;
  }
  throw new FiefError(
    "provider_answer_invalid",
    "The server gave a new refresh token in place of ending the session, which lives on",
    "End it on the server",
  );
}
