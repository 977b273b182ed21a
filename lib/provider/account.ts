import { FiefAccessTokenInvalid, FiefError, FiefRequestError } from "../errors.ts";
import type { FiefUserInfo } from "../types.ts";
import { discreet, readable } from "../readable.ts";
import { type Answer, describe, isKeepable, jsonObject, waitHint } from "./answer.ts";
import { reasonsIn } from "./fief_quirks.ts";
import { type ProviderHost, send } from "./requests.ts";
import { fitsInHeader } from "./tokens.ts";

/**
 * A request about the user, with the access token: userinfo (OpenID Connect Core section 5.3) and Fief's own account API.
 *
 * @param body Sent as JSON where it is given.
 * @returns Claims about the user.
 * @throws {FiefRequestError} Where the server refuses, with what it says about it.
 * @throws {FiefAccessTokenInvalid} Where the token cannot be sent at all.
 */
export async function accountRequest(
  url: string,
  accessToken: string,
  method: "GET" | "PATCH" | "POST",
  body: Record<string, unknown> | undefined,
  host: ProviderHost,
): Promise<FiefUserInfo> {
  if (!fitsInHeader(accessToken)) throw new FiefAccessTokenInvalid("The access token holds what no token can hold");
  const answer = await send(host, url, {
    method,
    headers: {
      accept: "application/json",
      authorization: `Bearer ${accessToken}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const json = jsonObject(answer);
  if (answer.status >= 400) {
    const detail = [detailOf(json), reasonsIn(json).join(" ")].filter(Boolean).join(": ");
    const shown = detail && withoutSecrets(detail, [accessToken, body?.["password"], body?.["code"]]);
    throw new FiefRequestError(answer.status, shown || "no reason was given", hintFor(answer));
  }
  const isUser = answer.status < 300 && json !== undefined && typeof json["sub"] === "string";
  if (!isUser || !isKeepable(json)) {
    const met = json === undefined || answer.status >= 300
      ? describe(answer)
      : isUser
      ? "more than can be kept"
      : "an answer without a user";
    throw new FiefError(
      "provider_answer_invalid",
      `Expected claims about the user from "${new URL(url).origin}", got ${met}`,
      "Try again; if it stays so, tell whoever runs the server",
    );
  }
  return json as FiefUserInfo;
}

/** FastAPI's `detail`: a text, or a list of what is wrong with which field. A value that was sent is not repeated. */
function detailOf(json: Record<string, unknown> | undefined): string | undefined {
  const detail = json?.["detail"];
  if (typeof detail === "string") return detail;
  if (Array.isArray(detail)) {
    const lines = detail.map((entry) => {
      const { loc, msg } = (entry ?? {}) as { loc?: unknown; msg?: unknown };
      return [Array.isArray(loc) ? loc.join(".") : "", typeof msg === "string" ? msg : ""].filter(Boolean).join(": ");
    });
    if (lines.some(Boolean)) return lines.filter(Boolean).join("; ");
  }
  const error = json?.["error"];
  return typeof error === "string" ? error : undefined;
}

/** Characters of a server's own words that are shown. */
const LONGEST_DETAIL = 300;

/** Characters of a secret that is looked for in the midst of words too. */
const SHORTEST_PART = 6;

/** A server's own words may repeat what it was sent, go on for a megabyte, and hold what a terminal would obey. */
function withoutSecrets(text: string, secrets: unknown[]): string {
  let shown = text;
  for (const secret of secrets) {
    if (typeof secret !== "string" || secret === "") continue;
    // A short one is a part of many a word: taken out of them it would show itself.
    shown = shown.replaceAll(secret, (met, at: number, all: string) => {
      const within = isOfWord(all[at - 1]) || isOfWord(all[at + met.length]);
      return secret.length < SHORTEST_PART && within ? met : "...";
    });
  }
  return discreet(readable(shown)).slice(0, LONGEST_DETAIL);
}

function isOfWord(character = ""): boolean {
  return /[\p{L}\p{N}]/u.test(character);
}

function hintFor(answer: Answer): string {
  const { status, headers } = answer;
  if (status === 429 || (status === 503 && headers.has("retry-after"))) return waitHint(answer);
  if (status === 401) return "Sign in again";
  if (status === 403) return "Ask an administrator, or sign in with more scopes";
  return status >= 500 ? "Try again; if it stays so, tell whoever runs the server" : "Check what you sent";
}
