import { FiefAccessTokenInvalid, FiefError } from "../errors.ts";
import { isLoopback, withoutSecrets } from "../provider/base_url.ts";
import { ProxyError } from "../proxy.ts";
import { discreet } from "../readable.ts";
import { stepUpChallenge } from "./step_up.ts";

/** What {@linkcode apiFetch} goes by. */
export interface ApiFetchOptions {
  fetch: typeof globalThis.fetch;
  /** Origins that may see the token. */
  origins: string[];
  /** Epoch milliseconds. */
  now(): number;
  /** Where set, told of each request, without its query. */
  debug?: ((message: string) => void) | undefined;
  /** The body anew for each time it is sent; takes the place of the one in the request. */
  body?: RequestContent;
  /** Gives an access token that works; `refused` is one that the API has refused. Without another it gives the same. */
  token(refused?: string): Promise<string>;
}

/** A body that may have to be sent twice. */
export interface RequestContent {
  /** Whether {@linkcode open} works more than once. */
  repeatable: boolean;
  /** The body from its beginning. */
  open(): Promise<BodyInit>;
}

/** As the platform's `fetch`: the Fetch standard stops there too. */
const MOST_REDIRECTS = 20;

/**
 * A request with the access token, to named origins only. After a 401 it is sent once more with a refreshed token, where its body can be
 * sent again; not so where the API asks for another sign-in.
 *
 * @throws {FiefError} `origin_not_allowed`, `usage_invalid`, `api_unreachable`, or what `token` throws.
 * @see RFC 6750 sections 2.1 and 3.1, RFC 9470 section 3, RFC 9700 section 4.10
 */
export async function apiFetch(
  input: string | URL | Request,
  init: RequestInit | undefined,
  options: ApiFetchOptions,
): Promise<Response> {
  const url = assertAllowed(input instanceof Request ? input.url : input, options.origins);
  const request = new Request(input instanceof Request ? input : url, init);
  const given = init?.body ?? (input instanceof Request ? input.body : null);
  const repeatable = options.body?.repeatable ?? !(given instanceof ReadableStream);
  const send = async (token: string) => {
    const headers = new Headers(request.headers);
    // RFC 6750 section 2.1. The platform would show the token in its error.
    if (!/^[\x21-\x7e]+$/.test(token)) throw new FiefAccessTokenInvalid("The access token fits in no header");
    headers.set("authorization", `Bearer ${token}`);
    // The request above wrote down a boundary; each time the form is sent it gets another.
    if (given instanceof FormData && !new Headers(init?.headers).has("content-type")) headers.delete("content-type");
    const body = options.body ? await options.body.open() : repeatable ? given : request.body;
    return await follow(url, request, { headers, body }, options);
  };
  const token = await options.token();
  const { response, carried } = await send(token);
  // Only who has seen the token can have refused it.
  if (response.status !== 401 || !carried || !repeatable) return response;
  // A refreshed token comes of the same sign-in, which is what the API has refused.
  if (stepUpChallenge(response) !== undefined) return response;
  const next = await options.token(token).catch((error) => {
    if (error instanceof FiefError) return token; // the API's own answer says more than a refresh that failed
    throw error;
  });
  if (next === token) return response;
  await response.body?.cancel();
  return (await send(next)).response;
}

/** Redirects are followed here, because the platform would take the token along to wherever they lead. */
async function follow(
  start: URL,
  request: Request,
  sent: { headers: Headers; body: BodyInit | null },
  { fetch, origins, debug, now }: ApiFetchOptions,
): Promise<{ response: Response; carried: boolean }> {
  let url = start;
  let { method } = request;
  let body = sent.body;
  const headers = new Headers(sent.headers);
  for (let redirects = 0;; redirects++) {
    let response: Response;
    // Of a redirect the API is the author, which has seen the token and may repeat it.
    const origin = redirects === 0 ? url.origin : discreet(url.origin);
    const told = () => `${method} ${origin}${redirects === 0 ? url.pathname : discreet(url.pathname)}`;
    const started = now();
    try {
      response = await fetch(url, { method, headers, body, redirect: "manual", signal: request.signal });
    } catch (error) {
      debug?.(`${told()}: no answer, ${now() - started} ms`);
      request.signal.throwIfAborted();
      if (error instanceof ProxyError) throw new FiefError("api_unreachable", error.message, error.hint);
      if (!(error instanceof TypeError)) throw error;
      throw new FiefError(
        "api_unreachable",
        `Cannot reach "${origin}"`,
        "Check the address and the network, then try again",
      );
    }
    const answer = { response, carried: headers.has("authorization") };
    debug?.(
      `${told()}, ${answer.carried ? "with" : "without"} the token: status ${response.status}, ${
        response.headers.get("content-length") ?? "unknown"
      } bytes, ${now() - started} ms`,
    );
    const location = response.headers.get("location");
    if (request.redirect === "manual" || location === null || ![301, 302, 303, 307, 308].includes(response.status)) {
      return answer;
    }
    if (request.redirect === "error" || redirects === MOST_REDIRECTS) {
      await response.body?.cancel();
      throw new FiefError(
        "api_unreachable",
        `"${origin}" redirects ${redirects ? "for ever" : "although it should not"}`,
        "Check the address",
      );
    }
    const next = URL.parse(location, url);
    // A body that is a stream is gone. Elsewhere than http(s) nothing can be asked. Then the redirect itself is the answer.
    const keepsBody = response.status === 307 || response.status === 308;
    if (next === null || !/^https?:$/.test(next.protocol) || (keepsBody && body instanceof ReadableStream)) {
      return answer;
    }
    await response.body?.cancel();
    // Fetch standard, HTTP-redirect fetch: the method becomes GET after 303, and after 301 or 302 to a POST.
    if (!keepsBody && method !== "GET" && method !== "HEAD" && (response.status === 303 || method === "POST")) {
      method = "GET";
      body = null;
      for (
        const name of ["content-type", "content-length", "content-encoding", "content-language", "content-location"]
      ) headers.delete(name);
    }
    if (next.origin !== url.origin && !isAllowed(next, origins)) {
      for (const name of ["authorization", "cookie", "proxy-authorization"]) headers.delete(name);
    }
    // The platform would make a second proof of them, beside the token or in its place.
    next.username = next.password = "";
    url = next;
  }
}

/**
 * Whether a token may go to this URL.
 *
 * @throws {FiefError} `usage_invalid` where it is no URL of the web, `origin_not_allowed` where nobody named its origin.
 */
export function assertAllowed(input: string | URL, origins: string[]): URL {
  // A copy: what the caller makes of theirs while a token is on its way must not decide where it goes.
  const url = URL.parse(String(input));
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new FiefError(
      "usage_invalid",
      `"${withoutSecrets(String(input))}" is no http or https URL`,
      "Give the whole URL, scheme included: https://...",
    );
  }
  if (url.username || url.password) {
    throw new FiefError(
      "usage_invalid",
      "The URL of an API holds no user name and no password",
      "Leave them out: the token is the proof",
    );
  }
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    throw new FiefError("origin_not_allowed", `A token does not go over plain http to "${url.host}"`, "Use https");
  }
  if (!isAllowed(url, origins)) {
    throw new FiefError(
      "origin_not_allowed",
      `The token may not be sent to "${url.origin}": it is no origin that was named`,
      `Name it as an API origin: ${url.origin}`,
    );
  }
  return url;
}

function isAllowed(url: URL, origins: string[]): boolean {
  return (url.protocol === "https:" || isLoopback(url.hostname)) &&
    origins.some((origin) => URL.parse(origin)?.origin === url.origin);
}
