import { countdown } from "../countdown.ts";
import { changeCredentials, type Transaction } from "../credentials/change.ts";
import type { Credentials } from "../credentials/format.ts";
import { readCredentials } from "../credentials/read.ts";
import { FiefAuthRefreshTokenMissingError, FiefError, type FiefErrorCode } from "../errors.ts";
import type { Fief } from "../provider/fief.ts";
import { NotSentError, UnansweredError } from "../provider/requests.ts";
import type { FiefTokenResponse, FiefUserInfo } from "../types.ts";
import { clockLine } from "./clock_line.ts";
import { newRecord, refreshedRecord } from "./record.ts";
import {
  assertOwn,
  assertSameUser,
  grantedScope,
  knownSession,
  requireSession,
  secondsLeft,
  type Session,
} from "./session.ts";
import { describeTokens, tellSession } from "./told.ts";

/** What a refresh needs to know. */
export interface RefreshOptions {
  fief: Fief;
  path: string;
  /** The session whose access token no longer serves. */
  seen: Session;
  /** Whether an API has refused the access token: then nothing but another one serves. */
  refused: boolean;
  /** Told in one line what the user should know although the refresh went well. */
  onNotice: (line: string) => void;
}

/** What is to be said of a session when nobody knows whether its refresh token was spent. */
const KEPT = "The session is kept: it goes on if the server still takes it";

/** Milliseconds to wait for the lock. */
const LONGEST_WAIT = 60_000;
/** Milliseconds in which whoever takes no lock saves what the server has given it: the Python client asks for keys in between. */
const LONGEST_SAVING = 2_000;
/** Milliseconds before a server that has failed is asked again. */
const SHORT_PAUSE = 500;
/** Milliseconds for all that is sent: from the first request to the last answer. */
const LONGEST_EXCHANGE = 30_000;
/** Milliseconds to wait for new tokens where there are no others: to send the refresh token again would be worse than to wait. */
const LONGEST_ANSWER = 20_000;

/**
 * Exchanges the refresh token for new tokens, exactly once among all processes that share the file: whoever comes later adopts
 * what the first one wrote.
 *
 * Refresh tokens are single use, and a provider with reuse detection ends the whole session at a second use. So after an answer
 * that leaves it open whether the token was spent, it is sent again only when nothing is left to lose.
 *
 * @throws {FiefError} `refresh_rejected` where the session has ended, `provider_unreachable` or `provider_answer_invalid` where the
 * server failed, `credentials_...` where the file cannot be changed: then nothing was sent.
 * @see RFC 6749 section 6, RFC 9700 section 4.14
 */
export async function refresh(options: RefreshOptions): Promise<Session> {
  const { fief, path, seen, onNotice } = options;
  const left = secondsLeft(seen, fief.host.now());
  // While the token at hand is good nobody waits for the lock longer than it is.
  const timeout = options.refused || left <= 0 ? LONGEST_WAIT : Math.min(LONGEST_WAIT, Math.max(0, left - 1) * 1000);
  const enough = (current: Credentials | undefined, failed: FiefErrorCode | undefined) => {
    const adopted = adopt(current, options);
    if (adopted === undefined && failed !== undefined && current?.tokens) throw failureOfAnother(failed);
    return adopted;
  };
  try {
    const work: Promise<Session> = changeCredentials(
      path,
      fief.host,
      { onNotice, enough, timeout },
      async (transaction) => {
        fief.host.finishFirst?.(work); // the old token will be spent: whoever stops in the middle loses the session
        tellSession(transaction.current, fief.host);
        assertOwn(transaction.current, fief);
        const current = requireSession(transaction.current);
        refreshTokenOf(current);
        fief.prepare(knownSession(current, fief)); // here, because most of a crowd never ask the server themselves
        await transaction.prepare(); // a full disk must show before the server rotates, not after
        const limit = new AbortController();
        const end = countdown(LONGEST_EXCHANGE, () => limit.abort());
        const answer = await exchange(options, current, transaction, limit.signal).catch(async (error) => {
          // While the server fails, a crowd would ask it one after the other, and the last of them would wait for minutes.
          if (error instanceof FiefError && isOfServer(error.code)) await transaction.tellFailure(error);
          throw error;
        }).finally(end);
        return "adopted" in answer ? answer.adopted : await keep(options, answer, transaction);
      },
    );
    return await work;
  } catch (error) {
    // A refresh that fails never fails a command while the token at hand is still good.
    const lost = error instanceof FiefError &&
      ["session_mismatch", "not_authenticated"].includes(error.code);
    const expired = secondsLeft(seen, fief.host.now()) <= 0;
    // It has run out while we waited, for so short a time because it was good.
    const waitedShortly = error instanceof FiefError && error.code === "credentials_locked" && timeout < LONGEST_WAIT;
    if (expired && waitedShortly) return await refresh(options);
    if (lost || options.refused || expired) throw error;
    fief.host.debug?.(`refresh failed, the token at hand is still good: ${(error as Error).message}`);
    return seen;
  }
}

