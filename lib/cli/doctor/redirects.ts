import { FiefError } from "../../errors.ts";
import type { Fief } from "../../provider/fief.ts";
import type { ProviderMetadata } from "../../provider/metadata.ts";
import { codeChallengeOf, randomText } from "../../provider/pkce.ts";
import { refusedRequest } from "../../signin/authorize.ts";
import { failed, type Finding, ok, unneeded, warning } from "./finding.ts";
import type { SentRedirect } from "./ports.ts";

/**
 * Whether the server takes client and redirect URIs: asked as a browser without cookies would, with state and challenge that are good for
 * nothing.
 *
 * @param used The redirect URI that a sign-in would use now.
 */
export function checkRedirects(
  sent: SentRedirect[],
  used: SentRedirect | undefined,
  fief: Fief,
  metadata: ProviderMetadata,
  app: string,
): Promise<Finding[]> {
  return Promise.all(sent.map(async (each) => {
    const { askedFor, redirectUri } = each;
    const { answer, detail } = await ask(redirectUri, fief, metadata).then(
      ({ answer, status }) => ({ answer, detail: `status ${status}` }),
      (error) => ({ answer: "unknown", detail: error instanceof FiefError ? error.message : "it could not be asked" }),
    );
    if (answer === "accepted") return ok("redirect", `the server takes client "${fief.clientId}" with ${redirectUri}`);
    if (answer === "refused") {
      const finding = failed("redirect", refusedRequest(askedFor), app);
      return each === used ? finding : unneeded(finding, "another redirect URI is used");
    }
    return warning(
      "redirect",
      `the server does not tell whether it takes client "${fief.clientId}" with ${redirectUri} (${detail})`,
      `Where a sign-in ends at an error page of the server, register exactly ${askedFor}`,
    );
  }));
}

async function ask(redirectUri: string, fief: Fief, { scopes_supported }: ProviderMetadata) {
  const offline = scopes_supported === undefined || scopes_supported.includes("offline_access");
  const url = await fief.authUrl(redirectUri, {
    state: randomText(),
    nonce: randomText(),
    codeChallenge: await codeChallengeOf(randomText()),
    codeChallengeMethod: "S256",
    scope: ["openid", ...offline ? ["offline_access"] : [], ...fief.scope],
  });
  return await fief.checkAuthorizationUrl(url);
}
