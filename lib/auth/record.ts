import type { SessionRecord } from "../credentials/format.ts";
import type { ProviderMetadata } from "../provider/metadata.ts";
import { expiresAt } from "../provider/tokens.ts";
import type { FiefTokenResponse } from "../types.ts";
import type { Party } from "./session.ts";

/** What a new process needs to go on with a session without asking for the metadata. */
export function newRecord(
  party: Party,
  metadata: ProviderMetadata,
  tokens: FiefTokenResponse,
  rest: { receivedAt: number; scope: string[]; apiOrigins: string[] },
): SessionRecord {
  const { issuer, token_endpoint, userinfo_endpoint, revocation_endpoint, end_session_endpoint } = metadata;
  return {
    version: 1,
    base_url: party.baseUrl,
    client_id: party.clientId,
    ...present({ issuer, token_endpoint, userinfo_endpoint, revocation_endpoint, end_session_endpoint }),
    ...present({ expires_at: expiresAt(tokens, rest.receivedAt) }),
    ...present({ scope: tokens.scope ?? (rest.scope.join(" ") || undefined) }),
    ...(rest.apiOrigins.length > 0 ? { api_origins: rest.apiOrigins } : {}),
  };
}

/** The record after a refresh. */
export function refreshedRecord(record: SessionRecord, tokens: FiefTokenResponse, receivedAt: number): SessionRecord {
  const { expires_at: _expiry, refresh_unanswered: _mark, ...rest } = record;
  return {
    ...rest,
    ...present({ expires_at: expiresAt(tokens, receivedAt) }),
    ...present({ scope: tokens.scope ?? record.scope }),
  };
}

/** Without the members that are `undefined`. */
function present<T extends Record<string, unknown>>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
