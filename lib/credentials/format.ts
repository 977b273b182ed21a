import { FiefError } from "../errors.ts";
import type { FiefTokenResponse, FiefUserInfo } from "../types.ts";

/** What the credentials file holds: the Python client's two keys, and one of ours. */
export interface Credentials {
  /** Claims about the user; `null` after a logout. */
  userinfo: FiefUserInfo | null;
  /** The tokens; `null` where nobody is signed in. */
  tokens: FiefTokenResponse | null;
  /** What a new process needs to go on with the session. The Python client drops it whenever it saves. */
  fief_auth?: SessionRecord;
  /** Keys of others survive. */
  [key: string]: unknown;
}

/** Where a session comes from and until when its access token works. */
export interface SessionRecord {
  /** Version of this record's format. */
  version: 1;
  /** Base URL of the server, without a slash at the end. */
  base_url: string;
  /** Client id. */
  client_id: string;
  /** The provider's issuer. */
  issuer?: string;
  /** Where to refresh. */
  token_endpoint?: string;
  /** Where to ask for claims about the user. */
  userinfo_endpoint?: string;
  /** Where to revoke tokens. */
  revocation_endpoint?: string;
  /** Where a browser ends its session. */
  end_session_endpoint?: string;
  /** When the access token expires, in epoch seconds by the local clock. */
  expires_at?: number;
  /** Whether the last refresh went unanswered: its refresh token may be spent, and is sent again only when the access token is expired. */
  refresh_unanswered?: boolean;
  /** Granted scopes, separated by spaces. */
  scope?: string;
  /** Scopes that the sign-in asked for beside `openid` and `offline_access`, separated by spaces: the next one may ask for them again. */
  asked_scope?: string;
  /** Origins that may see the token, as they were named at sign-in. */
  api_origins?: string[];
  /** Members of a later release survive. */
  [member: string]: unknown;
}

const RECORD_VERSION = 1;

/** Levels of objects and lists in a file. */
const DEEPEST = 100;

/** First byte of a file that is being written in place. No JSON begins so. */
export const WRITING = "!";

/**
 * Reads the text of a credentials file. An empty file and `{}` are those of somebody who is not signed in.
 *
 * @param text The file's text.
 * @param path Its path, for the error.
 * @throws {FiefError} `credentials_invalid`, which says what was met and nothing of what is in it.
 */
export function parseCredentials(text: string, path: string): Credentials {
  if (text.trim() === "") return { userinfo: null, tokens: null };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid(path, "no JSON, or cut off", "Remove it and sign in again");
  }
  if (!isObject(value)) {
    throw invalid(path, Array.isArray(value) ? "a JSON array" : "no JSON object", "Name another file");
  }
  if (Object.keys(value).length === 0) return { userinfo: null, tokens: null };
  if (!("userinfo" in value || "tokens" in value || "fief_auth" in value)) {
    throw invalid(path, "the file of another program", "Name another file: this one is left as it is");
  }
  // What can be read and not be written again would be met when a spent token has to be saved.
  if (!isShallow(value, DEEPEST)) throw invalid(path, "JSON that is nested too deeply", "Remove it and sign in again");
  const { userinfo = null, tokens: saved = null, fief_auth } = value;
  // The Python client saves what a server leaves out, or sends as null.
  const tokens = isObject(saved) ? withoutNulls(saved, ["expires_in", "scope", "id_token"]) : saved;
  if (userinfo !== null && !(isObject(userinfo) && typeof userinfo["sub"] === "string")) {
    throw invalid(path, 'a "userinfo" without a user', "Remove it and sign in again");
  }
  if (tokens !== null && !isTokenResponse(tokens)) {
    throw invalid(path, '"tokens" without a usable access token', "Remove it and sign in again");
  }
  return {
    ...value,
    userinfo,
    tokens,
    ...(fief_auth === undefined ? {} : { fief_auth: parseRecord(fief_auth, path) }),
  } as Credentials;
}

/** The text of a credentials file. */
export function serializeCredentials(credentials: Credentials): string {
  return `${JSON.stringify(credentials, null, 2)}\n`;
}

function parseRecord(value: unknown, path: string): SessionRecord {
  if (!isObject(value)) throw invalid(path, '"fief_auth" that is no object', "Remove it and sign in again");
  if (typeof value["version"] === "number" && value["version"] > RECORD_VERSION) {
    throw invalid(
      path,
      `a file of version ${value["version"]}, and this program knows version ${RECORD_VERSION}`,
      "Use a newer release of this program",
    );
  }
  const texts = ["base_url", "client_id"].every((name) => typeof value[name] === "string");
  const optional = [
    "issuer",
    "token_endpoint",
    "userinfo_endpoint",
    "revocation_endpoint",
    "end_session_endpoint",
    "scope",
    "asked_scope",
  ]
    .every((name) => value[name] === undefined || typeof value[name] === "string");
  const { expires_at, api_origins, refresh_unanswered = false } = value;
  const rest = (expires_at === undefined || (typeof expires_at === "number" && Number.isFinite(expires_at))) &&
    typeof refresh_unanswered === "boolean" &&
    (api_origins === undefined ||
      (Array.isArray(api_origins) && api_origins.every((origin) => typeof origin === "string")));
  if (value["version"] === RECORD_VERSION && texts && optional && rest) return value as SessionRecord;
  throw invalid(path, '"fief_auth" with members of the wrong kind', "Remove it and sign in again");
}

function withoutNulls(object: Record<string, unknown>, names: string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([name, value]) => value !== null || !names.includes(name)));
}

/** Whether tokens can be kept in the file and used. */
export function isTokenResponse(value: unknown): value is FiefTokenResponse {
  if (!isObject(value)) return false;
  const { access_token, refresh_token, id_token, expires_in, scope } = value;
  const optional = (member: unknown) => member === undefined || member === null || typeof member === "string";
  // It goes into a header: a line break in it would be a header of its own.
  return typeof access_token === "string" && /^[\x21-\x7e]+$/.test(access_token) && optional(refresh_token) &&
    optional(id_token) &&
    (scope === undefined || typeof scope === "string") && (expires_in === undefined || typeof expires_in === "number");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return levels > 0 && Object.values(value).every((member) => isShallow(member, levels - 1));
}

function invalid(path: string, met: string, hint: string): FiefError {
  return new FiefError(
    "credentials_invalid",
    `The credentials file "${path}" is not usable: expected a session, found ${met}`,
    hint,
  );
}
