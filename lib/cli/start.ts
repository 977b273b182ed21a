import { defaultMinValid, secondsLeft, type Session } from "../auth/session.ts";
import { chosenProfile, defaultCredentialsPath } from "../credentials/path.ts";
import { readCredentials } from "../credentials/read.ts";

/**
 * Runs `fief-auth`, and loads as little for it as it can: scripts ask for a cached `token` all the time, and each module that Deno loads
 * costs as much as reading the credentials file.
 *
 * @returns The exit status.
 */
export async function start(): Promise<number> {
  const token = await cachedToken(Deno.args).catch(() => undefined); // whatever is wrong, the whole CLI says it
  if (token === undefined) return await wholeCli();
  try {
    let bytes = new TextEncoder().encode(`${token}\n`);
    // A disk that is almost full takes a part, and refuses the rest.
    while (bytes.length > 0) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
    return 0;
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return 0; // nobody reads any more
    return await wholeCli();
  }
}

/** The saved token, where `token` is all that was typed, and nothing but reading the file is to be done for it. */
async function cachedToken(args: string[]): Promise<string | undefined> {
  if (args.length !== 1 || args[0] !== "token") return undefined;
  const env = (name: string) => Deno.env.get(name) || undefined;
  if (env("FIEF_ACCESS_TOKEN") !== undefined) return undefined;
  const host = { env, os: Deno.build.os };
  const profile = () => env("FIEF_PROFILE") ?? chosenProfile("fief-auth", host);
  const path = env("FIEF_CREDENTIALS") ?? defaultCredentialsPath("fief-auth", host, profile());
  const onNotice = (line: string) => void Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
  const session = await readCredentials(path, { onNotice }) as Session | undefined;
  const record = session?.fief_auth;
  if (!session?.tokens || record === undefined) return undefined;
  // A session belongs to the server and client that gave it; settings that name them in other words are for the whole CLI to judge.
  const own = (env("FIEF_BASE_URL") ?? record.base_url) === record.base_url &&
    (env("FIEF_CLIENT_ID") ?? record.client_id) === record.client_id;
  const left = secondsLeft(session, Date.now());
  return own && left > 0 && left >= defaultMinValid(session) ? session.tokens.access_token : undefined;
}

async function wholeCli(): Promise<number> {
  try {
    const { cli } = await import("./mod.ts");
    return await cli({ name: "fief-auth", isolated: true });
  } catch (error) {
    // Not even the part that tells of errors may be read.
    const path = error instanceof TypeError ? error.message.match(/Requires read access to "(.*?)"/)?.[1] : undefined;
    if (path === undefined) throw error;
    console.error(
      `fief-auth: Deno does not allow read access to "${path}"\nAdd this flag to deno run: --allow-read=${path}`,
    );
    return 2;
  }
}
