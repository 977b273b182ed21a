import type { Credentials } from "../credentials/format.ts";
import type { Host } from "../host.ts";
import type { FiefTokenResponse } from "../types.ts";
import { secondsLeft, type Session } from "./session.ts";

/** Tells debug whose session this is and until when; of its secrets the lengths. */
export function tellSession(credentials: Credentials | undefined, { debug, now }: Pick<Host, "debug" | "now">): void {
  if (debug === undefined) return;
  const { userinfo, tokens, fief_auth } = credentials ?? { userinfo: null, tokens: null };
  const user = userinfo === null ? "an unnamed user" : `user "${userinfo.sub}"`;
  const party = fief_auth ? `, client "${fief_auth.client_id}" at "${fief_auth.base_url}"` : "";
  if (tokens === null) {
    return debug(`nobody is signed in${userinfo === null ? "" : `: the session of ${user} has ended`}${party}`);
  }
  const left = secondsLeft(credentials as Session, now());
  debug(
    `session of ${user}${party}: ${describeTokens(tokens)}, ${
      left === Infinity ? "no expiry" : `${Math.floor(left)} s left`
    }`,
  );
}

/** What a token response holds, each by its length. */
export function describeTokens({ access_token, refresh_token, id_token }: FiefTokenResponse): string {
  const named: [string, string | null | undefined][] = [
    ["access token", access_token],
    ["refresh token", refresh_token],
    ["ID token", id_token],
  ];
  return named.map(([name, token]) => token ? `${name} (${token.length} characters)` : `no ${name}`).join(", ");
}
