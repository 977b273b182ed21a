import { isSafeEndpoint } from "./base_url.ts";

/**
 * What a device shows, and how it asks whether the user has signed in.
 *
 * @see RFC 8628 section 3.2
 */
export interface DeviceAuthorization {
  /** A secret: what the tokens are asked for with. */
  device_code: string;
  /** What the user enters, exactly as the server gives it. */
  user_code: string;
  /** Where the user enters it. */
  verification_uri: string;
  /** The same with the code in it, where the server has such an address. */
  verification_uri_complete?: string;
  /** Seconds that both codes are good for. */
  expires_in: number;
  /** Seconds to wait before each question. */
  interval: number;
}

/** Characters of a user code and of an address: what a person is to type, and what a QR code can hold. */
const LONGEST_USER_CODE = 100;
const LONGEST_ADDRESS = 2_000;

/**
 * Picks what a device authorization response has to hold, whoever it came from.
 *
 * @param unexpected Makes the error of what was met instead.
 */
export function deviceAuthorizationOf(
  members: Record<string, unknown>,
  baseUrl: string,
  unexpected: (met: string) => Error,
): DeviceAuthorization {
  const { device_code, user_code, verification_uri, verification_uri_complete, expires_in, interval } = members;
  if (typeof device_code !== "string" || device_code === "") throw unexpected(`a wrong "device_code"`);
  if (!isTypeable(user_code)) throw unexpected(`a "user_code" that nobody can type`);
  const notAnAddress = (name: string) => unexpected(`a "${name}" that is no https address`);
  if (!isAddress(verification_uri, baseUrl)) throw notAnAddress("verification_uri");
  if (verification_uri_complete !== undefined && !isAddress(verification_uri_complete, baseUrl)) {
    throw notAnAddress("verification_uri_complete");
  }
  if (!isDuration(expires_in)) throw unexpected(`a wrong "expires_in"`);
  if (!isDuration(interval)) throw unexpected(`a wrong "interval"`);
  return {
    device_code,
    user_code,
    verification_uri,
    ...verification_uri_complete === undefined ? {} : { verification_uri_complete },
    expires_in,
    interval,
  };
}

/** A terminal shows it, and a person types it: one line, and nothing in it that a terminal would obey. */
function isTypeable(code: unknown): code is string {
  return typeof code === "string" && code !== "" && code.length <= LONGEST_USER_CODE &&
    !/^\s|\s$|\p{C}|\p{Zl}|\p{Zp}/u.test(code);
}

function isAddress(uri: unknown, baseUrl: string): uri is string {
  return typeof uri === "string" && /^[\x21-\x7e]+$/.test(uri) && uri.length <= LONGEST_ADDRESS &&
    isSafeEndpoint(uri, baseUrl);
}

function isDuration(seconds: unknown): seconds is number {
  return typeof seconds === "number" && Number.isFinite(seconds) && seconds > 0;
}
