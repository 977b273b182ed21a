import { isLoopback } from "../../provider/base_url.ts";
import type { KnownSession } from "../../provider/fief.ts";
import type { ProviderMetadata } from "../../provider/metadata.ts";

/** The endpoints that are asked from here; at the one where a browser ends its session only the browser is. */
const ENDPOINTS = [
  "authorization_endpoint",
  "token_endpoint",
  "jwks_uri",
  "userinfo_endpoint",
  "revocation_endpoint",
  "device_authorization_endpoint",
] as const;

/** What is known of where a provider is. */
export type KnownEndpoints = Partial<Pick<ProviderMetadata & KnownSession, typeof ENDPOINTS[number]>>;

/**
 * The addresses of a provider, as `--allow-net` has them: those of its base URL and of its endpoints. These have been checked where they
 * come from: https, or http on this machine where the base URL is there too.
 */
export function addressesOf(baseUrl: string, ...known: (KnownEndpoints | undefined)[]): string[] {
  const urls = known.flatMap((endpoints) => ENDPOINTS.map((name) => endpoints?.[name]));
  return [...new Set([baseUrl, ...urls].flatMap((url) => url === undefined ? [] : addressOf(url)))];
}

/** Whether an address is on this machine. */
export function isAddressHere(address: string): boolean {
  return isLoopback(address.replace(/:\d+$/, ""));
}

function addressOf(text: string): string[] {
  const url = URL.parse(text);
  return url === null ? [] : [`${url.hostname}:${url.port || (url.protocol === "https:" ? 443 : 80)}`];
}
