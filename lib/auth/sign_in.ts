import { changeCredentials } from "../credentials/change.ts";
import type { Credentials } from "../credentials/format.ts";
import { readCredentials } from "../credentials/read.ts";
import type { Fief } from "../provider/fief.ts";
import type { ProviderMetadata } from "../provider/metadata.ts";
import { signIn as runSignIn, type SignInOptions } from "../signin/authorize.ts";
import type { FiefTokenResponse, FiefUserInfo } from "../types.ts";
import { newRecord } from "./record.ts";

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
  await readCredentials(path); // a file that cannot be replaced is said before anybody types a password
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
    finish: ({ code, redirectUri, codeVerifier, nonce }) =>
      changeCredentials(
        path,
        host,
        { signal: options.signal, onNotice: notice },
        async ({ current, prepare, save }) => {
          await prepare();
          const { tokens, userinfo, clockOffset } = await fief.authCallback(code, redirectUri, { codeVerifier, nonce });
          const receivedAt = host.now();
          if (clockOffset !== 0) notice(clockLine(clockOffset));
          const record = newRecord(fief, await fief.metadata(), tokens, {
            receivedAt,
            scope: await scope(),
            apiOrigins,
          });
          await save({ ...unknownKeys(current), userinfo, tokens, fief_auth: record });
          return { tokens, userinfo };
        },
      ),
  });
}

/** `openid` and, where the server offers it, `offline_access` come first, as the Python helper asks for both. */
function requestedScope({ scopes_supported }: ProviderMetadata, wanted: string[]): string[] {
  const offline = scopes_supported === undefined || scopes_supported.includes("offline_access");
  return [...new Set(["openid", ...(offline ? ["offline_access"] : []), ...wanted])];
}

function clockLine(offset: number): string {
  const size = Math.round(Math.abs(offset));
  return `The clock of this machine is ${size} s ${
    offset > 0 ? "behind" : "ahead of"
  } the server's: going by the server's`;
}

/** Keys of other programs in the file; nothing of the session that was there before. */
function unknownKeys(current: Credentials | undefined): Record<string, unknown> {
  const { userinfo: _userinfo, tokens: _tokens, fief_auth: _record, ...rest } = current ??
    { userinfo: null, tokens: null };
  return rest;
}
