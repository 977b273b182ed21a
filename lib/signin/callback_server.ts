import { FiefError } from "../errors.ts";
import { equalInConstantTime, randomText } from "../provider/pkce.ts";
import { page, plain, printed, redirect } from "./answers.ts";
import { strayPage } from "./callback_page.ts";
import type { PageDesign } from "./page_design.ts";
import { listenOnLoopback } from "./loopback.ts";
import { within } from "./within.ts";

/** The redirect of the pending sign-in. */
export interface Callback {
  /** Its query parameters, as they came. */
  parameters: URLSearchParams;
  /** Answers the browser with this document, and resolves when the browser has it, or after a short while. */
  respond(document: string): Promise<void>;
  /** Sends the browser on to this URL in place of an answer; absent where the redirect did not come by a browser. */
  goOn?(url: string): void;
}

/** What the listener waits for. */
export interface PendingSignIn {
  /** The state of the authorization request. */
  state: string;
  /** Where the one-time address leads, once it is known. */
  authorizationUrl(): Promise<string>;
  /** The document for a browser that came for the authorization URL when there is none. */
  failureDocument(error: unknown): Promise<string>;
}

/** A listener for the redirect of one sign-in. */
export interface CallbackServer extends AsyncDisposable {
  /** The redirect URI, with the real port. */
  readonly redirectUri: string;
  /** The same as it was asked for: with port 0 for any. */
  readonly askedFor: string;
  /** The one-time address for the browser: it leads to the server's sign-in page, and works once. */
  readonly startUrl: string;
  /** Rejects where nothing can come any longer. */
  readonly failed: Promise<never>;
  /** Begins to answer. Until then every request is turned away. A second time it is for another request of the same sign-in. */
  expect(pending: PendingSignIn): Promise<Callback>;
}

/** Milliseconds for the browser to fetch the last page. */
const GRACE = 2_000;

/**
 * Characters of a URL: what is longer is not even looked at. A redirect is far shorter, also one of Fief that describes an error with a
 * parameter for each character.
 */
const LONGEST_URL = 32_768;

/**
 * Listens for the redirect.
 *
 * The redirect is answered with the way to a page of its own: so the code leaves the address bar, and never was a page of the history.
 *
 * @param redirectUri Redirect URI exactly as it was registered; port 0 is any free port.
 * @param appName What the program is called, on the pages for those who come by mistake.
 * @param design How those pages look.
 * @throws {FiefError} `redirect_uri_invalid`, `redirect_port_taken`, `permission_missing`.
 */
