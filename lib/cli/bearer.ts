import { bearerTokenOf } from "../auth/session.ts";
import type { FiefBearerToken } from "../types.ts";
import type { Context } from "./command.ts";

/**
 * The access token that a command gives away: the one of the environment as it is, else the session's.
 *
 * @param minValid Seconds that it must still live, where the user says.
 */
export async function bearerToken(context: Context, minValid: number | undefined): Promise<FiefBearerToken> {
  const { accessToken, host, signal } = context;
  if (accessToken !== undefined) {
    const tokens = { access_token: accessToken, token_type: "Bearer" };
    return bearerTokenOf({ userinfo: null, tokens }, host.now());
  }
  return await context.auth.bearerToken({ signal, ...(minValid === undefined ? {} : { minValid }) });
}
