import { assertAllowed } from "../../auth/api_fetch.ts";
import { readCredentials } from "../../credentials/read.ts";
import { FiefError } from "../../errors.ts";
import { bearerToken } from "../bearer.ts";
import type { Context } from "../command.ts";
import { gitAnswer, type GitRequest, parseGitRequest, serverOf } from "./git_protocol.ts";
import type { CredentialRequest } from "./request.ts";

/** Bytes that git sends at most: it passes on what the server has said. */
const LARGEST = 1_000_000;

/**
 * A credential helper of git: `get` gives the token to servers whose origin was named, and says nothing of others, so that git asks its next
 * helper; `erase` exchanges the token that a server has refused; `store` and what is not known do nothing.
 *
 * @returns What git is told.
 * @see https://git-scm.com/docs/gitcredentials#_custom_helpers
 */
export async function gitCredential(request: CredentialRequest): Promise<string> {
  const { context, what, origins } = request;
  const asked = parseGitRequest(await readAll(context));
  if ((what !== "get" && what !== "erase") || !isNamed(asked, origins)) {
    context.host.debug?.(`nothing to say to "${what}" for "${asked.protocol}://${asked.host}"`);
    return "";
  }
  if (what === "get") return await answer(asked, request);
  await exchange(asked.refused, context);
  return "";
}

function isNamed(asked: GitRequest, origins: string[]): boolean {
  const url = serverOf(asked);
  try {
    return url !== undefined && assertAllowed(url, origins) instanceof URL;
  } catch (error) {
    if (error instanceof FiefError) return false;
    throw error;
  }
}

async function answer(asked: GitRequest, { context, username, minValid }: CredentialRequest): Promise<string> {
  const { access_token, expires_at } = await bearerToken(context, minValid);
  const expiry: [string, string][] = expires_at === undefined
    ? []
    : [["password_expiry_utc", String(Math.floor(expires_at))]];
  // A server that has named its schemes without this one wants the token as a password.
  if (asked.anyScheme && (asked.schemes.length === 0 || asked.schemes.includes("bearer"))) {
    return gitAnswer([
      ["capability[]", "authtype"], // before what depends on it
      ["authtype", "Bearer"],
      ["credential", access_token],
      ["ephemeral", "1"], // no other helper is to keep it
      ...expiry,
    ]);
  }
  return gitAnswer([["username", asked.username ?? username], ["password", access_token], ...expiry]);
}

/** Only the token that was refused, and only while it is the saved one: of whatever else git may hold, nothing follows for the session. */
async function exchange(refused: string | undefined, context: Context): Promise<void> {
  if (refused === undefined || context.accessToken !== undefined) return;
  const { settings: { credentialsPath }, host, signal } = context;
  const credentials = await readCredentials(credentialsPath, host);
  if (credentials?.tokens?.access_token !== refused) return;
  await context.auth.accessToken({ refused, signal });
}

async function readAll({ host: { stdin }, signal }: Context): Promise<string> {
  const reader = stdin.readable.getReader();
  const stop = () => void reader.cancel();
  signal.addEventListener("abort", stop, { once: true });
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    signal.throwIfAborted();
    text += decoder.decode(value, { stream: !done });
    if (done) return text;
    if (text.length <= LARGEST) continue;
    await reader.cancel();
    throw new FiefError("usage_invalid", "What git has sent is larger than 1 MB", "Check what calls this command");
  }
}