export async function listen(redirectUri: string, appName: string, design?: PageDesign): Promise<CallbackServer> {
  const actual = parseRedirectUri(redirectUri);
  const anyPort = actual.port === "0";
  let handle: (request: Request, url: URL, sent: Promise<void>) => Response | Promise<Response> = () =>
    plain(503, "Not yet");
  const stray = (kind: "used" | "other") => strayPage({ appName, kind, ...design === undefined ? {} : { design } });
  const [used, other] = await Promise.all([printed(stray("used")), printed(stray("other"))]);
  const listener = await listenOnLoopback(actual, (request, sent) => {
    if (request.url.length > LONGEST_URL) return plain(414, "This address is too long");
    const url = URL.parse(request.url);
    // DNS rebinding: a name of somebody else that leads here. Both are asked: without `Host` the runtime takes its own name for the
    // URL, and a request line may name one host and the header another.
    if (url?.host !== actual.host || request.headers.get("host")?.toLowerCase() !== actual.host) {
      return plain(421, "This is not the address of this server");
    }
    if (request.method !== "GET") return plain(405, "Only GET is answered here", { allow: "GET" });
    if (isOfAnotherPage(request.headers, actual.origin)) return plain(403, "Web pages are not answered here");
    // Link scanners and prefetching browsers look before the user does: what works once is not for them.
    const purpose = request.headers.get("sec-purpose") ?? request.headers.get("purpose") ?? "";
    if (/prefetch|prerender|preview/i.test(purpose)) return plain(503, "Not ahead of time");
    return handle(request, url, sent);
  });
  actual.port = String(listener.port);
  const startPath = `/start/${randomText()}`;
  const resultPath = `/result/${randomText()}`;
  const result = Promise.withResolvers<string>();
  const fetched = Promise.withResolvers<void>();

  let started = false;

  function pendingHandler(pending: PendingSignIn, arrived: (callback: Callback) => void): typeof handle {
    let answered = false;
    const elsewhere = Promise.withResolvers<string>();
    return async (_request, url, sent) => {
      if (url.pathname === startPath) {
        if (started) return used(410);
        started = true;
        return await pending.authorizationUrl().then(
          (location) => redirect(302, location),
          async (error) => await page(200, await pending.failureDocument(error)),
        );
      }
      if (url.pathname === resultPath && answered) {
        void sent.then(fetched.resolve);
        return await page(200, await result.promise);
      }
      if (url.pathname !== actual.pathname) return plain(404, "Nothing is here");
      if (!isAnswer(url, pending.state)) return other(400);
      answered = true;
      // Only the first counts: the code is good for one exchange.
      arrived({
        parameters: url.searchParams,
        async respond(document) {
          result.resolve(document);
          await within(GRACE, fetched.promise);
        },
        goOn: elsewhere.resolve,
      });
      // A browser that sends its request again, after a broken connection say, learns what came of the first.
      return redirect(303, await Promise.race([elsewhere.promise, result.promise.then(() => resultPath)]));
    };
  }

  return {
    redirectUri: anyPort ? redirectUri.replace(/:0+(?=\/|$)/, `:${listener.port}`) : redirectUri,
    askedFor: redirectUri,
    startUrl: `http://${actual.host}${startPath}`,
    failed: listener.failed,
    expect: (pending) => new Promise((resolve) => handle = pendingHandler(pending, resolve)),
    async [Symbol.asyncDispose]() {
      const before = handle;
      // A second tab, after a reload say, that was sent to the last page a moment ago: it learns the same.
      handle = (request, url, sent) =>
        url.pathname === resultPath ? before(request, url, sent) : plain(503, "This sign-in is over");
      result.resolve(stray("other")); // whoever still waits for it
      await listener.close();
    },
  };
}

function parseRedirectUri(text: string): URL {
  const url = URL.parse(text);
  const loopback = url !== null && ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  if (loopback && url.protocol === "http:" && !url.username && !url.password && !url.search && !url.hash) return url;
  throw new FiefError(
    "redirect_uri_invalid",
    `"${text.slice(0, 200)}" is no redirect URI that can be listened at`,
    "Write it as it was registered, on this machine and without a query: http://localhost:51562/callback",
  );
}

/**
 * Whether a script, an image or a frame of a web page asks, and not a browser that goes somewhere. A browser that goes somewhere by GET
 * names no origin, and says `navigate` for a `document` where it says anything: a frame has another destination, and shows nothing of ours
 * anyway. What names nobody (`null`) is let through: the state decides in the end.
 *
 * @see Fetch Standard section 3.2, Fetch Metadata Request Headers section 2.2
 */
function isOfAnotherPage(headers: Headers, own: string): boolean {
  const origin = headers.get("origin") ?? "null";
  const mode = headers.get("sec-fetch-mode") ?? "navigate";
  const destination = headers.get("sec-fetch-dest") ?? "document";
  const goes = mode === "navigate" && destination === "document";
  return origin !== "null" && origin !== own || headers.has("sec-fetch-site") && !goes;
}

/** Whether this URL is the answer to the pending sign-in, by its state. */
export function isAnswer(url: URL, state: string): boolean {
  // RFC 6749 section 3.1: no parameter twice. With two states the first must not simply win.
  const states = url.searchParams.getAll("state");
  // RFC 6749 section 10.12: `state` ties the answer to us. In constant time: any local process can knock here.
  return states.length === 1 && equalInConstantTime(states[0]!, state);
}
