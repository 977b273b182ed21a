import { readCredentials } from "../credentials/read.ts";
import { FiefError } from "../errors.ts";
import type { DeviceAuthorization } from "../provider/device_authorization.ts";
import { whyNoBrowser } from "../signin/browser.ts";
import { signInByDevice as runSignIn } from "../signin/device.ts";
import { type Authorized, exchangeAndSave, refreshTokenLine, requestedScope } from "./new_session.ts";
import type { SignInRequest } from "./sign_in.ts";
import { tellSession } from "./told.ts";

/**
 * Signs the user in by a code that is entered in a browser anywhere, and saves the session as any other sign-in does.
 *
 * @param choice `auto`: only where no browser can be seen here, and the server has such a sign-in for this client.
 * @returns `undefined` where `auto` leaves it to the browser.
 */
export async function signInByDevice(
  { fief, path, apiOrigins, offlineAccess, ...options }: SignInRequest,
  choice: true | "auto",
): Promise<Authorized | undefined> {
  const { host } = fief;
  const { signal, onEvent, timeout, lang, extrasParams } = options;
  const reason = choice === "auto" ? whyNoBrowser(options.browser ?? "auto", host) : undefined;
  if (choice === "auto" && reason === undefined) return undefined;
  const notice = (message: string) => onEvent?.({ type: "notice", message });
  let scope: string[] = [];

  const begin = async (codeChallenge: string): Promise<DeviceAuthorization | undefined> => {
    const metadata = await fief.metadata();
    if (choice === "auto" && metadata.device_authorization_endpoint === undefined) return undefined;
    // A file that cannot be replaced is said before anybody types a password.
    tellSession(await readCredentials(path, host), host);
    void fief.keys().catch(() => {}); // met again, and told, at the exchange
    scope = requestedScope(metadata, options.scope, offlineAccess);
    try {
      return await fief.deviceAuthorization({
        scope,
        codeChallenge,
        ...lang === undefined ? {} : { lang },
        ...extrasParams === undefined ? {} : { extrasParams },
      });
    } catch (error) {
      // What worked before the server offered this goes on working.
      const mayPass = error instanceof FiefError && error.code !== "usage_invalid";
      if (choice !== "auto" || !(mayPass || error instanceof Deno.errors.NotCapable)) throw error;
      notice(`${error.message}: going on without`);
      return undefined;
    }
  };

  // No question that cannot be saved is asked: which answer will be the one with the tokens, nobody knows.
  const ask = (deviceCode: string, codeVerifier: string) =>
    exchangeAndSave(
      { fief, path, apiOrigins, scope, signal, notice },
      () => fief.deviceTokens(deviceCode, { codeVerifier }),
    );

  const authorized = await runSignIn<Authorized>({
    begin,
    ask,
    server: new URL(fief.baseUrl).host,
    reason,
    host,
    ...timeout === undefined ? {} : { timeout },
    ...signal === undefined ? {} : { signal },
    ...onEvent === undefined ? {} : { onEvent },
  });
  const line = authorized && refreshTokenLine(authorized, scope);
  if (line !== undefined) notice(line);
  return authorized;
}
