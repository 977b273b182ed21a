/**
 * What comes from a server and what it means, under the names of Fief's Python package. Keys are the wire's own.
 *
 * @module
 */

/**
 * Token response of the token endpoint, as the server sent it.
 *
 * @see RFC 6749 section 5.1 and OpenID Connect Core section 3.1.3.3
 */
export interface FiefTokenResponse {
  /** What an API asks for in `Authorization: Bearer`. */
  access_token: string;
  /** Who signed in. Absent where a provider sends none with a refresh and none was known. */
  id_token?: string;
  /** `bearer`, in whatever case the server writes it. */
  token_type: string;
  /** Seconds from the arrival of this response until the access token stops working. */
  expires_in?: number;
  /** What gets the next access token. `null` or absent where the server gave none. */
  refresh_token?: string | null;
  /** Granted scopes, separated by spaces. Fief sends none. */
  scope?: string;
  /** Anything else that the server sent. */
  [member: string]: unknown;
}

/**
 * Claims about the user: those of the ID token, or of the userinfo endpoint.
 *
 * @see OpenID Connect Core sections 2 and 5.1
 */
export interface FiefUserInfo {
  /** The user's id at this server. */
  sub: string;
  /** Always there with Fief; elsewhere it takes the scope `email`. */
  email?: string;
  /** Fief only: the tenant of this user. */
  tenant_id?: string;
  /** Fief only: the user fields by their slug. */
  fields?: Record<string, unknown>;
  /** Any other claim. */
  [claim: string]: unknown;
}

/** What an access token says about itself, as `accessTokenInfo()` and `validateAccessToken()` give it. */
export interface FiefAccessTokenInfo {
  /** The user's id: `sub`. */
  id: string;
  /** Granted scopes. */
  scope: string[];
  /** Authentication level, a {@linkcode FiefACR} with Fief. `null` where the token does not say. */
  acr: string | null;
  /** Fief's permissions of this user. Empty where the token does not say. */
  permissions: string[];
  /** The token itself. */
  access_token: string;
}

/**
 * An access token with what others need to know who are to use it: what `FiefAuth.bearerToken()` gives.
 *
 * @see RFC 6750
 */
export interface FiefBearerToken {
  /** The token itself. */
  access_token: string;
  /** How to use it: `Authorization: Bearer ...`. */
  token_type: "Bearer";
  /** The moment it stops working, in epoch seconds; absent where nothing says. */
  expires_at?: number;
  /** Granted scopes, separated by spaces; absent where nothing says. */
  scope?: string;
}

/**
 * Authentication levels of Fief, lowest first.
 *
 * @see OpenID Connect Core section 2, `acr`
 */
export const FiefACR = {
  /** No authentication was performed, a previous session was used. */
  LEVEL_ZERO: "0",
  /** The user gave a password. */
  LEVEL_ONE: "1",
} as const;
/** One of Fief's authentication levels. */
export type FiefACR = typeof FiefACR[keyof typeof FiefACR];
