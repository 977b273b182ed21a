import { changeCredentials } from "../credentials/change.ts";
import { readCredentials } from "../credentials/read.ts";
import { FiefError } from "../errors.ts";
import type { Fief } from "../provider/fief.ts";
import { assertOwn, expiryOf, type Session } from "./session.ts";
import { tellSession } from "./told.ts";

/** What became of the session. */
export interface SignedOut {
  /**
   * `ended`: the server has ended it; `unsupported`: the server has no way to end it from here; `failed`: it could not be reached or
   * refused; `none`: nobody was signed in.
   */
  server: "ended" | "unsupported" | "failed" | "none";
  /** Where the server failed: what was met. */
  detail?: string;
  /** Until when the access token may still work, in epoch seconds; absent where nothing says. */
  accessTokenExpiresAt?: number;
}

/**
 * Removes the tokens from the file, then ends the session on the server. In this order: whatever the server does, this machine is signed
 * out.
 */
export async function signOut(
  { fief, path, signal, onNotice }: {
    fief: Fief;
    path: string;
    signal: AbortSignal | undefined;
    onNotice: (line: string) => void;
  },
): Promise<SignedOut> {
  if (await readCredentials(path, fief.host) === undefined) return { server: "none" };
  const ended = await changeCredentials(path, fief.host, { signal, onNotice }, async ({ current, prepare, save }) => {
    tellSession(current, fief.host);
    assertOwn(current, fief);
    if (current === undefined || (current.tokens === null && current.userinfo === null)) return undefined;
    await prepare();
    const record = current.fief_auth ?? { version: 1, base_url: fief.baseUrl, client_id: fief.clientId } as const;
    await save({ ...current, userinfo: null, tokens: null, fief_auth: record });
    return current.tokens === null ? undefined : current as Session;
  });
  if (ended === undefined) return { server: "none" };
  const expiry = expiryOf(ended);
  const rest = expiry === undefined || expiry <= fief.host.now() / 1000 ? {} : { accessTokenExpiresAt: expiry };
  try {
    const server = await fief.endSession(ended.tokens);
    return { server: server ? "ended" : "unsupported", ...rest };
  } catch (error) {
    if (!(error instanceof FiefError)) throw error;
    return { server: "failed", detail: error.message, ...rest };
  }
}
