import { changeCredentials } from "../credentials/change.ts";
import type { Credentials } from "../credentials/format.ts";
import { readCredentials } from "../credentials/read.ts";
import type { Fief } from "../provider/fief.ts";
import type { ProviderMetadata } from "../provider/metadata.ts";
import { signIn as runSignIn, type SignInOptions } from "../signin/authorize.ts";
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
}

/** Signs the user in and saves the session; a session that was there before lives on unless this one is complete. */
export async function signIn(request: SignInRequest): Promise<Authorized> {
  const { fief, path, apiOrigins, ...options } = request;
  const { host } = fief;
  // A file that cannot be replaced is said before anybody types a password.
  tellSession(await readCredentials(path, host), host);
  const scope = async () => requestedScope(await fief.metadata(), options.scope);
  const notice = (message: string) => options.onEvent?.({ type: "notice", message });
  return await runSignIn<Authorized>({
    ...options,
    host,
    provider: {
      metadata: () => fief.metadata(),
      keys: () => fief.keys(),
      authUrl: async (redirectUri, parameters) => fief.authUrl(redirectUri, { ...parameters, scope: await scope() }),
      checkAuthorizationUrl: (url) => fief.checkAuthorizationUrl(url),
    },
    finish: (answer) => {
      const work = changeCredentials(path, host, { signal: options.signal, onNotice: notice }, async (transaction) => {
        await transaction.prepare();
        const { tokens, userinfo, clockOffset } = await fief.authCallback(answer.code, answer.redirectUri, answer);
        const receivedAt = host.now();
        host.debug?.(`the server gave: ${describeTokens(tokens)}`);
        if (clockOffset !== 0) notice(clockLine(clockOffset));
        const { current } = transaction;
        const record = newRecord(fief, await fief.metadata(), tokens, {
          receivedAt,
          scope: await scope(),
          apiOrigins: [...new Set([...previousOrigins(current, fief), ...apiOrigins])],
        });
        await transaction.save({ ...unknownKeys(current), userinfo, tokens, fief_auth: record });
        return { tokens, userinfo };
      });
      host.finishFirst?.(work); // the code works once
      return work;
    },
  });
}

/** Origins that were named at an earlier sign-in of the same client at the same server. */
function previousOrigins(current: Credentials | undefined, { baseUrl, clientId }: Fief): string[] {
  const record = current?.fief_auth;
  return record?.base_url === baseUrl && record.client_id === clientId ? record.api_origins ?? [] : [];
}

/** `openid` and, where the server offers it, `offline_access` come first, as the Python helper asks for both. */
function requestedScope({ scopes_supported }: ProviderMetadata, wanted: string[]): string[] {
  const offline = scopes_supported === undefined || scopes_supported.includes("offline_access");
  return [...new Set(["openid", ...(offline ? ["offline_access"] : []), ...wanted])];
}

/** Keys of other programs in the file; nothing of the session that was there before. */
function unknownKeys(current: Credentials | undefined): Record<string, unknown> {
  const { userinfo: _userinfo, tokens: _tokens, fief_auth: _record, ...rest } = current ??
    { userinfo: null, tokens: null };
  return rest;
}
