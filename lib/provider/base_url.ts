import { FiefError } from "../errors.ts";

/** Whether this host name, as `URL.hostname` writes it, is this machine (RFC 6761 section 6.3, RFC 1122 section 3.2.1.3, RFC 4291 2.5.3). */
export function isLoopback(hostname: string): boolean {
  return /^((.+\.)?localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

/**
 * A base URL as it is kept: without a slash at the end. A path is fine, tenants have one.
 *
 * @throws {FiefError} `base_url_invalid`, which says why.
 */
export function normalizeBaseUrl(text: string): string {
  // Most are as they are kept. A cached `token` need not load the parser of URLs for them.
  // Not so where a label is Punycode, which may be wrong.
  if (/^https:\/\/(?!.*xn--)[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+(\/[A-Za-z0-9_-]+)*$/.test(text)) return text;
  const url = URL.parse(text);
  const refuse = (why: string, hint = "Write it as https://example.fief.dev, with the tenant's path if it has one") =>
    new FiefError("base_url_invalid", `The base URL ${why}`, hint);
  if (url === null || !/^https?:\/\//i.test(text)) throw refuse(`"${withoutSecrets(text)}" is no http or https URL`);
  if (url.username !== "" || url.password !== "") {
    throw refuse(
      `of "${url.host}" holds a user name or a password`,
      "Leave them out: the user signs in with the browser",
    );
  }
  if (text.includes("?")) throw refuse(`of "${url.host}" has a query`);
  if (text.includes("#")) throw refuse(`of "${url.host}" has a fragment`);
  if (isWildcard(url.hostname)) throw refuse(`of "${url.host}" has a * in its host name`);
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    throw refuse(`"${url.origin}" is on plain http`, "Use https: plain http is for a server on this machine only");
  }
  return url.href.replace(/\/+$/, "");
}

/** Whether an issuer is the server of this base URL. Behind Fief's own http on loopback it calls itself https. */
export function isSameIssuer(issuer: string, baseUrl: string): boolean {
  const [a, b] = [URL.parse(issuer), URL.parse(baseUrl)];
  if (a === null || b === null || a.username || a.password || a.search || a.hash) return false;
  const samePlace = a.host === b.host && trimmed(a.pathname) === trimmed(b.pathname);
  // Observed on Fief 0.27.0: the issuer is https even where the server listens on http. OpenID Connect Discovery 4.3 wants it exact.
  return samePlace && (a.protocol === b.protocol || (isLoopback(b.hostname) && /^https?:$/.test(a.protocol)));
}

/**
 * Whether the user's browser or a token may go there: https, or http on this machine where the base URL is on it too; without a user name
 * and a password, and without a fragment (RFC 6749 sections 3.1 and 3.2).
 */
export function isSafeEndpoint(endpoint: string, baseUrl: string): boolean {
  const url = URL.parse(endpoint);
  if (url === null || url.username !== "" || url.password !== "" || url.hash !== "" || isWildcard(url.hostname)) {
    return false;
  }
  return url.protocol === "https:" ||
    (url.protocol === "http:" && isLoopback(url.hostname) && isLoopback(new URL(baseUrl).hostname));
}

/** Whether Deno takes this host name in a permission for that of many hosts. No host has such a name. */
export function isWildcard(hostname: string): boolean {
  return hostname.includes("*");
}

function trimmed(path: string): string {
  return path.replace(/\/+$/, "");
}

/**
 * What was typed, for a message: without what stands before an @ or behind a question mark. It need not be a URL, so where a password ends
 * nobody knows.
 */
export function withoutSecrets(text: string): string {
  return text.replace(/[?#].*$/s, "?...").replace(/^.*@/s, "...@").slice(0, 100);
}
