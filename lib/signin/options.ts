import type { FiefError } from "../errors.ts";
import type { Host } from "../host.ts";
import type { AuthorizationCheck, AuthorizationParameters } from "../provider/authorization.ts";
import type { BrowserChoice } from "./browser.ts";
import type { SignInEvent } from "./events.ts";
import type { PageDesign } from "./page_design.ts";
import type { AnswerRules } from "./redirect.ts";

/** What a sign-in asks of the provider. */
export interface SignInProvider {
  /** What the server says about itself. */
  metadata(): Promise<AnswerRules>;
  /** Loads ahead what the exchange needs, so that one request is left after the redirect. */
  keys(): Promise<void>;
  /** The URL of an authorization request. */
  authUrl(redirectUri: string, parameters: AuthorizationParameters): Promise<string>;
  /** Asks the server, once and without cookies, whether it takes a request. */
  checkAuthorizationUrl(url: string): Promise<AuthorizationCheck>;
}

/** What came back, for the exchange. */
export interface SignInAnswer {
  /** The authorization code. */
  code: string;
  /** The redirect URI of the request, with the real port. */
  redirectUri: string;
  /** What the code challenge was made from (RFC 7636 section 4.1). */
  codeVerifier: string;
  /** What the ID token must hold (OpenID Connect Core section 3.1.2.1). */
  nonce: string;
}

/** One more request in the same tab. */
export interface FollowUp {
  /** Parameters of the request, beside those of the first. */
  parameters: Record<string, string>;
  /** Why the user sees the server's page once more. */
  reason: string;
}

/** How one sign-in goes. */
export interface SignInOptions<T> {
  /** The server to sign in at. */
  provider: SignInProvider;
  /** What the program is called. */
  appName: string;
  /** How the pages look that are ours in any case: those for who comes by mistake, and where the program's own pages fail. */
  design?: PageDesign;
  /** Redirect URIs exactly as they were registered: the first whose port is free is used. Port 0 is any free port. */
  redirectUris: string[];
  /** Scopes to ask for. */
  scope: string[];
  /** Language of the server's pages, such as `fr` or `pt-PT`. */
  lang?: string;
  /** More parameters of the authorization request. */
  extrasParams?: Record<string, string>;
  /** Milliseconds to wait for the user. By default 300,000. */
  timeout?: number;
  /** Ends the sign-in early, but not the exchange once it has begun: a code is good for one only. */
  signal?: AbortSignal;
  /** By default `auto`. */
  browser?: BrowserChoice;
  /**
   * Whether the redirect URL may be pasted into the terminal as well. By default false. Standard input is then the sign-in's: nothing
   * else can read from it afterwards.
   */
  paste?: boolean;
  /** Whole HTML documents. Styles are let through, scripts are not. */
  pages: { success(result: T): string | Promise<string>; error(error: FiefError): string | Promise<string> };
  /** Told what happens; by default it goes to standard error in words. */
  onEvent?: (event: SignInEvent) => void;
  /** Exchanges the code and saves: the browser is answered when that is done, with the truth. */
  finish(answer: SignInAnswer): Promise<T>;
  /**
   * Asked when that is done: the request that gets what the server left out of what was asked for. Where it comes to nothing, what `finish`
   * gave stands.
   */
  followUp?(result: T): FollowUp | undefined;
  /** The outside world. */
  host: Host;
}
