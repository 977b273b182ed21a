import type { Credentials, SessionRecord } from "../credentials/format.ts";
import { FiefAuthNotAuthenticatedError, FiefError } from "../errors.ts";
import { isSafeEndpoint, isSameIssuer } from "../provider/base_url.ts";
import type { KnownSession } from "../provider/fief.ts";
import { readable } from "../readable.ts";
import { accessTokenInfo, claimedExpiry, claimedLife, decodeJwtClaims } from "../provider/tokens.ts";
import type { FiefAccessTokenInfo, FiefBearerToken, FiefTokenResponse, FiefUserInfo } from "../types.ts";

/** The server and the client that a session belongs to. */
export interface Party {
  /** Base URL, normalised. */
  readonly baseUrl: string;
  /** Client id. */
  readonly clientId: string;
}

/** Credentials of somebody who is signed in. */
export interface Session extends Credentials {
  tokens: FiefTokenResponse;
}

/**
 * Refuses credentials that another server or another client gave: nothing of them is sent anywhere.
 *
 * @throws {FiefError} `session_mismatch`, which names both sides.
 */
export function assertOwn(credentials: Credentials | undefined, party: Party): void {
  if (credentials === undefined) return;
  const owner = credentials.fief_auth ? recordedOwner(credentials.fief_auth, party) : claimedOwner(credentials, party);
  if (owner === undefined) return;
  throw new FiefError(
    "session_mismatch",
    `The saved session is of client "${owner.clientId}" at "${owner.baseUrl}", this run is set to client "${party.clientId}" at "${party.baseUrl}"`,
    "Use the settings of that session, another profile or credentials file, or sign in again to replace it",
  );
}

/**
 * Refuses the session of somebody else who has signed in since: what was meant for one user must not happen as another.
 *
 * @throws {FiefError} `session_mismatch`, which names both.
 */
export function assertSameUser(current: Session, seen: Session): void {
  const [now, before] = [current.userinfo, seen.userinfo];
  if (now === null || before === null || now.sub === before.sub) return;
  throw new FiefError(
    "session_mismatch",
    `Meanwhile ${displayName(now)} has signed in, in place of ${displayName(before)}`,
    `Run it again to go on as ${displayName(now)}`,
  );
}

function recordedOwner(record: SessionRecord, party: Party): Party | undefined {
  if (record.base_url === party.baseUrl && record.client_id === party.clientId) return undefined;
  return { baseUrl: record.base_url, clientId: record.client_id };
}

/** A file of the Python client does not say where it comes from; its tokens do. */
function claimedOwner({ tokens, userinfo }: Credentials, party: Party): Party | undefined {
  if (tokens === null) return undefined;
  const claims = decodeJwtClaims(tokens.access_token) ?? userinfo ?? {};
  const issuer = typeof claims["iss"] === "string" ? claims["iss"] : "an unnamed server";
  const audience = [claims["aud"]].flat().filter((entry) => typeof entry === "string");
  if (isSameIssuer(issuer, party.baseUrl) && audience.includes(party.clientId)) return undefined;
  return { baseUrl: issuer, clientId: audience.join(" ") };
}

const ENDPOINTS = ["token_endpoint", "userinfo_endpoint", "revocation_endpoint", "end_session_endpoint"] as const;

/**
 * What the file tells of the session's server, for a request without metadata. Endpoints that no metadata would be believed are left out:
 * somebody has changed the file.
 */
export function knownSession({ fief_auth, userinfo, tokens }: Credentials, { baseUrl }: Party): KnownSession {
  const { issuer } = fief_auth ?? {};
  const endpoints = ENDPOINTS.flatMap((name) => {
    const endpoint = fief_auth?.[name];
    return endpoint !== undefined && isSafeEndpoint(endpoint, baseUrl) ? [[name, endpoint] as const] : [];
  });
  return {
    ...(issuer !== undefined && isSameIssuer(issuer, baseUrl) ? { issuer } : {}),
    ...Object.fromEntries(endpoints),
    ...(userinfo === null ? {} : { subject: userinfo.sub }),
    ...(tokens?.id_token ? { id_token: tokens.id_token } : {}),
  };
}

/** The server and client whose session this is, as far as the file tells. A file of the Python client does by its tokens' claims. */
export function ownerOf(credentials: Credentials | undefined): Partial<Party> {
  const record = credentials?.fief_auth;
  if (record) return { baseUrl: record.base_url, clientId: record.client_id };
  if (!credentials?.tokens) return {};
  const { iss, aud } = decodeJwtClaims(credentials.tokens.access_token) ?? credentials.userinfo ?? {};
  const clients = [aud].flat();
  return {
    ...(typeof iss === "string" ? { baseUrl: iss } : {}),
    ...(clients.length === 1 && typeof clients[0] === "string" ? { clientId: clients[0] } : {}),
  };
}

