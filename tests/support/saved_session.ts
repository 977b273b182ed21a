/** A session in a credentials file, for commands that ask no server. */
export interface SavedSession {
  /** What `token` prints. */
  accessToken: string;
  /** Origins beside the server's own that may see it. */
  apiOrigins?: string[];
  /** Seconds that it still lives; by default an hour. */
  left?: number;
  /** Granted scopes. */
  scope?: string;
}

/** The server that such a session is of; nobody is there. */
export const NO_SERVER = "https://fief.invalid";

/** Writes it as a sign-in would. */
export async function saveSession(path: string, session: SavedSession): Promise<void> {
  const { accessToken, apiOrigins = [], left = 3600, scope = "openid offline_access" } = session;
  const file = {
    userinfo: { sub: "anne", email: "anne@example.com" },
    tokens: {
      access_token: accessToken,
      id_token: "none",
      token_type: "bearer",
      expires_in: 3600,
      refresh_token: "refresh-token-of-nobody",
    },
    fief_auth: {
      version: 1,
      base_url: NO_SERVER,
      client_id: "cli",
      issuer: NO_SERVER,
      token_endpoint: `${NO_SERVER}/api/token`,
      expires_at: Math.floor(Date.now() / 1000) + left,
      scope,
      ...apiOrigins.length > 0 ? { api_origins: apiOrigins } : {},
    },
  };
  await Deno.writeTextFile(path, JSON.stringify(file), { mode: 0o600 });
}
