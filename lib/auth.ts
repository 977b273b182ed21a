/**
 * {@linkcode FiefAuth}: one user's session. It joins the three rooms: provider/, signin/ and credentials/.
 *
 * @module
 */
import { readCredentials } from "./credentials/read.ts";
import {
  assertOwn,
  bearerTokenOf,
  defaultMinValid,
  displayName,
  infoOf,
  requireSession,
  secondsLeft,
  type Session,
} from "./auth/session.ts";
import type { Authorized } from "./auth/new_session.ts";
import type { SignInRequest } from "./auth/sign_in.ts";
import type { SignedOut } from "./auth/sign_out.ts";
import { FiefAccessTokenExpired, FiefAuthNotAuthenticatedError, FiefError } from "./errors.ts";
import type { Fief } from "./provider/fief.ts";
import type { PageContext } from "./signin/callback_page.ts";
import type { SignInEvent } from "./signin/events.ts";
import type { PageDesign } from "./signin/page_design.ts";
import type { FiefAccessTokenInfo, FiefBearerToken, FiefUserInfo } from "./types.ts";

/** Settings of a {@linkcode FiefAuth}. */
export interface FiefAuthOptions {
  /** Origins beside the base URL's own that {@linkcode FiefAuth.fetch} may send the token to, such as `https://api.example.com`. */
  apiOrigins?: string[];
  /** What the program is called, on the pages of a sign-in. By default `This program`. */
  name?: string;
  /** How the pages at the end of a sign-in look, and what they say last. */
  pages?: PageDesign;
  /** Told in one line what matters although all went well. By default it goes to standard error. */
  onNotice?: (line: string) => void;
}

/** Which access token serves. */
export interface AccessTokenOptions {
  /** Whether to refresh a token that is about to expire. By default true. */
  refresh?: boolean;
  /** Seconds that the token must still live. By default 30, or a tenth of its life where that is less. */
  minValid?: number;
  /** An access token that an API has refused: the server is asked for another one. */
  refused?: string;
  /** Ends a wait early. */
  signal?: AbortSignal;
}

/** How {@linkcode FiefAuth.authorize} signs in. */
export interface AuthorizeOptions {
  /** Host name and port of the redirect URI that was registered. By default `["localhost", 51562]`; port 0 is any free port. */
  serverAddress?: [hostname: string, port: number];
  /** Path of the redirect URI that was registered. By default `/callback`. */
  redirectPath?: string;
  /** The exact redirect URIs that were registered, in place of the two above: the first whose port is free is used. */
  redirectUris?: string[];
  /** Scopes to ask for beside those of the {@linkcode Fief} and `openid offline_access`. */
  scope?: string[];
  /**
   * Whether to ask for `offline_access`, where the server offers it: a session that goes on when the browser's ends. By default true. Users
   * and clients that may not have it sign in with false; there a server may give no refresh token, or one for a shorter session.
   */
  offlineAccess?: boolean;
  /** Language of the server's pages, such as `fr` or `pt-PT`. */
  lang?: string;
  /** More parameters of the authorization request, such as `{ prompt: "login" }`. */
  extrasParams?: Record<string, string>;
  /** Seconds to wait for the user. By default 300; for a code as long as the server takes it, half an hour at most. */
  timeout?: number;
  /** Ends the sign-in early. */
  signal?: AbortSignal;
  /** Whether to open a browser: where a person can see it (`auto`, the default), `never`, or by this command line. */
  browser?: "auto" | "never" | { command: string };
  /**
   * Whether to sign in by a code that the user enters in a browser on any machine (RFC 8628), in place of a browser here: where the server offers
   * it and no browser can be seen here (`auto`), always (`true`), or never. By default false. Nothing listens here then.
   */
  device?: boolean | "auto";
  /** Whether the redirect URL may be pasted into the terminal as well. Standard input is then the sign-in's, and cannot be read afterwards. By default false. */
  paste?: boolean;
  /** Origins that may see the token, to be kept with the session. */
  apiOrigins?: string[];
  /** Told what happens, in place of the lines on standard error. */
  onEvent?: (event: SignInEvent) => void;
}

