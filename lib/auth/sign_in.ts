import { changeCredentials } from "../credentials/change.ts";
import type { Credentials } from "../credentials/format.ts";
import { readCredentials } from "../credentials/read.ts";
import type { Fief } from "../provider/fief.ts";
import type { ProviderMetadata } from "../provider/metadata.ts";
import { signIn as runSignIn, type SignInOptions } from "../signin/authorize.ts";
import type { FollowUp } from "../signin/options.ts";
import type { FiefTokenResponse, FiefUserInfo } from "../types.ts";
import { clockLine } from "./clock_line.ts";
import { newRecord } from "./record.ts";
import { describeTokens, tellSession } from "./told.ts";

/** Tokens and claims, as `FiefAuth.authorize()` gives them. */
export interface Authorized {
  /** The token response. */
  tokens: FiefTokenResponse;
  /** The claims of the ID token. */
  userinfo: FiefUserInfo;
}

/** What one sign-in needs to know beside what the signin room asks for. */
export interface SignInRequest extends Omit<SignInOptions<Authorized>, "provider" | "finish" | "host"> {
  fief: Fief;
  path: string;
  apiOrigins: string[];
  /** Whether to ask for `offline_access` where the server offers it. */
  offlineAccess: boolean;
}

/** Signs the user in and saves the session; a session that was there before lives on unless this one is complete. */
export async function signIn(request: SignInRequest): Promise<Authorized> {
  const { fief, path, apiOrigins, offlineAccess, ...options } = request;
  const { host } = fief;
  // A file that cannot be replaced is said before anybody types a password.
  tellSession(await readCredentials(path, host), host);
  const scope = async () => requestedScope(await fief.metadata(), options.scope, offlineAccess);
  let asked: string[] = [];
  const notice = (message: string) => options.onEvent?.({ type: "notice", message });
  const authorized = await runSignIn<Authorized>({
    ...options,
    host,
    provider: {
      metadata: () => fief.metadata(),
      keys: () => fief.keys(),
      authUrl: async (redirectUri, parameters) => fief.authUrl(redirectUri, { ...parameters, scope: await scope() }),
      checkAuthorizationUrl: (url) => fief.checkAuthorizationUrl(url),
    },
    followUp: ({ tokens }) => consentRequest(tokens, asked, options.extrasParams),
    finish: (answer) => {
      const work = changeCredentials(path, host, { signal: options.signal, onNotice: notice }, async (transaction) => {
        await transaction.prepare();
        const { tokens, userinfo, clockOffset } = await fief.authCallback(answer.code, answer.redirectUri, answer);
        const receivedAt = host.now();
        host.debug?.(`the server gave: ${describeTokens(tokens)}`);
        if (clockOffset !== 0) notice(clockLine(clockOffset));
        const { current } = transaction;
        asked = await scope();
        const record = newRecord(fief, await fief.metadata(), tokens, {
          receivedAt,
          scope: asked,
          apiOrigins: [...new Set([...previousOrigins(current, fief), ...apiOrigins])],
        });
        await transaction.save({ ...unknownKeys(current), userinfo, tokens, fief_auth: record });
        return { tokens, userinfo };
      });
      host.finishFirst?.(work); // the code works once
      return work;
    },
  });
  if (!authorized.tokens.refresh_token && asked.includes(OFFLINE)) notice(NO_REFRESH_TOKEN);
  return authorized;
}

const OFFLINE = "offline_access";

const NO_REFRESH_TOKEN = "The server gave no refresh token: the session ends with its access token";

/**
 * The request for consent, where the server has left out `offline_access` for want of it. It says so in `scope` (RFC 6749 section 5.1).
 * Only then: who gives offline access unasked, as Fief does, need not show its users one more page at each sign-in.
 *
 * @see OpenID Connect Core section 11
 */
function consentRequest(
  { refresh_token, scope }: FiefTokenResponse,
  asked: string[],
  { prompt }: Record<string, string> = {},
): FollowUp | undefined {
  const leftOut = asked.includes(OFFLINE) && scope !== undefined && !scope.split(" ").includes(OFFLINE);
  // A prompt that the user has named is what they want.
  if (refresh_token || !leftOut || prompt !== undefined) return undefined;
  return { parameters: { prompt: "consent" }, reason: "the server asks whether you may stay signed in" };
}

/** Origins that were named at an earlier sign-in of the same client at the same server. */
function previousOrigins(current: Credentials | undefined, { baseUrl, clientId }: Fief): string[] {
  const record = current?.fief_auth;
  return record?.base_url === baseUrl && record.client_id === clientId ? record.api_origins ?? [] : [];
}

/** `openid` and, where the server offers it, `offline_access` come first, as the Python helper asks for both. */
function requestedScope({ scopes_supported }: ProviderMetadata, wanted: string[], offlineAccess: boolean): string[] {
  const offline = offlineAccess && (scopes_supported === undefined || scopes_supported.includes(OFFLINE));
  return [...new Set(["openid", ...(offline ? [OFFLINE] : []), ...wanted])];
}

/** Keys of other programs in the file; nothing of the session that was there before. */
function unknownKeys(current: Credentials | undefined): Record<string, unknown> {
  const { userinfo: _userinfo, tokens: _tokens, fief_auth: _record, ...rest } = current ??
    { userinfo: null, tokens: null };
  return rest;
}
