import { assertEquals, assertFalse, assertThrows } from "@std/assert";
import { FiefAuthAuthorizationCodeMissingError, FiefError, type FiefErrorCode } from "../../lib/errors.ts";
import { type AnswerRules, codeOf } from "../../lib/signin/redirect.ts";

const ISSUER = "https://example.fief.dev";
const QUIET: AnswerRules = { issuer: ISSUER };
const ANNOUNCED: AnswerRules = { issuer: ISSUER, authorization_response_iss_parameter_supported: true };

const accepted: [query: string, rules: AnswerRules][] = [
  ["code=c", QUIET],
  [`code=c&iss=${encodeURIComponent(ISSUER)}`, QUIET],
  [`code=c&iss=${encodeURIComponent(ISSUER)}`, ANNOUNCED],
  ["code=c&session_state=x&scope=openid", QUIET],
];
for (const [query, rules] of accepted) {
  Deno.test(`codeOf() gives the code when the redirect has ${query}`, () =>
    assertEquals(codeOf(new URLSearchParams(query), rules), "c"));
}

const refused: [name: string, query: string, rules: AnswerRules, code: FiefErrorCode, message: string][] = [
  // RFC 9207 section 2.4, RFC 9700 section 4.4: mix-up.
  [
    "of another server",
    "code=s3cret&iss=https://evil.example",
    QUIET,
    "issuer_mismatch",
    `The redirect is from "https://evil.example", not from "${ISSUER}"`,
  ],
  [
    "of another server that is announced",
    "code=s3cret&iss=https://evil.example",
    ANNOUNCED,
    "issuer_mismatch",
    `The redirect is from "https://evil.example", not from "${ISSUER}"`,
  ],
  [
    "without an issuer although it is announced",
    "code=s3cret",
    ANNOUNCED,
    "issuer_mismatch",
    "The redirect does not say which server it is from",
  ],
  [
    "with two issuers",
    `code=s3cret&iss=${ISSUER}&iss=${ISSUER}`,
    QUIET,
    "issuer_mismatch",
    `The redirect is from "${ISSUER} ${ISSUER}", not from "${ISSUER}"`,
  ],
  [
    "with an issuer that only begins right",
    `code=s3cret&iss=${ISSUER}.evil.example`,
    QUIET,
    "issuer_mismatch",
    `The redirect is from "${ISSUER}.evil.example", not from "${ISSUER}"`,
  ],
  [
    "with an error of another server",
    "error=access_denied&iss=https://evil.example",
    QUIET,
    "issuer_mismatch",
    `The redirect is from "https://evil.example", not from "${ISSUER}"`,
  ],
  ["that denies", "error=access_denied", QUIET, "sign_in_denied", "The sign-in was denied"],
  [
    "that denies and says why",
    "error=access_denied&error_description=The+user+said+no.",
    QUIET,
    "sign_in_denied",
    "The sign-in was denied: The user said no",
  ],
  ["with an error", "error=server_error", QUIET, "sign_in_failed", 'The server ended the sign-in with "server_error"'],
  [
    "with an error and a code",
    "error=server_error&code=s3cret",
    QUIET,
    "sign_in_failed",
    'The server ended the sign-in with "server_error"',
  ],
  [
    "with a description of one character a parameter",
    "error=login_required&error_description=O&error_description=h&error_description=!",
    QUIET,
    "sign_in_failed",
    'The server ended the sign-in with "login_required": Oh!',
  ],
  [
    "with escape sequences",
    "error=x&error_description=%1b%5b31mred%07",
    QUIET,
    "sign_in_failed",
    'The server ended the sign-in with "x": [31mred',
  ],
  [
    "with line breaks",
    "error=a%0d%0ab&error_description=c%0ad",
    QUIET,
    "sign_in_failed",
    'The server ended the sign-in with "a b": c d',
  ],
  [
    "with writing that is turned around",
    "error=x&error_description=a%E2%80%AEb",
    QUIET,
    "sign_in_failed",
    'The server ended the sign-in with "x": a b',
  ],
];
for (const [name, query, rules, code, message] of refused) {
  Deno.test(`codeOf() throws ${code} when the redirect is one ${name}`, () => {
    const error = assertThrows(() => codeOf(new URLSearchParams(query), rules), FiefError);
    assertEquals([error.code, error.message, error.exitStatus], [code, message, 4]);
    assertFalse(Deno.inspect(error, { depth: 9 }).includes("s3cret"));
  });
}

for (const query of ["", "code=", "code=s3cret&code=s3cret", "codes=c"]) {
  Deno.test(`codeOf() throws FiefAuthAuthorizationCodeMissingError when the redirect has "${query}"`, () => {
    const error = assertThrows(() => codeOf(new URLSearchParams(query), QUIET), FiefAuthAuthorizationCodeMissingError);
    assertFalse(Deno.inspect(error, { depth: 9 }).includes("s3cret"));
  });
}

Deno.test("codeOf() cuts a description that is endless", () => {
  const query = new URLSearchParams({ error: "x", error_description: "a".repeat(100_000) });
  assertEquals(assertThrows(() => codeOf(query, QUIET), FiefError).message.length < 400, true);
});
