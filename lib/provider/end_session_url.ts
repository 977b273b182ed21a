/**
 * The page at which a browser ends its session with the server.
 *
 * No ID token goes along as `id_token_hint`: a token has no place in a URL, which histories and logs keep. So the server asks the user once
 * more, as the standard wants it then.
 *
 * @see OpenID Connect RP-Initiated Logout section 2
 */
export function endSessionUrl(endpoint: string, clientId: string): string {
  const url = new URL(endpoint);
  url.searchParams.set("client_id", clientId);
  return url.href;
}
