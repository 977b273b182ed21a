import { readCredentials } from "../../credentials/read.ts";
import { normalizeBaseUrl } from "../../provider/base_url.ts";
import type { Context } from "../command.ts";

/**
 * The origins that may see the token, also where nobody is signed in: the base URL's own, those that are built in, those named at sign-in, and
 * those named now.
 *
 * @param named Those named now.
 */
export async function namedOrigins(context: Context, named: string[]): Promise<string[]> {
  const { accessToken, app, settings: { baseUrl, credentialsPath }, host } = context;
  // A token of the environment is of no session: what was named for one is not named for it.
  const record = accessToken === undefined ? (await readCredentials(credentialsPath, host))?.fief_auth : undefined;
  return [
    ...baseUrl === undefined ? [] : [new URL(normalizeBaseUrl(baseUrl)).origin],
    ...app.apiOrigins,
    ...record?.api_origins ?? [],
    ...named,
  ];
}
