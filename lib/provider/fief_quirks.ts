// What only Fief does, in one place, each with the observation behind it. Nothing here goes by a server's name.
import type { ProviderMetadata } from "./metadata.ts";

/**
 * Whether a server is a Fief server: its endpoints are where Fief 0.27.0 has them and cannot be set otherwise.
 *
 * @param baseUrl Base URL, normalised, with the tenant's path.
 */
export function isFief(metadata: ProviderMetadata, baseUrl: string): boolean {
  const path = (url: string | undefined) => url === undefined ? undefined : new URL(url).pathname;
  const at = (suffix: string) => new URL(`${baseUrl}${suffix}`).pathname;
  return path(metadata.authorization_endpoint) === at("/authorize") &&
    path(metadata.token_endpoint) === at("/api/token") &&
    path(metadata.userinfo_endpoint) === at("/api/userinfo");
}

/** Observed: an unknown client or a redirect URI that is not registered gets a page with this status, and the user never comes back. */
export const REFUSED_AUTHORIZATION_STATUS = 400;

/**
 * Observed: Fief has no revocation endpoint, and a refresh that asks for this scope alone spends the old refresh token without giving a new
 * one. So it ends the session. Elsewhere the same request would make a live token: never send it there.
 */
export const SCOPE_THAT_ENDS_THE_SESSION = "openid";

/** Where Fief has the page that ends the browser's session. */
export function logoutUrl(baseUrl: string, redirectUri: string): string {
  return `${baseUrl}/logout?${new URLSearchParams({ redirect_uri: redirectUri })}`;
}

/** Observed: where a new password is refused, `detail` is a bare code, and `reason` beside it lists what is wrong in sentences. */
export function reasonsIn(json: Record<string, unknown> | undefined): string[] {
  const reason = json?.["reason"];
  return Array.isArray(reason) ? reason.filter((sentence) => typeof sentence === "string") : [];
}
