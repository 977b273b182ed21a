import { FiefError } from "../errors.ts";
import type { AuthorizationParameters } from "../provider/authorization.ts";
import { codeChallengeOf, randomText } from "../provider/pkce.ts";
import { openBrowser } from "./browser.ts";
import { errorPage, successPage } from "./callback_page.ts";
import { type Callback, type CallbackServer, listen } from "./callback_server.ts";
import { describeEvent, type SignInEvent } from "./events.ts";
import type { SignInOptions } from "./options.ts";
import { PastedLines } from "./paste.ts";
import { answerIn } from "./pasted_answer.ts";
import { codeOf } from "./redirect.ts";
import { sshCommand } from "./ssh.ts";
import { timeLimit } from "./time_limit.ts";
import { within } from "./within.ts";

export type { SignInAnswer, SignInOptions, SignInProvider } from "./options.ts";

type Emit = (event: SignInEvent) => void;

/** Milliseconds that the opening of the browser waits for the server to refuse: mostly it has by then, and no tab opens in vain. */
const CHECK_BEFORE_OPENING = 500;

/** Milliseconds that a browser at the one-time address waits for the same. */
const CHECK_BEFORE_LEAVING = 2_000;

/**
 * One sign-in, from authorization URL to code and beyond, as RFC 8252 lays it out for native apps.
 *
 * @returns What `finish` gave.
 * @throws {FiefError} Of exit status 4 where it failed, was denied or timed out; `interrupted`; what the provider and `finish` throw.
 */
export async function signIn<T>(options: SignInOptions<T>): Promise<T> {
  const { provider, host, timeout = 300_000, signal } = options;
  const emit: Emit = options.onEvent ??
    ((event) => void host.stderr.write(`${describeEvent(event)}\n`).catch(() => {}));
  using limit = timeLimit(timeout, signal);
  await using server = await limit.race(() => firstFree(options, emit));
  host.debug?.(`listening at ${server.redirectUri}`);
  const rules = await limit.race(() => provider.metadata());
  void provider.keys().catch(() => {}); // met again, and told, at the exchange

  const [state, nonce, codeVerifier] = [randomText(), randomText(), randomText()];
  const url = await limit.race(() => authorizationUrl(options, server.redirectUri, { state, nonce, codeVerifier }));
  // What is asked ahead is of no use to whoever sees it.
  const throwaway = { state: randomText(), nonce: randomText(), codeVerifier: randomText() };
  const checked = authorizationUrl(options, server.redirectUri, throwaway)
    .then((url) => check(options, url, server.redirectUri, emit));
  const answered = server.expect({
    state,
    authorizationUrl: () => Promise.race([checked, within(CHECK_BEFORE_LEAVING, checked)]).then(() => url),
    failureDocument: (error) => failureDocument(options, error),
  });
  await limit.race(() => Promise.race([checked, within(CHECK_BEFORE_OPENING, checked)]));

  const pasted = new PastedLines(host);
  const inviting = new AbortController();
  const byHand = async () => {
    // While a browser is being opened it may already be back: nothing here holds that up.
    await invite(options, server, url, (event) => inviting.signal.aborted || emit(event));
    if (inviting.signal.aborted) return await never();
    const pasting = options.paste === true && pasted.begin();
    if (pasting) emit({ type: "paste_hint" });
    emit({ type: "waiting" });
    return pasting && await answerIn(pasted.lines(), server.redirectUri, state, emit) || await never();
  };
  let callback: Callback;
  try {
    callback = await limit.race(() => Promise.race([answered, byHand(), checked.then(never), server.failed]));
  } finally {
    inviting.abort();
    pasted[Symbol.dispose]();
  }
  return await settle(callback, options, emit, () => {
    host.debug?.(`the redirect came, with ${[...new Set(callback.parameters.keys())].join(", ").slice(0, 200)}`);
    const code = codeOf(callback.parameters, rules);
    emit({ type: "exchanging" });
    return options.finish({ code, redirectUri: server.redirectUri, codeVerifier, nonce });
  });
}

