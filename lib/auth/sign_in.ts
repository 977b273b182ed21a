import { readCredentials } from "../credentials/read.ts";
import type { Fief } from "../provider/fief.ts";
import { signIn as runSignIn, type SignInOptions } from "../signin/authorize.ts";
import type { FollowUp } from "../signin/options.ts";
import type { FiefTokenResponse } from "../types.ts";
import {
  asksForOfflineAccess,
  type Authorized,
  exchangeAndSave,
  refreshTokenLine,
  requestedScope,
} from "./new_session.ts";
import { tellSession } from "./told.ts";

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
    finish: async (answer) => {
      asked = await scope();
      return await exchangeAndSave<never>(
        { fief, path, apiOrigins, scope: asked, signal: options.signal, notice },
        () => fief.authCallback(answer.code, answer.redirectUri, answer),
      );
    },
  });
  const line = refreshTokenLine(authorized, asked);
  if (line !== undefined) notice(line);
  return authorized;
}

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
  const leftOut = asksForOfflineAccess(asked) && scope !== undefined && !asksForOfflineAccess(scope.split(" "));
  // A prompt that the user has named is what they want; another account (`login`) may have to consent as any other.
  if (refresh_token || !leftOut || prompt !== undefined && prompt !== "login") return undefined;
  return { parameters: { prompt: "consent" }, reason: "the server asks whether you may stay signed in" };
}
