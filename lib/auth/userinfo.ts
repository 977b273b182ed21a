import { changeCredentials } from "../credentials/change.ts";
import { readCredentials } from "../credentials/read.ts";
import { FiefError } from "../errors.ts";
import type { Fief } from "../provider/fief.ts";
import type { FiefUserInfo } from "../types.ts";
import { assertOwn, knownSession, requireSession } from "./session.ts";

/**
 * Asks the server who the user is, and keeps its answer.
 *
 * @throws {FiefError} `provider_answer_invalid` where the answer is about somebody else.
 * @see OpenID Connect Core section 5.3
 */
export async function refreshUserinfo(
  fief: Fief,
  path: string,
  accessToken: string,
  signal: AbortSignal | undefined,
): Promise<FiefUserInfo> {
  const before = requireSession(await readCredentials(path, fief.host));
  const userinfo = await fief.userinfo(accessToken, { session: knownSession(before, fief) });
  // OpenID Connect Core 5.3.2: the answer counts only where `sub` is the one of the ID token.
  if (before.userinfo && userinfo.sub !== before.userinfo.sub) {
    throw new FiefError(
      "provider_answer_invalid",
      "The server answered with the claims of another user",
      "Sign in again",
    );
  }
  return await changeCredentials(path, fief.host, { signal }, async ({ current, prepare, save }) => {
    assertOwn(current, fief);
    // Somebody may have signed out, or in as somebody else, meanwhile: then this answer is not about their session.
    if (current?.tokens && current.userinfo?.sub === userinfo.sub) {
      await prepare();
      await save({ ...current, userinfo });
    }
    return userinfo;
  });
}
