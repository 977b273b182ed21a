import { FiefError } from "../errors.ts";
import { equalInConstantTime, randomText } from "../provider/pkce.ts";
import { errorPage } from "./callback_page.ts";

/** The redirect of the pending sign-in. */
export interface Callback {
  /** Its query parameters, as they came. */
  parameters: URLSearchParams;
  /** Answers the browser with this page, and resolves when the browser has it, or after a short while. */
  respond(page: string): Promise<void>;
}

/** What the listener waits for. */
export interface PendingSignIn {
  /** The state of the authorization request. */
  state: string;
  /** Where the one-time address leads, once it is known; a rejection ends there with a page that says why. */
  authorizationUrl(): Promise<string>;
}

/** A listener for the redirect of one sign-in. */
export interface CallbackServer extends AsyncDisposable {
  /** The redirect URI, with the real port. */
  readonly redirectUri: string;
  /** The one-time address for the browser: it leads to the server's sign-in page, and works once. */
  readonly startUrl: string;
  /** Begins to answer. Until then every request is turned away. */
  expect(pending: PendingSignIn): Promise<Callback>;
}

/** Milliseconds for the browser to fetch the last page, and for connections to end. */
const GRACE = 2_000;

/**
 * Listens for the redirect: on both loopback addresses where the host is `localhost`, because a browser takes either.
 *
 * @param redirectUri Redirect URI exactly as it was registered; port 0 is any free port.
 * @throws {FiefError} `redirect_uri_invalid`; `redirect_port_taken` where another program listens on one of the addresses.
 * @see RFC 8252 sections 7.3 and 8.3
 */