/** How {@linkcode FiefAuth.logout} signs out. */
export interface LogoutOptions {
  /** Whether to end the browser's session with the server too, on a page of the server. By default false. */
  browserSession?: boolean;
  /** How to open that page: where a person can see it (`auto`, the default), `never`, or by this command line. */
  browser?: "auto" | "never" | { command: string };
  /** Ends the wait for the credentials file early. */
  signal?: AbortSignal;
}

/**
 * One user's session, kept in a credentials file that any number of processes may share.
 *
 * @example Greet the user, who signs in first where that is needed
 * ```ts
 * import { Fief, FiefAuth, FiefAuthNotAuthenticatedError } from "@fief/auth";
 * import { assertEquals } from "@std/assert";
 *
 * const fief = new Fief("https://example.fief.dev", "YOUR_CLIENT_ID");
 * const auth = new FiefAuth(fief, "./no-such-directory/credentials.json");
 *
 * async function greeting(): Promise<string> {
 *   try {
 *     return `Hello, ${(await auth.currentUser()).email}`;
 *   } catch (error) {
 *     if (error instanceof FiefAuthNotAuthenticatedError) return "Sign in first: call auth.authorize()";
 *     throw error;
 *   }
 * }
 * assertEquals(await greeting(), "Sign in first: call auth.authorize()");
 * ```
 *
 * @example A session that is there: its token, an API, the end
 * ```ts
 * import { Fief, FiefAuth } from "@fief/auth";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = await Deno.makeTempDir();
 * const claims = btoa(JSON.stringify({ iss: "https://example.com", aud: "cli", sub: "1", exp: 4e9, scope: "openid" }));
 * const tokens = { access_token: `e30.${claims}.c2ln`, token_type: "bearer", expires_in: 3600 };
 * const record = { version: 1, base_url: "https://example.com", client_id: "cli", expires_at: 4e9, scope: ["openid"] };
 * await Deno.writeTextFile(
 *   `${directory}/credentials.json`,
 *   JSON.stringify({ userinfo: { sub: "1", email: "anne@example.com" }, tokens, fief_auth: { ...record, scope: "openid" } }),
 *   { mode: 0o600 },
 * );
 * const fetch = (_url: unknown, init?: RequestInit) =>
 *   Promise.resolve(Response.json({ proof: new Headers(init?.headers).get("authorization")?.slice(0, 6) }));
 * const fief = new Fief("https://example.com", "cli", { host: { fetch } });
 * const auth = new FiefAuth(fief, `${directory}/credentials.json`, { apiOrigins: ["https://api.example.com"] });
 *
 * assertEquals((await auth.currentUser()).email, "anne@example.com");
 * assertEquals(await auth.accessToken(), tokens.access_token); // a file read
 * assertEquals((await auth.accessTokenInfo()).scope, ["openid"]);
 * assertEquals((await auth.bearerToken({ minValid: 60 })).access_token, tokens.access_token);
 * assertEquals(await auth.apiOrigins(), ["https://example.com", "https://api.example.com"]);
 * assertEquals(await (await auth.fetch("https://api.example.com/castles")).json(), { proof: "Bearer" });
 * await auth.logout(); // throws nothing because of the server
 * await Deno.remove(directory, { recursive: true });
 * ```
 *
 * @example A sign-in with pages of your own
 * ```ts
 * import { Fief, FiefAuth, type PageContext } from "@fief/auth";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * class AcmeAuth extends FiefAuth {
 *   override renderSuccessPage(_context: PageContext): string {
 *     return "<!doctype html><title>Welcome</title><p>Welcome.</p>";
 *   }
 *   override renderErrorPage(context: PageContext): string | Promise<string> {
 *     return super.renderErrorPage({ ...context, hint: "Ask support@acme.example" });
 *   }
 * }
 * const auth = new AcmeAuth(new Fief("https://acme.example", "cli"), "./no-such-directory/credentials.json", {
 *   pages: { accent: "#8a3ffc" },
 * });
 * assertEquals((await auth.renderErrorPage({ appName: "Acme" })).includes("support@acme.example"), true);
 * // Your command says: const { userinfo } = await auth.authorize();
 * await assertRejects(() => auth.authorize({ redirectUris: ["https://not.this.machine/callback"] }));
 * ```
 */
