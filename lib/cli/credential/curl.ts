import { assertAllowed } from "../../auth/api_fetch.ts";
import { bearerToken } from "../bearer.ts";
import type { CredentialRequest } from "./request.ts";

/**
 * A line for `curl --config -`: the header with the token, for a URL whose origin was named.
 *
 * @throws {FiefError} As {@linkcode assertAllowed}.
 */
export async function curlConfig({ context, what, origins, minValid }: CredentialRequest): Promise<string> {
  assertAllowed(what, origins);
  const { access_token } = await bearerToken(context, minValid);
  // Within quotes curl takes a backslash for the beginning of an escape. A token has no other characters that would matter.
  return `header = "Authorization: Bearer ${access_token.replaceAll(/["\\]/g, "\\$&")}"\n`;
}
