import { FiefError } from "../errors.ts";
import { isLoopback, withoutSecrets } from "../provider/base_url.ts";

/**
 * The origin of an API, as `--api-origin` takes it.
 *
 * @throws {FiefError} `usage_invalid` where it is more than an origin, or one that a token does not go to.
 */
export function originOf(text: string): string {
  const url = URL.parse(text);
  const bare = url !== null && url.pathname === "/" && !url.search && !url.hash && !url.username && !url.password;
  if (bare && (url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname)))) return url.origin;
  throw new FiefError(
    "usage_invalid",
    `"${withoutSecrets(text)}" is not the origin of an API`,
    "Write scheme, host and port only, with https (http on this machine): https://api.example.com",
  );
}