export function listen(redirectUri: string, appName: string): CallbackServer {
  const registered = parseRedirectUri(redirectUri);
  let handle: (request: Request) => Response | Promise<Response> = () => plain(503, "Not yet");
  const servers = bind(registered, redirectUri, (request) => handle(request));
  const port = servers[0]!.port;
  const actual = new URL(registered);
  if (registered.port === "0") actual.port = String(port);
  const base = `http://${actual.host}`;
  const startPath = `/start/${randomText()}`;
  const resultPath = `/result/${randomText()}`;

  return {
    redirectUri: registered.port === "0"
      ? `${base}${registered.pathname === "/" ? "" : registered.pathname}`
      : redirectUri,
    startUrl: base + startPath,
    expect(pending) {
      const { promise, resolve } = Promise.withResolvers<Callback>();
      const fetched = Promise.withResolvers<void>();
      let started = false;
      let result: Promise<Page> | undefined;
      handle = async (request) => {
        const url = locate(request, actual.host);
        if (url === undefined) return plain(421, "This is not the address of this server");
        // Link scanners and prefetching browsers look before the user does: what works once is not for them.
        if (request.method !== "GET") return plain(405, "Only GET is answered here", { allow: "GET" });
        if (/prefetch|prerender/i.test(request.headers.get("sec-purpose") ?? request.headers.get("purpose") ?? "")) {
          return plain(503, "Not ahead of time");
        }
        if (url.pathname === startPath) {
          if (started) {
            return plain(
              410,
              "This address has worked once: go on in the tab where it did, or start again in the terminal",
            );
          }
          started = true;
          return await pending.authorizationUrl().then(
            (location) => redirect(302, location),
            (error) => failurePage(error, appName),
          );
        }
        if (url.pathname === resultPath && result) {
          const response = html(await result);
          fetched.resolve();
          return response;
        }
        if (url.pathname !== actual.pathname || !isAnswer(url, pending.state)) return plain(404, "Nothing is here");
        if (result) return plain(410, "This sign-in is over");
        const page = Promise.withResolvers<Page>();
        result = page.promise;
        resolve({
          parameters: url.searchParams,
          respond: async (document) => {
            page.resolve(await pageOf(document));
            await within(GRACE, fetched.promise);
          },
        });
        await result;
        // The code leaves the address bar, and never was a page of the history.
        return redirect(303, resultPath);
      };
      return promise;
    },
    async [Symbol.asyncDispose]() {
      handle = () => plain(503, "This sign-in is over");
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}

function parseRedirectUri(text: string): URL {
  const url = URL.parse(text);
  const loopback = url !== null && ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  if (
    url !== null && url.protocol === "http:" && loopback && !url.username && !url.password && !url.search && !url.hash
  ) return url;
  throw new FiefError(
    "redirect_uri_invalid",
    `"${text.slice(0, 200)}" is no redirect URI that can be listened at`,
    "Write it as it was registered, on this machine and without a query: http://localhost:51562/callback",
  );
}

function bind(
  url: URL,
  redirectUri: string,
  handler: (request: Request) => Response | Promise<Response>,
): Server[] {
  const servers: Server[] = [];
  const hostnames = url.hostname === "localhost" ? ["127.0.0.1", "::1"] : [url.hostname.replace(/^\[|\]$/g, "")];
  let port = Number(url.port || 80);
  try {
    for (const hostname of hostnames) {
      try {
        servers.push(serve(hostname, port, handler));
        port = servers[0]!.port;
      } catch (error) {
        // A machine without IPv6, or without it on loopback, has one address to listen at.
        if (hostname === "::1" && servers.length > 0 && isMissingAddress(error)) continue;
        throw error;
      }
    }
    return servers;
  } catch (error) {
    for (const server of servers) void server.close();
    if (error instanceof Deno.errors.AddrInUse) {
      throw new FiefError(
        "redirect_port_taken",
        `Another program listens at "${redirectUri}"`,
        "End that program, or register a redirect URI with another port and name it with --redirect-uri",
      );
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new FiefError(
        "redirect_uri_invalid",
        `The system does not let this program listen at "${redirectUri}"`,
        "Use a port from 1024 up",
      );
    }
    throw error;
  }
}

/** A listener on one address. */
interface Server {
  port: number;
  close(): Promise<void>;
}

function serve(hostname: string, port: number, handler: (request: Request) => Response | Promise<Response>): Server {
  const abort = new AbortController();
  const options = { hostname, port, signal: abort.signal, onListen() {}, onError: () => plain(500, "That failed") };
  const server = Deno.serve(options, handler);
  return {
    port: server.addr.port,
    close: async () => {
      // A connection that sends half a request would hold the shutdown for ever.
      if (!await within(GRACE, server.shutdown())) abort.abort();
    },
  };
}

function isMissingAddress(error: unknown): boolean {
  return error instanceof Deno.errors.AddrNotAvailable ||
    ["EAFNOSUPPORT", "EADDRNOTAVAIL"].includes((error as { code?: string }).code ?? "");
}

/** The URL that was asked for, `undefined` where the host is not ours: a name of somebody else that leads here (DNS rebinding). */
function locate(request: Request, host: string): URL | undefined {
  const url = URL.parse(request.url);
  return url !== null && url.host === host ? url : undefined;
}

/** Whether this URL is the answer to the pending sign-in, by its state. */
export function isAnswer(url: URL, state: string): boolean {
  // RFC 6749 section 3.1: no parameter twice. With two states the first must not simply win.
  const states = url.searchParams.getAll("state");
  // RFC 6749 section 10.12: `state` ties the answer to us. In constant time: any local process can knock here.
  return states.length === 1 && equalInConstantTime(states[0]!, state);
}

const HEADERS = {
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "cross-origin-opener-policy": "same-origin",
  "connection": "close",
};
const POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

function plain(status: number, text: string, headers: Record<string, string> = {}): Response {
  const type = { "content-type": "text/plain; charset=utf-8", "content-security-policy": POLICY };
  return new Response(`${text}\n`, { status, headers: { ...HEADERS, ...type, ...headers } });
}

function redirect(status: 302 | 303, location: string): Response {
  return new Response(null, { status, headers: { ...HEADERS, location, "content-security-policy": POLICY } });
}

/** A document, and the policy that lets its own styles through. */
interface Page {
  document: string;
  policy: string;
}

function html({ document, policy }: Page): Response {
  const headers = { "content-type": "text/html; charset=utf-8", "content-security-policy": policy };
  return new Response(document, { headers: { ...HEADERS, ...headers } });
}

/** The styles in the page are allowed by their hashes, and images that it carries itself; nothing else, whoever wrote the page. */
async function pageOf(document: string): Promise<Page> {
  const styles = [...document.matchAll(/<style[^>]*>([\s\S]*?)<\/style>/gi)].map(([, style]) => style!);
  const hashes = await Promise.all(styles.map(async (style) => {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style)));
    return `'sha256-${btoa(String.fromCharCode(...digest))}'`;
  }));
  return { document, policy: `${POLICY}; img-src data:${hashes.length > 0 ? `; style-src ${hashes.join(" ")}` : ""}` };
}

async function failurePage(error: unknown, appName: string): Promise<Response> {
  const { message, hint } = error instanceof FiefError
    ? error
    : { message: "Something unforeseen went wrong", hint: "See the terminal" };
  return html(await pageOf(errorPage({ appName, message, hint })));
}

/** Whether the work was done in this time. */
async function within(milliseconds: number, work: Promise<unknown>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const done = work.then(() => true, () => true);
  const late = new Promise<boolean>((resolve) => timer = setTimeout(() => resolve(false), milliseconds));
  try {
    return await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
  }
}
