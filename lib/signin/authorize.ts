import { FiefError } from "../errors.ts";
import type { Host } from "../host.ts";
import type { AuthorizationCheck, AuthorizationParameters } from "../provider/authorization.ts";
import { codeChallengeOf, randomText } from "../provider/pkce.ts";
import { type BrowserChoice, openBrowser, sshCommand } from "./browser.ts";
import { type Callback, type CallbackServer, isAnswer, listen } from "./callback_server.ts";
import { describeEvent, type SignInEvent } from "./events.ts";
import { readPastedLines } from "./paste.ts";
import { type AnswerRules, codeOf } from "./redirect.ts";

/** What a sign-in asks of the provider. */
export interface SignInProvider {
  metadata(): Promise<AnswerRules>;
  keys(): Promise<void>;
  authUrl(redirectUri: string, parameters: AuthorizationParameters): Promise<string>;
  checkAuthorizationUrl(url: string): Promise<AuthorizationCheck>;
}

/** What came back, for the exchange. */
export interface SignInAnswer {
  code: string;
  redirectUri: string;
  codeVerifier: string;
  nonce: string;
}

/** How one sign-in goes. */
export interface SignInOptions<T> {
  provider: SignInProvider;
  /** What the program is called. */
  appName: string;
  /** Redirect URIs exactly as they were registered: the first whose port is free is used. */
  redirectUris: string[];
  scope: string[];
  lang?: string;
  extrasParams?: Record<string, string>;
  /** Milliseconds to wait for the user. By default 300,000. */
  timeout?: number;
  signal?: AbortSignal;
  /** By default `auto`. */
  browser?: BrowserChoice;
  /** Whether the redirect URL may be pasted into the terminal. */
  paste?: boolean;
  /** Whole HTML documents. */
  pages: { success(result: T): string | Promise<string>; error(error: FiefError): string | Promise<string> };
  /** Told what happens; by default it goes to standard error in words. */
  onEvent?: (event: SignInEvent) => void;
  /** Exchanges the code and saves: the browser is answered when that is done, with the truth. */
  finish(answer: SignInAnswer): Promise<T>;
  host: Host;
}

/** Milliseconds that the browser is kept back until the server has said whether it takes the request. */
const CHECK_TIME = 1_500;

/**
 * One sign-in, from authorization URL to code and beyond, as RFC 8252 lays it out for native apps.
 *
 * @returns What `finish` gave.
 * @throws {FiefError} Of exit status 4 where it failed, was denied or timed out; what the provider and `finish` throw.
 */
export async function signIn<T>(options: SignInOptions<T>): Promise<T> {
  const { provider, host, timeout = 300_000, signal } = options;
  const emit = options.onEvent ?? ((event) => void host.stderr.write(`${describeEvent(event)}\n`).catch(() => {}));
  using limit = timeLimit(timeout, signal);
  await using server = firstFree(options, emit);
  const rules = await limit.race(provider.metadata());
  void provider.keys();

  const codeVerifier = randomText();
  const parameters = (own: { state: string; nonce: string; codeChallenge: string }): AuthorizationParameters => ({
    ...own,
    codeChallengeMethod: "S256",
    scope: options.scope,
    ...(options.lang === undefined ? {} : { lang: options.lang }),
    ...(options.extrasParams === undefined ? {} : { extrasParams: options.extrasParams }),
  });
  const [state, nonce] = [randomText(), randomText()];
  const url = await limit.race(
    provider.authUrl(
      server.redirectUri,
      parameters({ state, nonce, codeChallenge: await codeChallengeOf(codeVerifier) }),
    ),
  );
  // Nothing that is asked ahead can be of use to whoever sees it.
  const throwaway = { state: randomText(), nonce: randomText(), codeChallenge: await codeChallengeOf(randomText()) };
  const checked = check(
    provider,
    await provider.authUrl(server.redirectUri, parameters(throwaway)),
    server.redirectUri,
    emit,
  );
  const answered = server.expect({ state, authorizationUrl: () => checked.then(() => url) });
  const refused = checked.then(() => new Promise<never>(() => {}));
  refused.catch(() => {}); // it is met below, wherever that is by then

  await limit.race(Promise.race([checked, pause(CHECK_TIME)]));
  await invite(options, server, url, emit);
  await using pasted = options.paste ? readPastedLines(host) : undefined;
  if (pasted) emit({ type: "paste_hint" });
  emit({ type: "waiting" });
  const byHand = pasted ? pastedAnswer(pasted.lines, server.redirectUri, state, emit) : new Promise<never>(() => {});
  const callback = await limit.race(Promise.race([answered, byHand, refused]));
  return await settle(callback, options, () => {
    const code = codeOf(callback.parameters, rules);
    emit({ type: "exchanging" });
    return options.finish({ code, redirectUri: server.redirectUri, codeVerifier, nonce });
  });
}