/** Whether it was the server that failed: the next one who asks it fares no better. */
function isOfServer(code: FiefErrorCode): boolean {
  return ["provider_unreachable", "provider_failed", "provider_busy", "provider_answer_invalid"].includes(code);
}

/** What somebody else met a moment ago, while we waited for them. */
function failureOfAnother(code: FiefErrorCode): FiefError {
  const what = code === "provider_unreachable" ? "did not answer" : "failed";
  const message = `The server ${what} when another process asked it for new tokens just now`;
  return new FiefError(isOfServer(code) ? code : "provider_failed", message, `Try again. ${KEPT}`);
}

/** The session in the file, where nothing is to be sent for it. */
function adopt(current: Credentials | undefined, { fief, seen, refused }: RefreshOptions): Session | undefined {
  if (current === undefined || current.tokens === null) return undefined;
  try {
    assertOwn(current, fief);
  } catch {
    return undefined; // told under the lock
  }
  const session = current as Session;
  assertSameUser(session, seen);
  if (secondsLeft(session, fief.host.now()) <= 0) return undefined;
  // Another token than the one we met is a moment old: a longer life cannot be had, whatever `minValid` asks.
  if (session.tokens.access_token !== seen.tokens.access_token) {
    fief.host.debug?.(`adopted what another process has got: ${describeTokens(session.tokens)}`);
    return session;
  }
  // The refresh token may be spent. At a provider that looks out for a second use, sending it again could end the session, and the token
  // at hand with it: that is worth it only when nothing is left to lose.
  if (refused || session.fief_auth?.refresh_unanswered !== true) return undefined;
  fief.host.debug?.("the last refresh went unanswered: it is not sent again while the token at hand is good");
  return session;
}

function refreshTokenOf({ tokens }: Session): string {
  if (!tokens.refresh_token) throw new FiefAuthRefreshTokenMissingError();
  return tokens.refresh_token;
}

type Answer =
  | {
    /** Whose refresh token was sent. */
    current: Session;
    tokens: FiefTokenResponse;
    userinfo: FiefUserInfo | null;
    receivedAt: number;
    clockOffset: number;
    tokenEndpoint: string;
  }
  | { adopted: Session };

async function exchange(
  options: RefreshOptions,
  current: Session,
  transaction: Transaction,
  signal: AbortSignal,
): Promise<Answer> {
  const { fief, path } = options;
  const session = knownSession(current, fief);
  const refreshToken = refreshTokenOf(current);
  for (let attempt = 1;; attempt++) {
    try {
      const timeout = isSpent(current, options) ? { timeout: LONGEST_ANSWER } : {};
      const answer = await fief.authRefreshToken(refreshToken, { session, signal, ...timeout });
      return { ...answer, current, receivedAt: fief.host.now() };
    } catch (error) {
      if (!(error instanceof FiefError)) throw error;
      // Whoever does not take our lock (the Python client) may have written meanwhile.
      const adopted = adopt(await readCredentials(path), options);
      if (adopted) return { adopted };
      const expired = isSpent(current, options);
      if (error.code === "refresh_rejected") {
        if (!expired) throw error;
        const late = await writtenSoon(options, current, LONGEST_SAVING);
        if (late) return await goOnWith(late, options, transaction, signal);
        // Nothing else ends a session. Who they were is kept; the tokens are worth nothing any more.
        if (await isOfSession(path, current)) await transaction.save({ ...current, tokens: null });
        throw error;
      }
      if (error.code !== "provider_unreachable" && error.code !== "provider_failed") throw error;
      if (!expired) {
        const record = current.fief_auth;
        const unanswered = !(error instanceof NotSentError);
        if (record && unanswered && await isOfSession(path, current)) {
          await transaction.save({ ...current, fief_auth: { ...record, refresh_unanswered: true } });
        }
        throw error;
      }
      // Who was too slow to answer once has the token by now, and would take it for a stolen one.
      if (attempt === 2 || signal.aborted || error instanceof UnansweredError) {
        throw new FiefError(error.code, error.message, `${error.hint}. ${KEPT}`);
      }
      // Observed on Fief: of several who send the same refresh token at the same moment one gets tokens, and the others get status 500.
      const late = error.code === "provider_failed" ? await writtenSoon(options, current, SHORT_PAUSE) : undefined;
      if (late) return await goOnWith(late, options, transaction, signal);
    }
  }
}

