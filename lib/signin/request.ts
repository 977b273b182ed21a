import type { AuthorizationParameters } from "../provider/authorization.ts";
import { codeChallengeOf, randomText } from "../provider/pkce.ts";
import type { SignInOptions } from "./options.ts";

/** What ties one authorization request to its answer. */
export interface AuthorizationRequest {
  /** RFC 6749 section 10.12. */
  state: string;
  /** OpenID Connect Core section 3.1.2.1. */
  nonce: string;
  /** RFC 7636 section 4.1. */
  codeVerifier: string;
  /** Where the browser goes. */
  url: string;
}

/** A new authorization request: nothing of it was used before. */
export async function newRequest(
  { provider, scope, lang, extrasParams }: Pick<SignInOptions<never>, "provider" | "scope" | "lang" | "extrasParams">,
  redirectUri: string,
): Promise<AuthorizationRequest> {
  const [state, nonce, codeVerifier] = [randomText(), randomText(), randomText()];
  const parameters: AuthorizationParameters = {
    state,
    nonce,
    codeChallenge: await codeChallengeOf(codeVerifier),
    codeChallengeMethod: "S256",
    scope,
    ...(lang === undefined ? {} : { lang }),
    ...(extrasParams === undefined ? {} : { extrasParams }),
  };
  return { state, nonce, codeVerifier, url: await provider.authUrl(redirectUri, parameters) };
}
