/**
 * Every error that a user can meet.
 *
 * @module
 */

import { readable } from "./readable.ts";

/** Every way to fail and its exit status. A line added here is public API: documented, tested, in the changelog. */
export const EXIT_STATUS = {
  // 1: a bug, or something nobody foresaw.
  unforeseen: 1,
  // 2: wrong usage or configuration.
  usage_invalid: 2,
  base_url_invalid: 2,
  configuration_missing: 2,
  redirect_uri_invalid: 2,
  encryption_key_invalid: 2,
  session_mismatch: 2,
  origin_not_allowed: 2,
  permission_missing: 2,
  // 3: not signed in.
  not_authenticated: 3,
  refresh_rejected: 3,
  refresh_token_missing: 3,
  access_token_expired: 3,
  access_token_invalid: 3,
  access_token_missing_scope: 3,
  access_token_acr_too_low: 3,
  access_token_missing_permission: 3,
  // 4: sign-in failed.
  sign_in_denied: 4,
  offline_access_refused: 4,
  sign_in_failed: 4,
  sign_in_timed_out: 4,
  issuer_mismatch: 4,
  authorization_code_missing: 4,
  authorization_code_rejected: 4,
  authorization_request_refused: 4,
  device_sign_in_unavailable: 4,
  redirect_port_taken: 4,
  // 5: the server could not be reached or answered wrongly.
  provider_unreachable: 5,
  provider_answer_invalid: 5,
  provider_failed: 5,
  provider_busy: 5,
  metadata_invalid: 5,
  id_token_invalid: 5,
  request_refused: 5,
  api_unreachable: 5,
  // 6: the credentials file.
  credentials_unreadable: 6,
  credentials_invalid: 6,
  credentials_unwritable: 6,
  credentials_locked: 6,
  // call-api.
  output_unwritable: 1,
  api_status: 22,
  // exec: as env(1) and a shell have it.
  command_not_executable: 126,
  command_not_found: 127,
  // Signals.
  hung_up: 129,
  interrupted: 130,
  terminated: 143,
} as const;

/** The code of a {@linkcode FiefError}. */
export type FiefErrorCode = keyof typeof EXIT_STATUS;

/**
 * The base of every error that this package throws.
 *
 * No message, hint or cause ever holds a token, a code or a verifier.
 *
 * @example Tell the user what happened and what to do
 * ```ts
 * import { FiefError } from "@fief/auth";
 * import { assertEquals } from "@std/assert";
 *
 * const error = new FiefError("not_authenticated", "Not signed in", "Sign in first");
 * assertEquals(error.message, "Not signed in");
 * assertEquals(error.hint, "Sign in first");
 * assertEquals(error.exitStatus, 3);
 * ```
 */
export class FiefError extends Error {
  /** What failed, for programs. */
  readonly code: FiefErrorCode;
  /** What to do next, for people. */
  readonly hint: string;

  /**
   * Makes the error.
   *
   * @param code What failed, for programs.
   * @param message What failed and what was met, in the user's words.
   * @param hint What to do next.
   * @param options `cause`: a system error. Its name, code and message are copied, nothing else of it.
   */
  constructor(code: FiefErrorCode, message: string, hint: string, options?: { cause?: unknown }) {
    // A part of it may come from a server or a file: what a terminal would obey is taken out.
    super(readable(message), options?.cause instanceof Error ? { cause: copyOfError(options.cause) } : undefined);
    this.name = new.target.name;
    this.code = code;
    this.hint = readable(hint);
  }

  /** The exit status that a program ends with: one of {@linkcode EXIT_STATUS}. */
  get exitStatus(): number {
    return EXIT_STATUS[this.code];
  }
}

/**
 * A copy with name, code and message. Libraries keep requests and answers in their errors, tokens included; a stack or a
 * nested cause may hold them too.
 */
function copyOfError(error: Error): Error {
  const copy = new Error(error.message);
  copy.name = error.name;
  delete copy.stack;
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? Object.assign(copy, { code }) : copy;
}