/** Whether the access token at hand serves no longer. */
function isSpent(session: Session, { fief, refused }: RefreshOptions): boolean {
  return refused || secondsLeft(session, fief.host.now()) <= 0;
}

/** A session that somebody else has refreshed meanwhile: it serves, or can be refreshed itself. */
async function goOnWith(
  late: Session,
  options: RefreshOptions,
  transaction: Transaction,
  signal: AbortSignal,
): Promise<Answer> {
  if (secondsLeft(late, options.fief.host.now()) > 0) return { adopted: late };
  return await exchange(options, late, transaction, signal);
}

/**
 * What somebody who takes no lock (the Python client) writes a moment after the server has rejected our refresh token, because it was theirs
 * that counted. Who says too early that the session has ended, ends it.
 */
async function writtenSoon(options: RefreshOptions, current: Session, limit: number): Promise<Session | undefined> {
  for (let waited = 0; waited < limit; waited += 50) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const found = await readCredentials(options.path).catch(() => undefined);
    if (!found?.tokens || found.tokens.refresh_token === current.tokens.refresh_token) continue;
    assertOwn(found, options.fief);
    assertSameUser(found as Session, options.seen);
    return found as Session;
  }
  return undefined;
}

async function keep(
  options: RefreshOptions,
  { current, tokens, userinfo, receivedAt, clockOffset, tokenEndpoint }: Exclude<Answer, { adopted: Session }>,
  transaction: Transaction,
): Promise<Session> {
  const { fief, path, onNotice } = options;
  fief.host.debug?.(`the server gave: ${describeTokens(tokens)}`);
  if (clockOffset !== 0) onNotice(clockLine(clockOffset));
  const { expires_in: _, ...previous } = current.tokens;
  const next: Session = {
    ...current,
    // RFC 6749 section 6: without a new refresh token the old one goes on. OpenID Connect Core 12.2: so does the ID token.
    tokens: { ...previous, ...tokens, refresh_token: tokens.refresh_token ?? previous.refresh_token ?? null },
    userinfo: userinfo ? { ...current.userinfo, ...userinfo } : current.userinfo,
    fief_auth: current.fief_auth?.token_endpoint === tokenEndpoint
      ? refreshedRecord(current.fief_auth, tokens, receivedAt)
      : newRecord(fief, await fief.metadata(), tokens, {
        receivedAt,
        scope: grantedScope({ ...current, tokens: { ...previous, ...tokens } })?.split(" ") ?? [],
        apiOrigins: current.fief_auth?.api_origins ?? [],
      }),
  };
  try {
    // Whoever takes no lock (the Python client, an editor) may have written meanwhile: what they did last is what the user wants.
    if (!await isOfSession(path, current)) {
      onNotice("Another program has changed the credentials file during the refresh: it stays as that program left it");
      return next; // this run began with the session that was there then
    }
    await transaction.save(next);
  } catch (error) {
    if (!(error instanceof FiefError)) throw error;
    onNotice(`The session could not be kept: ${error.message}. This run goes on, the next one needs a new sign-in`);
  }
  return next;
}

/**
 * Whether the file still holds the session that was to be refreshed: what another program wrote meanwhile stays. A file that cannot be read
 * holds nothing that could be lost.
 */
async function isOfSession(path: string, { tokens }: Session): Promise<boolean> {
  try {
    const found = await readCredentials(path);
    return found?.tokens?.refresh_token === tokens.refresh_token;
  } catch {
    return true;
  }
}
