import { FiefAuthAuthorizationCodeMissingError, FiefError } from "../errors.ts";
import { discreet, readable } from "../readable.ts";

/** What the server's metadata says about its answers. */
export interface AnswerRules {
  /** The issuer identifier. */
  issuer: string;
  /** Whether every answer says which server it is from (RFC 9207 section 3). */
  authorization_response_iss_parameter_supported?: boolean;
}

/**
 * The code in the redirect of the pending sign-in, whose state matched.
 *
 * @throws {FiefError} `issuer_mismatch`, `sign_in_denied`, `sign_in_failed`.
 * @throws {FiefAuthAuthorizationCodeMissingError} Where there is neither a code nor an error.
 * @see RFC 6749 sections 4.1.2 and 4.1.2.1, RFC 9207 section 2.4
 */
export function codeOf(parameters: URLSearchParams, rules: AnswerRules): string {
  checkIssuer(parameters, rules);
  const errors = parameters.getAll("error");
  if (errors.length > 0) throw refusal(errors[0]!, parameters);
  const codes = parameters.getAll("code");
  // RFC 6749 section 3.1: no parameter twice.
  if (codes.length !== 1 || codes[0] === "") throw new FiefAuthAuthorizationCodeMissingError();
  return codes[0]!;
}

function checkIssuer(parameters: URLSearchParams, rules: AnswerRules): void {
  const issuers = parameters.getAll("iss");
  const required = rules.authorization_response_iss_parameter_supported === true;
  if (issuers.length === 0 && !required) return;
  if (issuers.length === 1 && issuers[0] === rules.issuer) return;
  const met = issuers.length === 0
    ? "does not say which server it is from"
    : `is from "${short(issuers.join(" "))}", not from "${rules.issuer}"`;
  throw new FiefError(
    "issuer_mismatch",
    `The redirect ${met}`,
    "Do not go on: another server may be trying to get the code. Sign in again, and tell whoever runs the server",
  );
}

/** What a server says may be endless, and may repeat what it was sent. */
function short(text: string): string {
  return discreet(readable(text)).slice(0, 300);
}

function refusal(error: string, parameters: URLSearchParams): FiefError {
  // Observed on Fief 0.27.0: the description is repeated once a character, each time with one character.
  const described = short(parameters.getAll("error_description").join(""));
  const told = described === "" ? "" : `: ${described.replace(/\.$/, "")}`;
  if (error === "access_denied") {
    return new FiefError("sign_in_denied", `The sign-in was denied${told}`, "Sign in again, and allow it");
  }
  const hint = {
    login_required: "Sign in again without prompt=none: the server must show its sign-in page",
    invalid_scope: "Ask for scopes that the server knows and this client may have, or sign in without offline access",
    temporarily_unavailable: "Try again in a while",
    server_error: "Try again; if it stays so, tell whoever runs the server",
  }[error] ?? "Check the client's settings on the server, then sign in again";
  return new FiefError("sign_in_failed", `The server ended the sign-in with "${short(error)}"${told}`, hint);
}