export class FiefAuth {
  /** The server and client that the session belongs to. */
  readonly client: Fief;
  /** Path of the credentials file. */
  readonly credentialsPath: string;
  readonly #apiOrigins: string[];
  readonly #name: string;
  readonly #pages: PageDesign | undefined;
  readonly #onNotice: (line: string) => void;
  #refreshing: { work: Promise<Session>; refused: boolean } | undefined;

  /**
   * Does nothing yet: neither file nor network is touched.
   *
   * @param client The server and client that the session belongs to.
   * @param credentialsPath Path of the credentials file, relative to the working directory or absolute. It need not exist.
   * @param options More settings.
   */
  constructor(client: Fief, credentialsPath: string, options: FiefAuthOptions = {}) {
    this.client = client;
    this.credentialsPath = credentialsPath;
    this.#apiOrigins = options.apiOrigins ?? [];
    this.#name = options.name ?? "This program";
    this.#pages = options.pages;
    const tell = options.onNotice ?? ((line) => void client.host.stderr.write(`${line}\n`).catch(() => {}));
    const told = new Set<string>();
    this.#onNotice = (line) => {
      if (!told.has(line)) tell(line); // that a file system has no locks, say, is no news an hour later
      told.add(line);
    };
  }

  /**
   * Signs the user in: opens the browser at the server's sign-in page, waits for the redirect, exchanges the code and saves the session.
   *
   * @param options How.
   * @returns Tokens and claims, already saved.
   * @throws {FiefError} Of exit status 4 where the sign-in failed, was denied or timed out, 5 where the server failed, 6 where the
   * session cannot be saved, 2 where the settings are wrong. The session that was there before lives on.
   * @see RFC 8252, RFC 7636, OpenID Connect Core section 3.1; with `device` RFC 8628
   */
  async authorize(options: AuthorizeOptions = {}): Promise<Authorized> {
    const { serverAddress: [hostname, port] = ["localhost", 51562], redirectPath = "/callback", redirectUris } =
      options;
    const design = this.#pages;
    if (design !== undefined) (await import("./signin/page_design.ts")).assertDesign(design);
    const about = { appName: this.#name, ...design === undefined ? {} : { design } };
    const request: SignInRequest = {
      fief: this.client,
      path: this.credentialsPath,
      apiOrigins: options.apiOrigins ?? [],
      redirectUris: redirectUris ??
        [`http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}${redirectPath}`],
      scope: [...this.client.scope, ...options.scope ?? []],
      offlineAccess: options.offlineAccess ?? true,
      ...(options.lang === undefined ? {} : { lang: options.lang }),
      ...(options.extrasParams === undefined ? {} : { extrasParams: options.extrasParams }),
      ...(options.timeout === undefined ? {} : { timeout: options.timeout * 1000 }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.browser === undefined ? {} : { browser: options.browser }),
      ...(options.paste === undefined ? {} : { paste: options.paste }),
      ...(options.onEvent === undefined ? {} : { onEvent: options.onEvent }),
      pages: {
        success: ({ userinfo }) => this.renderSuccessPage({ ...about, user: displayName(userinfo) }),
        error: ({ message, hint }) => this.renderErrorPage({ ...about, message, hint }),
      },
      ...about,
    };
    if (options.device) {
      const { signInByDevice } = await import("./auth/device_sign_in.ts");
      const authorized = await signInByDevice(request, options.device);
      if (authorized !== undefined) return authorized;
    }
    const { signIn } = await import("./auth/sign_in.ts");
    return await signIn(request);
  }

  /**
   * Who is signed in. Without `refresh` this is a file read.
   *
   * @param options `refresh`: whether to ask the server's userinfo endpoint and keep its answer. By default false.
   * @returns Claims about the user.
   * @throws {FiefAuthNotAuthenticatedError} Where nobody is signed in.
   * @throws {FiefError} `session_mismatch` where the session is of another server or client.
   */
  async currentUser(options: { refresh?: boolean; signal?: AbortSignal } = {}): Promise<FiefUserInfo> {
    if (!options.refresh) {
      const { userinfo } = await this.#session();
      if (userinfo === null) throw new FiefAuthNotAuthenticatedError();
      return userinfo;
    }
    const accessToken = await this.accessToken(options.signal ? { signal: options.signal } : {});
    const { refreshUserinfo } = await import("./auth/userinfo.ts");
    return await refreshUserinfo(this.client, this.credentialsPath, accessToken, options.signal);
  }

  /**
   * An access token that works. While the saved one is good this is a file read; concurrent calls share one refresh, and so do all
   * processes that share the file.
   *
   * @param options When to refresh.
   * @throws {FiefAuthNotAuthenticatedError} Where nobody is signed in.
   * @throws {FiefAccessTokenExpired} Where the token is expired and `refresh` is false.
   * @throws {FiefAuthRefreshTokenMissingError} Where the token is expired and the server gave no refresh token.
   * @throws {FiefError} `refresh_rejected` where the session has ended, of exit status 5 where the server failed, 6 where the file failed.
   */
  async accessToken(options: AccessTokenOptions = {}): Promise<string> {
    return (await this.#workingSession(options)).tokens.access_token;
  }

  /**
   * What the access token says about itself, with the token: as {@linkcode FiefAuth.accessToken}.
   *
   * @param options When to refresh.
   */
  async accessTokenInfo(options: AccessTokenOptions = {}): Promise<FiefAccessTokenInfo> {
    return infoOf(await this.#workingSession(options));
  }

  /**
   * An access token that works with its expiry and scopes, for a program that hands it on: as {@linkcode FiefAuth.accessToken}.
   *
   * @param options When to refresh.
   */
  async bearerToken(options: AccessTokenOptions = {}): Promise<FiefBearerToken> {
    return bearerTokenOf(await this.#workingSession(options), this.client.host.now());
  }

  /**
   * Signs out: removes the tokens from the file, and ends the session on the server where it can.
   *
   * @param options How.
   * @returns What became of the session. Nothing is thrown because the server failed: this machine is signed out all the same.
   * @throws {FiefError} `session_mismatch` where the session is of another server or client, of exit status 6 where the file cannot be
   * changed.
   */
  async logout(options: LogoutOptions = {}): Promise<SignedOut> {
    const { signOut } = await import("./auth/sign_out.ts");
    return await signOut({
      fief: this.client,
      path: this.credentialsPath,
      signal: options.signal,
      onNotice: this.#onNotice,
      browser: options.browserSession === true ? options.browser ?? "auto" : undefined,
    });
  }

  /**
   * As the global `fetch`, with the access token added: to the base URL's origin and the origins that were named, and to no other. After
   * a 401 the token is refreshed and the request sent once more, where its body can be sent again; not so where the API asks for another
   * sign-in (RFC 9470), which no refresh is: see {@linkcode stepUpChallenge}.
   *
   * @param input URL or request: https, or http on loopback.
   * @param init As for `fetch`. `redirect: "follow"` follows within the named origins with the token, and elsewhere without.
   * @throws {FiefError} `origin_not_allowed` where the origin was not named, `api_unreachable` where no answer came, and all that
   * {@linkcode FiefAuth.accessToken} throws.
   */
  async fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const { apiFetch } = await import("./auth/api_fetch.ts");
    return await apiFetch(input, init, {
      fetch: this.client.host.fetch,
      now: this.client.host.now,
      debug: this.client.host.debug,
      origins: await this.apiOrigins(),
      token: (refused) => this.accessToken(refused === undefined ? {} : { refused }),
    });
  }

  /**
   * The origins that may see the token: the base URL's own, those named to the constructor, and those named at sign-in.
   *
   * @throws {FiefAuthNotAuthenticatedError} Where nobody is signed in.
   */
  async apiOrigins(): Promise<string[]> {
    const { fief_auth } = await this.#session();
    return [new URL(this.client.baseUrl).origin, ...this.#apiOrigins, ...fief_auth?.api_origins ?? []];
  }

  /**
   * The page that the browser shows after a sign-in that is complete and saved: a whole HTML document. Override it to show your own: styles in `<style>`,
   * images as `data:`, and no scripts, which the browser would not run.
   *
   * @param context What the page may tell.
   */
  renderSuccessPage(context: PageContext): string | Promise<string> {
    return import("./signin/callback_page.ts").then(({ successPage }) => successPage(context));
  }

  /**
   * The page that the browser shows after a sign-in that failed: a whole HTML document. Override it to show your own, and escape what you
   * show of the context: a part of it comes from outside.
   *
   * @param context What the page may tell.
   */
  renderErrorPage(context: PageContext): string | Promise<string> {
    return import("./signin/callback_page.ts").then(({ errorPage }) => errorPage(context));
  }

  async #workingSession({ refresh = true, minValid, refused, signal }: AccessTokenOptions): Promise<Session> {
    const session = await this.#session();
    const left = secondsLeft(session, this.client.host.now());
    if (!refresh) {
      if (left <= 0) throw new FiefAccessTokenExpired();
      return session;
    }
    const isRefused = session.tokens.access_token === refused;
    if (!isRefused && left > 0 && left >= (minValid ?? defaultMinValid(session))) {
      this.client.host.debug?.(`the saved access token is good for ${Math.floor(left)} s`);
      return session;
    }
    this.client.host.debug?.(
      `a refresh is due: ${isRefused ? "the API has refused the access token" : whyRefresh(left)}`,
    );
    return await this.#refresh(session, isRefused, signal);
  }

  async #session(): Promise<Session> {
    const { host } = this.client;
    const credentials = await readCredentials(this.credentialsPath, { debug: host.debug, onNotice: this.#onNotice });
    if (host.debug) (await import("./auth/told.ts")).tellSession(credentials, host);
    assertOwn(credentials, this.client);
    return requireSession(credentials);
  }

  /** Concurrent calls share one refresh; each of them may stop waiting for it. */
  async #refresh(seen: Session, refused: boolean, signal: AbortSignal | undefined): Promise<Session> {
    this.#refreshing ??= {
      refused,
      work: import("./auth/refresh.ts").then(({ refresh }) =>
        refresh({ fief: this.client, path: this.credentialsPath, seen, refused, onNotice: this.#onNotice })
      ).finally(() => this.#refreshing = undefined),
    };
    const shared = this.#refreshing;
    const session = await unlessAborted(shared.work, signal);
    // It was begun for somebody whose token was not refused: then it may have given the same one, without asking the server. Where the
    // server was asked and gave the same one, as Fief does within a second, asking again and again would get no other.
    const unasked = refused && !shared.refused && session.tokens.access_token === seen.tokens.access_token;
    return unasked ? await this.#refresh(seen, refused, signal) : session;
  }
}

function whyRefresh(left: number): string {
  return left > 0 ? `the access token lives for ${Math.floor(left)} s only` : "the access token is expired";
}

/** What the work comes to, unless the signal comes first. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work;
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(new FiefError("interrupted", "The call was interrupted", "Call again"));
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