/** Finishes, then tells the browser what came of it. */
async function settle<T>({ respond }: Callback, { pages }: SignInOptions<T>, finish: () => Promise<T>): Promise<T> {
  let result: T;
  try {
    result = await finish();
  } catch (error) {
    const shown = error instanceof FiefError
      ? error
      : new FiefError("unforeseen", "Something unforeseen went wrong", "See the terminal");
    await respond(await pages.error(shown));
    throw error;
  }
  await respond(await pages.success(result));
  return result;
}

/** Listens at the first redirect URI whose port is free: before anything opens. */
function firstFree(
  { redirectUris, appName }: Pick<SignInOptions<unknown>, "redirectUris" | "appName">,
  emit: (event: SignInEvent) => void,
): CallbackServer {
  for (const [index, redirectUri] of redirectUris.entries()) {
    try {
      return listen(redirectUri, appName);
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
  provider: SignInProvider,
  url: string,
  redirectUri: string,
  emit: (event: SignInEvent) => void,
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
  options: SignInOptions<unknown>,
  server: CallbackServer,
  url: string,
  emit: (event: SignInEvent) => void,
): Promise<void> {
  const { host, browser = "auto" } = options;
  const result = await openBrowser(server.startUrl, browser, host);
  if (result.opened) return emit({ type: "browser_opened" });
  emit({ type: "url_to_open", url, reason: result.reason });
  const command = sshCommand(server.redirectUri, host);
  if (command !== undefined) emit({ type: "ssh_hint", command });
}

async function pastedAnswer(
  lines: AsyncIterable<string>,
  redirectUri: string,
  state: string,
  emit: (event: SignInEvent) => void,
): Promise<Callback> {
  const expected = new URL(redirectUri);
  for await (const line of lines) {
    const url = URL.parse(line);
    if (url !== null && url.host === expected.host && url.pathname === expected.pathname && isAnswer(url, state)) {
      return { parameters: url.searchParams, respond: () => Promise.resolve() };
    }
    const detail = url === null
      ? "it is no address"
      : url.host === expected.host && url.pathname === expected.pathname
      ? "it belongs to another sign-in"
      : `it should begin with ${redirectUri}`;
    emit({ type: "paste_refused", detail });
  }
  return await new Promise(() => {}); // standard input is closed: the listener goes on
}

/** Ends whatever is waited for when the time is up or a signal says so. */
function timeLimit(
  timeout: number,
  signal: AbortSignal | undefined,
): { race<T>(work: Promise<T>): Promise<T> } & Disposable {
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => {}); // nobody may be waiting
  const seconds = Math.round(timeout / 1000);
  const timer = setTimeout(() => {
    ended.reject(new FiefError("sign_in_timed_out", `Nobody signed in within ${seconds} s`, "Sign in again"));
  }, timeout);
  const abort = () => ended.reject(new FiefError("interrupted", "The sign-in was interrupted", "Sign in again"));
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  return {
    race: (work) => Promise.race([work, ended.promise]),
    [Symbol.dispose]() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    },
  };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => Deno.unrefTimer(setTimeout(resolve, milliseconds) as unknown as number));
}
