import { FiefError } from "../errors.ts";
import { openBrowser } from "./browser.ts";
import { errorPage, type PageContext, successPage } from "./callback_page.ts";
import { type Callback, type CallbackServer, listen } from "./callback_server.ts";
import { describeEvent, type SignInEvent } from "./events.ts";
import type { FollowUp, SignInOptions } from "./options.ts";
import { PastedLines } from "./paste.ts";
import { answerIn } from "./pasted_answer.ts";
import { codeOf } from "./redirect.ts";
import { type AuthorizationRequest, newRequest } from "./request.ts";
import { sshCommand } from "./ssh.ts";
import { type TimeLimit, timeLimit } from "./time_limit.ts";
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

  const request = await limit.race(() => newRequest(options, server.redirectUri));
  // What is asked ahead is of no use to whoever sees it.
  const checked = newRequest(options, server.redirectUri).then(({ url }) => check(options, url, server.askedFor, emit));
  const answered = server.expect({
    state: request.state,
    authorizationUrl: () => Promise.race([checked, within(CHECK_BEFORE_LEAVING, checked)]).then(() => request.url),
    failureDocument: (error) => failureDocument(options, error),
  });
  await limit.race(() => Promise.race([checked, within(CHECK_BEFORE_OPENING, checked)]));

  const inviting = new AbortController();
  const byHand = async (pasted: PastedLines) => {
    // While a browser is being opened it may already be back: nothing here holds that up.
    await invite(options, server, request.url, (event) => inviting.signal.aborted || emit(event));
    if (inviting.signal.aborted) return await never();
    return await pastedAnswer(pasted, options, server.redirectUri, request.state, emit);
  };
  let callback: Callback;
  try {
    using pasted = new PastedLines(host);
    callback = await limit.race(() => Promise.race([answered, byHand(pasted), checked.then(never), server.failed]));
  } finally {
    inviting.abort();
  }
  const finish = (callback: Callback, { codeVerifier, nonce }: AuthorizationRequest) => {
    host.debug?.(`the redirect came, with ${[...new Set(callback.parameters.keys())].join(", ").slice(0, 200)}`);
    const code = codeOf(callback.parameters, rules);
    emit({ type: "exchanging" });
    return options.finish({ code, redirectUri: server.redirectUri, codeVerifier, nonce });
  };
  return await settle({ options, server, limit, emit, finish }, callback, request);
}

/** What the steps after the first redirect work with. */
interface Settling<T> {
  options: SignInOptions<T>;
  server: CallbackServer;
  limit: TimeLimit;
  emit: Emit;
  finish(callback: Callback, request: AuthorizationRequest): Promise<T>;
}

/** Finishes, then tells the browser what came of it. */
async function settle<T>(settling: Settling<T>, callback: Callback, request: AuthorizationRequest): Promise<T> {
  const { options, emit, finish } = settling;
  let done: { callback: Callback; result: T };
  try {
    done = { callback, result: await finish(callback, request) };
  } catch (error) {
    await callback.respond(await failureDocument(options, error));
    throw error;
  }
  const more = options.followUp?.(done.result);
  if (more !== undefined) done = await askAgain(settling, done, more);
  let document: string;
  try {
    document = await options.pages.success(done.result);
  } catch {
    // The user is signed in, whatever becomes of the page.
    emit({ type: "notice", message: "The page that the program shows after a sign-in failed: showing a plain one" });
    document = successPage(about(options));
  }
  await done.callback.respond(document);
  return done.result;
}

/** Sends the user to the server once more, in the tab that is there. What there was before stands, whatever comes of it. */
async function askAgain<T>(
  { options, server, limit, emit, finish }: Settling<T>,
  done: { callback: Callback; result: T },
  { parameters, reason }: FollowUp,
): Promise<{ callback: Callback; result: T }> {
  let callback = done.callback;
  try {
    const extrasParams = { ...options.extrasParams, ...parameters };
    const request = await limit.race(() => newRequest({ ...options, extrasParams }, server.redirectUri));
    const { state, url } = request;
    const failure = (error: unknown) => failureDocument(options, error);
    const answered = server.expect({ state, authorizationUrl: () => Promise.resolve(url), failureDocument: failure });
    using pasted = new PastedLines(options.host);
    const byHand = async () => {
      emit({ type: "url_to_open", url, reason });
      return await pastedAnswer(pasted, options, server.redirectUri, state, emit);
    };
    if (callback.goOn) {
      emit({ type: "asking_again", reason });
      callback.goOn(url);
    }
    const ways = [answered, server.failed, ...callback.goOn ? [] : [byHand()]];
    callback = await limit.race(() => Promise.race(ways));
    return { callback, result: await finish(callback, request) };
  } catch (error) {
    if (!(error instanceof FiefError) || error.code === "interrupted") throw error;
    emit({
      type: "notice",
      message: `What is signed in stays signed in, although asking once more failed: ${error.message}`,
    });
    return { callback, result: done.result };
  }
}

/** The redirect as the user pastes it, where that is wanted and can be; else nothing ever comes of this. */
async function pastedAnswer(
  pasted: PastedLines,
  { paste }: Pick<SignInOptions<never>, "paste">,
  redirectUri: string,
  state: string,
  emit: Emit,
): Promise<Callback> {
  const pasting = paste === true && pasted.begin();
  if (pasting) emit({ type: "paste_hint" });
  emit({ type: "waiting" });
  return pasting && await answerIn(pasted.lines(), redirectUri, state, emit) || await never();
}

async function failureDocument(
  { pages, ...options }: Pick<SignInOptions<never>, "appName" | "design" | "pages">,
  error: unknown,
): Promise<string> {
  const shown = error instanceof FiefError
    ? error
    : new FiefError("unforeseen", "Something unforeseen went wrong", "See the terminal");
  try {
    return await pages.error(shown);
  } catch {
    return errorPage({ ...about(options), message: shown.message, hint: shown.hint });
  }
}

/** What every page of ours is told. */
function about({ appName, design }: Pick<SignInOptions<never>, "appName" | "design">): PageContext {
  return { appName, ...design === undefined ? {} : { design } };
}

/** Listens at the first redirect URI whose port is free: before anything opens. */
async function firstFree(
  { redirectUris, appName, design }: Pick<SignInOptions<never>, "redirectUris" | "appName" | "design">,
  emit: Emit,
): Promise<CallbackServer> {
  for (const [index, redirectUri] of redirectUris.entries()) {
    try {
      return await listen(redirectUri, appName, design);
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
  if (answer === "refused") throw refusedRequest(redirectUri);
}

/**
 * What to say of a server that refuses an authorization request: it does not say which of the two it is.
 *
 * @param redirectUri As it was asked for, with port 0 for any.
 */
export function refusedRequest(redirectUri: string): FiefError {
  const url = new URL(redirectUri);
  const anyPort = url.port === "0"; // the next sign-in has another one: nobody can register that
  url.port = "51562";
  return new FiefError(
    "authorization_request_refused",
    "The server does not know this client, or this redirect URI is not registered for it",
    anyPort
      ? `Check the client id. Perhaps this server does not take any port: register a redirect URI that names one, and use that: ${url.href}`
      : `Check the client id, and register this redirect URI exactly: ${redirectUri}`,
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