/** Finishes, then tells the browser what came of it. */
async function settle<T>(
  { respond }: Callback,
  options: SignInOptions<T>,
  emit: Emit,
  finish: () => Promise<T>,
): Promise<T> {
  let result: T;
  try {
    result = await finish();
  } catch (error) {
    await respond(await failureDocument(options, error));
    throw error;
  }
  let document: string;
  try {
    document = await options.pages.success(result);
  } catch {
    // The user is signed in, whatever becomes of the page.
    emit({ type: "notice", message: "The page that the program shows after a sign-in failed: showing a plain one" });
    document = successPage({ appName: options.appName });
  }
  await respond(document);
  return result;
}

async function failureDocument(
  { appName, pages }: Pick<SignInOptions<never>, "appName" | "pages">,
  error: unknown,
): Promise<string> {
  const shown = error instanceof FiefError
    ? error
    : new FiefError("unforeseen", "Something unforeseen went wrong", "See the terminal");
  try {
    return await pages.error(shown);
  } catch {
    return errorPage({ appName, message: shown.message, hint: shown.hint });
  }
}

async function authorizationUrl(
  { provider, scope, lang, extrasParams }: Pick<SignInOptions<never>, "provider" | "scope" | "lang" | "extrasParams">,
  redirectUri: string,
  { state, nonce, codeVerifier }: { state: string; nonce: string; codeVerifier: string },
): Promise<string> {
  const parameters: AuthorizationParameters = {
    state,
    nonce,
    codeChallenge: await codeChallengeOf(codeVerifier),
    codeChallengeMethod: "S256",
    scope,
    ...(lang === undefined ? {} : { lang }),
    ...(extrasParams === undefined ? {} : { extrasParams }),
  };
  return await provider.authUrl(redirectUri, parameters);
}

/** Listens at the first redirect URI whose port is free: before anything opens. */
async function firstFree(
  { redirectUris, appName }: Pick<SignInOptions<never>, "redirectUris" | "appName">,
  emit: Emit,
): Promise<CallbackServer> {
  for (const [index, redirectUri] of redirectUris.entries()) {
    try {
      return await listen(redirectUri, appName);
    } catch (error) {
      const next = redirectUris[index + 1];
      if (!(error instanceof FiefError) || error.code !== "redirect_port_taken" || next === undefined) throw error;
      emit({ type: "redirect_port_taken", redirectUri, next });
    }
  }
  throw new FiefError(
    "redirect_uri_invalid",
    "No redirect URI was given",
    "Name one that is registered: http://localhost:51562/callback",
  );
}

/** Rejects where the server refuses the request; whatever else it answers, the sign-in goes on. */
async function check(
  { provider }: Pick<SignInOptions<never>, "provider">,
  url: string,
  redirectUri: string,
  emit: Emit,
): Promise<void> {
  const { answer, detail } = await provider.checkAuthorizationUrl(url).then(
    ({ answer, status }) => ({ answer, detail: `status ${status}` }),
    (error) => ({ answer: "unknown", detail: error instanceof FiefError ? error.message : "it could not be asked" }),
  );
  if (answer === "unknown") emit({ type: "check_failed", detail });
  if (answer !== "refused") return;
  throw new FiefError(
    "authorization_request_refused",
    "The server does not know this client, or this redirect URI is not registered for it",
    `Check the client id, and register this redirect URI exactly: ${redirectUri}`,
  );
}

/** Gets the user to the server's sign-in page. What is copied by hand is the server's own URL. */
async function invite(
  { host, browser = "auto" }: Pick<SignInOptions<never>, "host" | "browser">,
  { startUrl, redirectUri }: CallbackServer,
  url: string,
  emit: Emit,
): Promise<void> {
  const result = await openBrowser(startUrl, browser, host);
  if (result.opened) return emit({ type: "browser_opened" });
  emit({ type: "url_to_open", url, reason: result.reason });
  const command = sshCommand(redirectUri, host);
  if (command !== undefined) emit({ type: "ssh_hint", command });
}

function never(): Promise<never> {
  return new Promise(() => {});
}