/**
 * The session in these credentials.
 *
 * @throws {FiefAuthNotAuthenticatedError} Where there is none.
 */
export function requireSession(credentials: Credentials | undefined): Session {
  if (credentials === undefined || credentials.tokens === null) {
    const ended = credentials?.userinfo ? "Not signed in: the last session has ended" : "Not signed in";
    throw new FiefAuthNotAuthenticatedError(ended);
  }
  return credentials as Session;
}

/** The moment the access token stops working in epoch seconds; `undefined` where nothing says. */
export function expiryOf({ tokens, fief_auth }: Session): number | undefined {
  // Without our record (the Python client drops it) the moment of arrival is not known: only the token's own `exp` counts.
  return fief_auth?.expires_at ?? claimedExpiry(tokens.access_token);
}

/**
 * The moment the session itself ends on the server, in epoch seconds, where the server has said how long it lives. No standard has a word for
 * it; Keycloak and others send `refresh_expires_in`, 0 where there is no end.
 */
export function sessionExpiryOf({ tokens, fief_auth }: Session): number | undefined {
  const [life, expiry] = [tokens["refresh_expires_in"], fief_auth?.expires_at];
  if (typeof life !== "number" || !(life > 0) || expiry === undefined || tokens.expires_in === undefined) {
    return undefined;
  }
  return expiry - tokens.expires_in + life;
}

/** Seconds that a clock may be put back by unseen. */
const CORRECTION = 60;

/**
 * Whether more is left of the access token's life than it ever had. Then this machine's clock has been put back since the token came; or it
 * lags behind the server's, where only the token's own `exp` counts. Nobody can tell from here how long the token still works.
 */
export function outlivesItself(session: Session, now: number): boolean {
  const [expiry, life] = [expiryOf(session), lifeOf(session)];
  return expiry !== undefined && life !== undefined && expiry - now / 1000 > life + CORRECTION;
}

/** Seconds for which the access token still works: infinite where nothing says, 0 where nobody can tell and a refresh would. */
export function secondsLeft(session: Session, now: number): number {
  const expiry = expiryOf(session);
  if (expiry === undefined) return Infinity;
  if (!outlivesItself(session, now)) return expiry - now / 1000;
  return session.tokens.refresh_token ? 0 : lifeOf(session)!;
}

/** Seconds that the access token lives in all, as the expiry that counts has it. */
function lifeOf({ tokens, fief_auth }: Session): number | undefined {
  const claimed = claimedLife(tokens.access_token);
  return fief_auth?.expires_at === undefined ? claimed : tokens.expires_in ?? claimed;
}

/** How long a token must live so that it is not refreshed, in seconds, where the caller does not say: 30 s, less for short lives. */
export function defaultMinValid({ tokens }: Session): number {
  return Math.min(30, (tokens.expires_in ?? claimedLife(tokens.access_token) ?? 300) / 10);
}

/** What the session's access token says about itself. */
export function infoOf(session: Session): FiefAccessTokenInfo {
  const { tokens, userinfo } = session;
  const scope = grantedScope(session);
  return accessTokenInfo(scope === undefined ? tokens : { ...tokens, scope }, userinfo);
}

/** The granted scopes, separated by spaces; `undefined` where nothing says. */
export function grantedScope({ tokens, fief_auth }: Session): string | undefined {
  // RFC 6749 section 5.1: without `scope` in the answer the granted scopes are the requested ones, which the record keeps. The Python client
  // drops the record: there the token itself may say.
  const claimed = decodeJwtClaims(tokens.access_token)?.["scope"];
  return tokens.scope ?? (fief_auth?.scope || (typeof claimed === "string" ? claimed : undefined));
}

/**
 * The session's access token for somebody else's use.
 *
 * @param now Epoch milliseconds.
 */
export function bearerTokenOf(session: Session, now: number): FiefBearerToken {
  const expiry = outlivesItself(session, now) ? undefined : expiryOf(session);
  const scope = grantedScope(session);
  return {
    access_token: session.tokens.access_token,
    token_type: "Bearer",
    ...(expiry === undefined ? {} : { expires_at: expiry }),
    ...(scope === undefined ? {} : { scope }),
  };
}

/** What to call the user: the most telling of the claims. */
export function displayName(userinfo: FiefUserInfo): string {
  for (const claim of ["email", "preferred_username", "name"]) {
    const value = userinfo[claim];
    if (typeof value === "string" && value !== "") return readable(value);
  }
  return readable(userinfo.sub);
}
