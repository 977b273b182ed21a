// Doubles for a sign-in: a provider that is an object, and what the user's browser does at the program's own listener.
import type { SignInAnswer, SignInOptions, SignInProvider } from "../../lib/signin/authorize.ts";
import { signIn } from "../../lib/signin/authorize.ts";
import type { SignInEvent } from "../../lib/signin/events.ts";
import { testHost } from "../support/host.ts";

/** The issuer of {@linkcode fakeProvider}. */
export const ISSUER = "https://example.fief.dev";

/** A provider that takes every request; its sign-in page is never asked for. */
export function fakeProvider(parts: Partial<SignInProvider> = {}): SignInProvider {
  return {
    metadata: () => Promise.resolve({ issuer: ISSUER }),
    keys: () => Promise.resolve(),
    authUrl: (redirectUri, { state, nonce, codeChallenge, codeChallengeMethod, scope, lang }) => {
      const url = new URL(`${ISSUER}/authorize`);
      const parameters = {
        state,
        nonce,
        code_challenge: codeChallenge,
        code_challenge_method: codeChallengeMethod,
        lang,
      };
      for (
        const [name, value] of Object.entries({ ...parameters, redirect_uri: redirectUri, scope: scope?.join(" ") })
      ) {
        if (value !== undefined) url.searchParams.set(name, value);
      }
      return Promise.resolve(url.href);
    },
    checkAuthorizationUrl: () => Promise.resolve({ answer: "accepted", status: 200 }),
    ...parts,
  };
}

/** A sign-in under way. */
export interface Begun {
  result: Promise<string>;
  /** The one-time address, once the browser is opened at it. */
  startUrl: Promise<string>;
  events: SignInEvent[];
  /** What went into `finish`. */
  answers: SignInAnswer[];
  /** What went to `host.debug`. */
  debug: string[];
}

/** Begins a sign-in as "anne" at a free port. */
export function begin(parts: Partial<SignInOptions<string>> = {}): Begun {
  const opened = Promise.withResolvers<string>();
  const events: SignInEvent[] = [];
  const answers: SignInAnswer[] = [];
  const debug: string[] = [];
  const result = signIn<string>({
    provider: fakeProvider(),
    appName: "acme",
    redirectUris: ["http://localhost:0/callback"],
    scope: ["openid"],
    pages: {
      success: (user) => `<!doctype html><title>success</title>${user}`,
      error: ({ code }) => `<!doctype html><title>error</title>${code}`,
    },
    onEvent: (event) => void events.push(event),
    finish: (answer) => {
      answers.push(answer);
      return Promise.resolve("anne");
    },
    host: testHost({
      openBrowser: (url: string) => {
        opened.resolve(url);
        return Promise.resolve(true);
      },
      debug: (message: string) => void debug.push(message),
    }),
    ...parts,
  });
  result.catch(() => {}); // the test meets it when it asks
  return { result, startUrl: opened.promise, events, answers, debug };
}

/** What a browser got. */
export interface Got {
  status: number;
  headers: Headers;
  text: string;
}

/** One request, redirects not followed. */
export async function get(url: string | URL, init: RequestInit = {}): Promise<Got> {
  const response = await fetch(url, { redirect: "manual", ...init });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** Goes from the one-time address to the authorization URL. */
export async function authorizationUrl(startUrl: string): Promise<URL> {
  const { status, headers, text } = await get(startUrl);
  if (status !== 302) throw new Error(`No redirect, but status ${status}: ${text}`);
  return new URL(headers.get("location")!);
}

/** The redirect that the server would send after a sign-in there. */
export function redirectOf(authorization: URL, parameters: Record<string, string>): URL {
  const url = new URL(authorization.searchParams.get("redirect_uri")!);
  url.searchParams.set("state", authorization.searchParams.get("state")!);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url;
}

/** Follows a redirect of the server to the last page, as a browser does. */
export async function follow(callback: URL): Promise<Got & { url: string }> {
  const { status, headers, text } = await get(callback);
  if (status !== 303) return { status, headers, text, url: callback.href };
  const url = new URL(headers.get("location")!, callback);
  return { ...await get(url), url: url.href };
}

/** Whether nobody listens any more at the port of this URL. */
export async function isClosed(url: string): Promise<boolean> {
  const port = Number(new URL(url).port);
  for (const hostname of ["127.0.0.1", "::1"]) {
    try {
      (await Deno.connect({ hostname, port })).close();
      return false;
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused || error instanceof Deno.errors.AddrNotAvailable)) {
        throw error;
      }
    }
  }
  return true;
}
