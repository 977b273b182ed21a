/**
 * Proxies as Deno finds them: in the environment. Deno uses them by itself; this is for saying so.
 *
 * @module
 */

/** A proxy that requests go through. */
export interface Proxy {
  /** The variable that names it. */
  variable: string;
  /** Its address, without user name and password. */
  address: string;
  /** Whether the variable holds a user name or a password. */
  hasCredentials: boolean;
}

/** The variables that Deno takes a proxy from, in the order in which it does. `HTTP_PROXY` is for plain http. */
export const PROXY_VARIABLES = [
  "ALL_PROXY",
  "all_proxy",
  "HTTPS_PROXY",
  "https_proxy",
  "HTTP_PROXY",
  "http_proxy",
];

/** A variable; `undefined` where it is not set. */
type Variables = (name: string) => string | undefined;

/** The proxy that a request to this URL goes through, `undefined` where there is none. */
export function proxyFor({ protocol, hostname }: URL, env: Variables): Proxy | undefined {
  const names = PROXY_VARIABLES.filter((name) =>
    /^all/i.test(name) || name.toLowerCase() === `${protocol.slice(0, -1)}_proxy`
  );
  // Deno goes on to the next variable where what is in one is no proxy.
  for (const variable of names) {
    const url = parseProxy(env(variable) ?? "");
    if (url === undefined) continue;
    if (isExempt(hostname, env("NO_PROXY") ?? env("no_proxy") ?? "")) return undefined;
    return { variable, address: addressOf(url), hasCredentials: url.username !== "" || url.password !== "" };
  }
  return undefined;
}

/** What a variable that names a proxy holds, for people: the password is left out. */
export function shownProxy(text: string): string {
  const url = parseProxy(text);
  if (url === undefined) return "no proxy that Deno knows";
  return url.username || url.password ? addressOf(url).replace("//", "//...@") : addressOf(url);
}

/** What a variable that names a proxy holds, with stars for user name and password. */
export function withoutPassword(text: string): string {
  const url = parseProxy(text);
  return url?.username || url?.password ? `${url.protocol}//***:***@${url.host}` : text;
}

function parseProxy(text: string): URL | undefined {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  return url !== null && url.hostname !== "" && /^(https?|socks[45][ah]?):$/.test(url.protocol) ? url : undefined;
}

function addressOf({ protocol, host }: URL): string {
  return `${protocol}//${host}`;
}

/** As Deno reads `NO_PROXY`: names with all below them, addresses, networks of IPv4, and `*`. */
function isExempt(hostname: string, list: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "");
  return list.split(",").map((part) => part.trim()).filter(Boolean).some((part) =>
    part === "*" || host === part.replace(/^\./, "") || host.endsWith(part.startsWith(".") ? part : `.${part}`) ||
    isInNetwork(host, part)
  );
}

function isInNetwork(host: string, network: string): boolean {
  const [, base, bits] = network.match(/^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/) ?? [];
  if (base === undefined || !/^\d+\.\d+\.\d+\.\d+$/.test(host)) return false;
  const number = (address: string) => address.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);
  const size = 2 ** (32 - Number(bits));
  return Math.floor(number(host) / size) === Math.floor(number(base) / size);
}

/** A request that the proxy did not let through, or that never reached it. The server knows nothing of it. */
export class ProxyError extends Error {
  /** What to do next, for people. */
  readonly hint: string;

  /**
   * Makes the error.
   *
   * @param message What was met.
   * @param hint What to do next.
   */
  constructor(message: string, hint: string) {
    super(message);
    this.name = new.target.name;
    this.hint = hint;
  }
}

/**
 * What went wrong with the proxy between us and a server.
 *
 * @param error What the platform says of the failed request.
 * @param url Where the request was to go.
 * @returns `undefined` where it was not the proxy.
 */
export function proxyErrorOf(error: Error, url: URL, env: Variables): ProxyError | undefined {
  const { cause } = error; // Deno 2.9 tells there, Deno 2.6 in the message
  const [, reason = ""] = `${error.message} ${cause instanceof Error ? cause.message : ""}`
    .match(/client error \(Connect\): (.*)/s) ?? [];
  if (reason === "") return undefined;
  const proxy = proxyFor(url, env);
  const variable = proxy?.variable ?? "HTTPS_PROXY";
  const it = proxy === undefined ? "The proxy" : `The proxy "${proxy.address}" (${variable})`;
  if (/proxy authentication required/i.test(reason)) {
    return proxy?.hasCredentials
      ? new ProxyError(`${it} does not take the user name and password in ${variable}`, `Set ${variable} again`)
      : new ProxyError(
        `${it} wants a user name and a password`,
        `Put them into ${variable}: http://USER:PASSWORD@HOST:PORT, with %40 for an @ in them`,
      );
  }
  if (/tunnel/i.test(reason)) {
    return new ProxyError(
      `${it} does not let requests through to "${url.host}"`,
      `Ask whoever runs the proxy, or add ${url.hostname} to NO_PROXY where it can be reached without`,
    );
  }
  if (proxy === undefined || /certificate/i.test(reason)) return undefined;
  if (!/dns error|lookup address|tcp connect|refused|unreachable/i.test(reason)) return undefined;
  const met = /dns error|lookup address/i.test(reason) ? "cannot be found" : "cannot be reached";
  return new ProxyError(
    `${it} ${met}`,
    `Check ${variable} and the network connection, or add ${url.hostname} to NO_PROXY where it can be reached without`,
  );
}
