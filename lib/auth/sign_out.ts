import { changeCredentials } from "../credentials/change.ts";
import type { Credentials } from "../credentials/format.ts";
import { readCredentials } from "../credentials/read.ts";
import { FiefError } from "../errors.ts";
import type { Fief } from "../provider/fief.ts";
import { decodeJwtClaims } from "../provider/tokens.ts";
import { type BrowserChoice, openBrowser } from "../signin/browser.ts";
import { assertOwn, expiryOf, knownSession, type Session, sessionExpiryOf } from "./session.ts";
import { tellSession } from "./told.ts";

/** What became of the session. */
export interface SignedOut {
  /**
   * `ended`: the server has ended it; `unsupported`: the server has no way to end it from here; `failed`: it could not be reached or
   * refused; `none`: nobody was signed in.
   */
  server: "ended" | "unsupported" | "failed" | "none";
  /** Where the server failed: what was met. */
  detail?: string;
  /** Until when the access token may still work, in epoch seconds; absent where nothing says, or where it works no more. */
  accessTokenExpiresAt?: number;
  /** Until when the session may live on at the server, in epoch seconds; absent where it does not, or where nothing says. */
  sessionExpiresAt?: number;
  /** Where that was asked for: what became of the browser's session. */
  browserSession?: EndedBrowserSession;
}

/** What became of the browser's session: the user ends it, on a page of the server. */
export interface EndedBrowserSession {
  /** Whether a browser took the page. */
  opened: boolean;
  /** The page, for the user to open; absent where the server has none. */
  url?: string;
  /** Why no browser took it. */
  reason?: string;
}

/** What a sign-out needs to know. */
export interface SignOutRequest {
  fief: Fief;
  path: string;
  signal: AbortSignal | undefined;
  onNotice: (line: string) => void;
  /** How to open the page that ends the browser's session; `undefined`: that goes on. */
  browser: BrowserChoice | undefined;
}

/**
 * Removes the tokens from the file, then ends the session on the server. In this order: whatever the server does, this machine is signed
 * out.
 */
export async function signOut(request: SignOutRequest): Promise<SignedOut> {
  const { fief, path, browser } = request;
  const before = await readCredentials(path, fief.host);
  const signedOut: SignedOut = before === undefined ? { server: "none" } : await endSession(request);
  if (browser === undefined) return signedOut;
  return { ...signedOut, browserSession: await endBrowserSession(fief, before, browser) };
}

async function endSession({ fief, path, signal, onNotice }: SignOutRequest): Promise<SignedOut> {
  const { host } = fief;
  const work: Promise<SignedOut> = changeCredentials(path, host, { signal, onNotice }, async (transaction) => {
    const { current, prepare, save } = transaction;
    tellSession(current, host);
    assertOwn(current, fief);
    if (current === undefined || (current.tokens === null && current.userinfo === null)) return undefined;
    // Without the file's tokens nobody else can end the session: whoever stops in the middle leaves it alive.
    host.finishFirst?.(work);
    await prepare();
    const record = current.fief_auth ?? { version: 1, base_url: fief.baseUrl, client_id: fief.clientId } as const;
    await save({ ...current, userinfo: null, tokens: null, fief_auth: record });
    return current.tokens === null ? undefined : current as Session;
  }).then((session) => session === undefined ? { server: "none" } : endOnServer(fief, session));
  return await work;
}

/** The file is free again meanwhile: a sign-in need not wait for the old session's end. */
async function endOnServer(fief: Fief, session: Session): Promise<SignedOut> {
  const now = fief.host.now() / 1000;
  const alive = (name: string, expiry: number | undefined) =>
    expiry === undefined || expiry <= now ? {} : { [name]: expiry };
  const accessToken = alive("accessTokenExpiresAt", expiryOf(session));
  // Without a refresh token the access token is all there is of it.
  const lastMoment = session.tokens.refresh_token ? sessionExpiryOf(session) : expiryOf(session);
  const atServer = alive("sessionExpiresAt", lastMoment);
  try {
    const { ended, accessTokenRevoked } = await fief.endSession(session.tokens, {
      session: knownSession(session, fief),
    });
    if (!ended) return { server: "unsupported", ...accessToken, ...atServer };
    // A JWT says itself until when it is good: an API need not ask the server, and would not learn that it was revoked.
    const isGone = accessTokenRevoked && decodeJwtClaims(session.tokens.access_token) === undefined;
    return { server: "ended", ...isGone ? {} : accessToken };
  } catch (error) {
    const detail = error instanceof FiefError
      ? error.message
      : error instanceof Deno.errors.NotCapable
      ? `Deno does not let it be asked: ${error.message}`
      : undefined;
    if (detail === undefined) throw error;
    return { server: "failed", detail, ...accessToken, ...atServer };
  }
}

/** Whatever comes of it, this machine is signed out. */
async function endBrowserSession(
  fief: Fief,
  before: Credentials | undefined,
  browser: BrowserChoice,
): Promise<EndedBrowserSession> {
  let url: string | undefined;
  try {
    url = await fief.endSessionUrl(before === undefined ? {} : { session: knownSession(before, fief) });
    if (url === undefined) return { opened: false, reason: "the server has no page for it" };
    return { url, ...await openBrowser(url, browser, fief.host) };
  } catch (error) {
    if (!(error instanceof FiefError)) throw error;
    return { ...(url === undefined ? {} : { url }), opened: false, reason: error.message };
  }
}
