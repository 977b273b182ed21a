/** Makes the session in a credentials file look as if its access token had run out a moment ago. */
export function expire(path: string): void {
  const saved = JSON.parse(Deno.readTextFileSync(path)) as { fief_auth: { expires_at: number } };
  saved.fief_auth.expires_at = Math.floor(Date.now() / 1000) - 10;
  Deno.writeTextFileSync(path, JSON.stringify(saved));
}
