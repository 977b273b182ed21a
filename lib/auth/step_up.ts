import { parseChallenges } from "./challenges.ts";

/** What sign-in an API asks for, where the one that the access token comes from is not enough. */
export interface StepUpChallenge {
  /** Authentication levels of which one would do, the preferred one first: `acr_values` of the next sign-in. */
  acrValues: string[];
  /** How many seconds ago the user may have signed in at most: `max_age` of the next sign-in. */
  maxAge?: number;
  /** Scopes that are asked for beside. */
  scope: string[];
}

/** What can be said on a command line, a header and a terminal: printable, without blanks, quotes and backslashes. RFC 6749 section 3.3. */
const NAMES = /^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/;
/** Longer lists are no list of levels. */
const LONGEST = 1_000;

/**
 * Whether an API has refused a request because the user should sign in again, more strongly or more recently, and how. No refresh gets a
 * token for that.
 *
 * @param response The answer of the API. Its body is not touched.
 * @returns `undefined` for any other answer. What the API has named in a way that no sign-in could ask for is left out.
 * @see RFC 9470 section 3
 * @example Sign in again as the API wants it
 * ```ts
 * import { stepUpChallenge } from "@fief/auth";
 * import { assertEquals } from "@std/assert";
 *
 * const challenge = 'Bearer error="insufficient_user_authentication", acr_values="gold", max_age="300"';
 * const response = new Response(null, { status: 401, headers: { "WWW-Authenticate": challenge } });
 * const stepUp = stepUpChallenge(response);
 * assertEquals(stepUp, { acrValues: ["gold"], maxAge: 300, scope: [] });
 * // await auth.authorize({ extrasParams: { acr_values: "gold", max_age: "300" } });
 * ```
 */
export function stepUpChallenge(response: Response): StepUpChallenge | undefined {
  if (response.status !== 401) return undefined;
  const challenge = parseChallenges(response.headers.get("www-authenticate") ?? "").find(({ scheme, parameters }) =>
    // RFC 9449 section 7.1: the scheme of tokens that are bound to a key has the same parameters.
    (scheme === "bearer" || scheme === "dpop") && parameters.get("error") === "insufficient_user_authentication"
  );
  if (challenge === undefined) return undefined;
  const names = (parameter: string) => {
    const value = challenge.parameters.get(parameter)?.trim() ?? "";
    return value.length <= LONGEST && NAMES.test(value) ? value.split(" ") : [];
  };
  const maxAge = challenge.parameters.get("max_age") ?? "";
  return {
    acrValues: names("acr_values"),
    ...(/^\d{1,9}$/.test(maxAge) ? { maxAge: Number(maxAge) } : {}),
    scope: names("scope"),
  };
}
