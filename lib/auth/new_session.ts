import { changeCredentials } from "../credentials/change.ts";
import type { Credentials } from "../credentials/format.ts";
import type { Fief, TokensAndUser } from "../provider/fief.ts";
import type { ProviderMetadata } from "../provider/metadata.ts";
import type { FiefTokenResponse, FiefUserInfo } from "../types.ts";
import { clockLine } from "./clock_line.ts";
import { askedScope, previousOf } from "./previous.ts";
import { newRecord } from "./record.ts";
import { describeTokens } from "./told.ts";

/** Tokens and claims, as `FiefAuth.authorize()` gives them. */
export interface Authorized {
  /** The token response. */
  tokens: FiefTokenResponse;
  /** The claims of the ID token. */
  userinfo: FiefUserInfo;
}

/** What is known of a session before it begins. */
export interface NewSession {
  fief: Fief;
  path: string;
  /** Scopes that were asked for. */
  scope: string[];
  apiOrigins: string[];
  signal: AbortSignal | undefined;
  notice(line: string): void;
}

/**
 * Exchanges what works once for tokens and saves them, under the lock and with room on the disk made before. The session that was there
 * before lives on unless this one is complete.
 *
 * @param exchange Gives the tokens, or a word where there are none yet: then nothing is changed.
 */
export function exchangeAndSave<W extends string = never>(
  { fief, path, scope, apiOrigins, signal, notice }: NewSession,
  exchange: () => Promise<TokensAndUser | W>,
): Promise<Authorized | W> {
  const { host } = fief;
  const work = changeCredentials<Authorized | W>(path, host, { signal, onNotice: notice }, async (transaction) => {
    await transaction.prepare();
    const given = await exchange();
    if (typeof given === "string") return given;
    const { tokens, userinfo, clockOffset } = given;
    const receivedAt = host.now();
    host.debug?.(`the server gave: ${describeTokens(tokens)}`);
    if (clockOffset !== 0) notice(clockLine(clockOffset));
    const { current } = transaction;
    const record = newRecord(fief, await fief.metadata(), tokens, {
      receivedAt,
      scope,
      apiOrigins: [...new Set([...previousOf(current, fief).apiOrigins, ...apiOrigins])],
    });
    await transaction.save({
      ...unknownKeys(current),
      userinfo,
      tokens,
      fief_auth: { ...record, ...askedScope(scope) },
    });
    return { tokens, userinfo };
  });
  host.finishFirst?.(work); // what is exchanged works once
  return work;
}

const OFFLINE = "offline_access";

/** `openid` and, where the server offers it, `offline_access` come first, as the Python helper asks for both. */
export function requestedScope(
  { scopes_supported }: ProviderMetadata,
  wanted: string[],
  offlineAccess: boolean,
): string[] {
  const offline = offlineAccess && (scopes_supported === undefined || scopes_supported.includes(OFFLINE));
  return [...new Set(["openid", ...(offline ? [OFFLINE] : []), ...wanted])];
}

/** Whether these scopes ask for a session that goes on when the browser's ends. */
export function asksForOfflineAccess(scope: string[]): boolean {
  return scope.includes(OFFLINE);
}

/** What the user should know of a session that cannot be refreshed although that was asked for. */
export function refreshTokenLine({ tokens }: Authorized, asked: string[]): string | undefined {
  if (tokens.refresh_token || !asksForOfflineAccess(asked)) return undefined;
  return "The server gave no refresh token: the session ends with its access token";
}

/** Keys of other programs in the file; nothing of the session that was there before. */
function unknownKeys(current: Credentials | undefined): Record<string, unknown> {
  const { userinfo: _userinfo, tokens: _tokens, fief_auth: _record, ...rest } = current ??
    { userinfo: null, tokens: null };
  return rest;
}
