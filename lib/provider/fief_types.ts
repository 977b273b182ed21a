// What the methods of Fief take and give: plain data, all of it.
import type { Host } from "../host.ts";
import type { FiefTokenResponse, FiefUserInfo } from "../types.ts";

/** Settings of a {@linkcode Fief}. */
export interface FiefOptions {
  /** Scopes to ask for at every sign-in, beside `openid offline_access`. */
  scope?: string[];
  /** The client's private key, where its ID tokens are encrypted: a JWK, or its JSON text. */
  encryptionKey?: string | JsonWebKey;
  /** Any part of the outside world, `fetch` say; the rest is the real one. */
  host?: Partial<Host>;
}

/** What a process knows of a session that it did not begin. */
export interface KnownSession {
  /** The provider's issuer. */
  issuer?: string;
  /** Where to refresh. */
  token_endpoint?: string;
  /** Where to ask for claims about the user. */
  userinfo_endpoint?: string;
  /** Where to revoke tokens. */
  revocation_endpoint?: string;
  /** Where a browser ends its session. */
  end_session_endpoint?: string;
  /** The user's `sub`: a refreshed ID token must be about the same. */
  subject?: string;
  /** The last ID token. Where it is encrypted, the next one will be: whoever cannot read this one must not spend the refresh token. */
  id_token?: string;
}

/** What the token endpoint gave. */
export interface TokensAndUser {
  /** The token response. */
  tokens: FiefTokenResponse;
  /** The claims of the ID token, checked. */
  userinfo: FiefUserInfo;
  /** Seconds that the server's clock is ahead of ours: 0 where they agree within a minute. */
  clockOffset: number;
}