/** The server answered an API request of {@linkcode Fief} with an error status. */
export class FiefRequestError extends FiefError {
  /** HTTP status of the answer. */
  readonly status: number;
  /** What the server says about it: `detail` of Fief's answer, or the beginning of the body. */
  readonly detail: string;

  /**
   * Makes the error.
   *
   * @param status HTTP status of the answer.
   * @param detail What the server says about it.
   * @param hint What to do next.
   */
  constructor(status: number, detail: string, hint = "Check the request against the server's documentation") {
    super("request_refused", `The server refused the request with status ${status}: ${detail}`, hint);
    this.status = status;
    this.detail = detail;
  }
}

/** The access token is no JWT of this server, or opaque. */
export class FiefAccessTokenInvalid extends FiefError {
  /**
   * Makes the error.
   *
   * @param message What is wrong with it.
   */
  constructor(message = "The access token is not valid") {
    super("access_token_invalid", message, "Sign in again");
  }
}

/** The access token is expired. */
export class FiefAccessTokenExpired extends FiefError {
  /**
   * Makes the error.
   *
   * @param message What was met.
   */
  constructor(message = "The access token is expired") {
    super("access_token_expired", message, "Refresh it, or sign in again");
  }
}

/** The access token lacks a required scope. */
export class FiefAccessTokenMissingScope extends FiefError {
  /**
   * Makes the error.
   *
   * @param scope The scope that is missing.
   */
  constructor(scope: string) {
    super("access_token_missing_scope", `The access token lacks the scope "${scope}"`, "Sign in again and ask for it");
  }
}

/** The access token was issued at a lower authentication level than required. */
export class FiefAccessTokenACRTooLow extends FiefError {
  /**
   * Makes the error.
   *
   * @param acr The level of the token.
   * @param required The level that is required.
   */
  constructor(acr: string | null, required: string) {
    const met = acr === null ? "no authentication level" : `authentication level "${acr}"`;
    super("access_token_acr_too_low", `The access token has ${met}, "${required}" is required`, "Sign in again");
  }
}

/** The access token lacks a required permission. */
export class FiefAccessTokenMissingPermission extends FiefError {
  /**
   * Makes the error.
   *
   * @param permission The permission that is missing.
   */
  constructor(permission: string) {
    super(
      "access_token_missing_permission",
      `The access token lacks the permission "${permission}"`,
      "Ask an administrator to grant it, then sign in again",
    );
  }
}

/** The ID token fails a check. */
export class FiefIdTokenInvalid extends FiefError {
  /**
   * Makes the error.
   *
   * @param message Which check failed, and what was met.
   * @param hint What to do next.
   */
  constructor(
    message: string,
    hint = "Sign in again; if it stays so, the server is set up wrongly or is not the one you think",
  ) {
    super("id_token_invalid", message, hint);
  }
}

/** The base of what {@linkcode FiefAuth} throws about a session. */
export class FiefAuthError extends FiefError {}

/** The user is not signed in. */
export class FiefAuthNotAuthenticatedError extends FiefAuthError {
  /**
   * Makes the error.
   *
   * @param message What was met.
   */
  constructor(message = "Not signed in") {
    super("not_authenticated", message, "Sign in first");
  }
}

/** The redirect came back without an authorization code. */
export class FiefAuthAuthorizationCodeMissingError extends FiefAuthError {
  /**
   * Makes the error.
   *
   * @param message What was met.
   */
  constructor(message = "The server redirected back without an authorization code") {
    super("authorization_code_missing", message, "Sign in again");
  }
}

/** The access token is expired, and nothing was kept that could refresh it. */
export class FiefAuthRefreshTokenMissingError extends FiefAuthError {
  /**
   * Makes the error.
   *
   * @param message What was met.
   */
  constructor(message = "The access token is expired and the server gave no refresh token") {
    super("refresh_token_missing", message, "Sign in again");
  }
}
