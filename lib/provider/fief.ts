/**
 * {@linkcode Fief}: a Fief server, or another OpenID provider, and a client there. Each method loads what it needs when it is called.
 *
 * @module
 */
import { FiefError, FiefRequestError } from "../errors.ts";
import { type Host, realHost } from "../host.ts";
import type { FiefAccessTokenInfo, FiefTokenResponse, FiefUserInfo } from "../types.ts";
import type { AccessTokenRequirements } from "./access_token.ts";
import type { AuthorizationCheck, AuthorizationParameters } from "./authorization.ts";
import { normalizeBaseUrl } from "./base_url.ts";
import type { StillWaiting } from "./device.ts";
import type { DeviceAuthorization } from "./device_authorization.ts";
import { parseEncryptionKey } from "./encryption_key.ts";
import type { EndedSession } from "./end_session.ts";
import type { FiefOptions, KnownSession, TokensAndUser } from "./fief_types.ts";
import type { Keys } from "./keys.ts";
import type { ProviderMetadata } from "./metadata.ts";

export type { FiefOptions, KnownSession, TokensAndUser } from "./fief_types.ts";

/**
 * A Fief server, or another OpenID provider, and a public client there. The methods are those of Fief's Python package.
 *
 * Metadata and keys are fetched once, when first needed.
 *
 * @example Let nobody into an API without a token of this server
 * ```ts
 * import { Fief, FiefError } from "@fief/auth";
 * import { assertEquals } from "@std/assert";
 *
 * const fief = new Fief("https://example.fief.dev/", "YOUR_CLIENT_ID");
 * assertEquals(fief.baseUrl, "https://example.fief.dev");
 *
 * async function handle(request: Request): Promise<Response> {
 *   const token = request.headers.get("authorization")?.match(/^Bearer (.+)$/)?.[1];
 *   if (token === undefined) return new Response(null, { status: 401 });
 *   try {
 *     const { id } = await fief.validateAccessToken(token, { requiredPermissions: ["castles:read"] });
 *     return Response.json({ user: id });
 *   } catch (error) {
 *     if (error instanceof FiefError) return new Response(error.message, { status: 401 });
 *     throw error;
 *   }
 * }
 * assertEquals((await handle(new Request("https://api.example.com"))).status, 401);
 * ```
 *
 * @example One sign-in by hand, on a server that is played by a function
 * ```ts
 * import { Fief } from "@fief/auth";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const issuer = "https://example.fief.dev";
 * const answers: Record<string, unknown> = {
 *   "/.well-known/openid-configuration": {
 *     issuer,
 *     authorization_endpoint: `${issuer}/authorize`,
 *     token_endpoint: `${issuer}/api/token`,
 *     device_authorization_endpoint: `${issuer}/device`,
 *     userinfo_endpoint: `${issuer}/api/userinfo`,
 *     revocation_endpoint: `${issuer}/revoke`,
 *     jwks_uri: `${issuer}/keys`,
 *   },
 *   "/keys": { keys: [] },
 *   "/device": { device_code: "d", user_code: "ABCD", verification_uri: `${issuer}/activate`, expires_in: 600 },
 *   "/revoke": {},
 * };
 * const fetch = (input: string | URL | Request) =>
 *   Promise.resolve(Response.json(answers[new URL(input instanceof Request ? input.url : input).pathname] ?? {}));
 * const fief = new Fief(issuer, "cli", { host: { fetch } });
 *
 * assertEquals((await fief.metadata()).token_endpoint, `${issuer}/api/token`);
 * await fief.keys();
 * const url = await fief.authUrl("http://localhost:51562/callback", { state: "s" });
 * await fief.checkAuthorizationUrl(url); // whether the server takes client and redirect URI
 * assertEquals((await fief.deviceAuthorization()).user_code, "ABCD");
 *
 * // This server gives no tokens: each call rejects with an error that says so.
 * await assertRejects(() => fief.authCallback("code", "http://localhost:51562/callback"));
 * await assertRejects(() => fief.deviceTokens("d"));
 * await assertRejects(() => fief.authRefreshToken("refresh-token"));
 *
 * await fief.endSession({ access_token: "a", token_type: "bearer", refresh_token: "r" });
 * const page = await fief.endSessionUrl(); // where the browser ends its session
 * assertEquals(page, `${issuer}/logout?redirect_uri=https%3A%2F%2Fexample.fief.dev`);
 * assertEquals(await fief.logoutUrl("https://example.com/"), `${issuer}/logout?redirect_uri=https%3A%2F%2Fexample.com%2F`);
 * ```
 *
 * @example The account of the user, at a Fief server
 * ```ts
 * import { Fief } from "@fief/auth";
 * import { assertEquals } from "@std/assert";
 *
 * const issuer = "https://example.fief.dev";
 * const asked: string[] = [];
 * const fetch = (input: string | URL | Request, init?: RequestInit) => {
 *   const { method, url } = new Request(input, init);
 *   asked.push(`${method} ${new URL(url).pathname}`);
 *   return Promise.resolve(Response.json({ sub: "1", email: "anne@example.com" }));
 * };
 * const fief = new Fief(issuer, "cli", { host: { fetch } });
 *
 * const session = { userinfo_endpoint: `${issuer}/api/userinfo` };
 * fief.prepare(session); // loads what a request needs, and asks nobody
 * assertEquals((await fief.userinfo("access-token", { session })).email, "anne@example.com");
 * await fief.updateProfile("access-token", { fields: { first_name: "Anne" } });
 * await fief.changePassword("access-token", "correct horse battery staple");
 * await fief.emailChange("access-token", "anne@example.org");
 * await fief.emailVerify("access-token", "ABCDEF");
 * assertEquals(asked, [
 *   "GET /api/userinfo",
 *   "PATCH /api/profile",
 *   "PATCH /api/password",
 *   "PATCH /api/email/change",
 *   "POST /api/email/verify",
 * ]);
 * ```
 */
export class Fief {
  /** Base URL, the tenant's path included, without a slash at the end. */
  readonly baseUrl: string;
  /** Client id. */
  readonly clientId: string;
  /** Scopes to ask for at every sign-in. */
  readonly scope: string[];
  /** The outside world. */
  readonly host: Host;
  readonly #encryptionKey: JsonWebKey | undefined;
  #metadata: Promise<ProviderMetadata> | undefined;
  #keys: Promise<Keys> | undefined;
  /** A token endpoint of the past: nobody is there any more. */
  #movedFrom: string | undefined;

  /**
   * Does not touch the network yet.
   *
   * @param baseUrl Base URL of the server: https, or http on this machine. A tenant's has a path.
   * @param clientId Client id of a public client.
   * @param options More settings.
   * @throws {FiefError} `base_url_invalid`, `encryption_key_invalid`, or `configuration_missing` where the client id is empty.
   */
  constructor(baseUrl: string, clientId: string, options: FiefOptions = {}) {
    this.baseUrl = normalizeBaseUrl(baseUrl);
    if (clientId.trim() === "") {
      throw new FiefError(
        "configuration_missing",
        "The client id is empty",
        "Give the id of a public client on the server",
      );
    }
    this.clientId = clientId;
    this.scope = options.scope ?? [];
    this.host = { ...realHost(), ...options.host };
    this.#encryptionKey = options.encryptionKey === undefined ? undefined : parseEncryptionKey(options.encryptionKey);
  }

  /**
   * What the server says about itself, checked. Fetched once.
   *
   * @throws {FiefError} `metadata_invalid`, `provider_unreachable`.
   * @see OpenID Connect Discovery section 4
   */
  metadata(): Promise<ProviderMetadata> {
    this.#metadata ??= import("./metadata.ts").then(({ fetchMetadata }) => fetchMetadata(this.baseUrl, this.host))
      .catch((error) => {
        this.#metadata = undefined;
        throw error;
      });
    return this.#metadata;
  }

  /**
   * Makes ready what a request needs, while something else is waited for: a refresh does, while it waits for its turn. Nothing is sent, and a
   * failure shows when it is used.
   *
   * @param _session What is known of the session.
   */
  prepare(_session?: KnownSession): void {
    for (const part of [import("./token_endpoint.ts"), import("./id_token.ts")]) part.catch(() => {});
  }

  /** Fetches the server's keys ahead of their use. A failure shows when they are used. */
  async keys(): Promise<void> {
    await this.#keySet().then((keys) => keys.load()).catch(() => {});
  }

  /**
   * The URL that begins a sign-in.
   *
   * @param redirectUri Redirect URI, exactly as it was registered.
   * @param parameters Parameters of the request.
   * @throws {FiefError} `usage_invalid` where `extrasParams` holds a parameter that cannot be replaced.
   * @see OpenID Connect Core section 3.1.2.1
   */
  async authUrl(redirectUri: string, parameters: AuthorizationParameters = {}): Promise<string> {
    const [{ authorizationUrl }, metadata] = await Promise.all([import("./authorization.ts"), this.metadata()]);
    return authorizationUrl(metadata, this.clientId, redirectUri, parameters);
  }

  /**
   * Asks for an authorization URL once, without a user, to learn whether the server takes client and redirect URI.
   *
   * @param url As {@linkcode Fief.authUrl} gives it, with a state that is good for nothing else.
   */
  async checkAuthorizationUrl(url: string): Promise<AuthorizationCheck> {
    const [{ checkAuthorization }, metadata] = await Promise.all([import("./authorization.ts"), this.metadata()]);
    return await checkAuthorization(url, metadata, this.baseUrl, this.host);
  }

  /**
   * Exchanges an authorization code for tokens, and checks the ID token.
   *
   * @param code The code from the redirect.
   * @param redirectUri The redirect URI of the authorization request.
   * @param options `codeVerifier`: what its challenge was made from. `nonce`: the one of the request.
   * @throws {FiefError} `authorization_code_rejected`, `provider_answer_invalid`, `provider_failed`, `provider_unreachable`.
   * @throws {FiefIdTokenInvalid} Which says which check failed.
   * @see OpenID Connect Core section 3.1.3
   */
  async authCallback(
    code: string,
    redirectUri: string,
    options: { codeVerifier?: string; nonce?: string } = {},
  ): Promise<TokensAndUser> {
    const [{ exchangeCode }, { issuer, token_endpoint }] = await Promise.all([
      import("./token_endpoint.ts"),
      this.metadata(),
    ]);
    const party = { issuer, tokenEndpoint: token_endpoint, clientId: this.clientId };
    const verifier = options.codeVerifier === undefined ? {} : { code_verifier: options.codeVerifier };
    const { tokens, clockOffset } = await exchangeCode(
      party,
      { code, redirect_uri: redirectUri, ...verifier },
      this.host,
    );
    return await this.#signedIn(tokens, issuer, clockOffset, { nonce: options.nonce, code });
  }

  /**
   * Begins a sign-in on a device that has no browser: the user enters a code elsewhere.
   *
   * @param parameters As for {@linkcode Fief.authUrl}; state and nonce are not sent, because there is no redirect.
   * @throws {FiefError} `device_sign_in_unavailable` where the server or the client does not have it, `provider_answer_invalid`,
   * `provider_failed`, `provider_busy`, `provider_unreachable`, `usage_invalid`.
   * @see RFC 8628 section 3.1
   */
  async deviceAuthorization(parameters: AuthorizationParameters = {}): Promise<DeviceAuthorization> {
    const [device, metadata] = await Promise.all([import("./device.ts"), this.metadata()]);
    return await device.beginDeviceSignIn(metadata, this, parameters);
  }

  /**
   * Asks once whether the user has entered the code, and checks the ID token where there is one by now.
   *
   * @param deviceCode The device code of {@linkcode Fief.deviceAuthorization}.
   * @param options `codeVerifier`: what the code challenge of the request was made from.
   * @returns What to do where nobody has signed in yet: go on, or go on 5 s slower.
   * @throws {FiefError} `sign_in_denied`, `sign_in_timed_out` where the code is expired, `sign_in_failed`, and as
   * {@linkcode Fief.authCallback}.
   * @see RFC 8628 sections 3.4 and 3.5
   */
  async deviceTokens(
    deviceCode: string,
    options: { codeVerifier?: string } = {},
  ): Promise<TokensAndUser | StillWaiting> {
    const [{ requestDeviceTokens }, { issuer, token_endpoint }] = await Promise.all([
      import("./device.ts"),
      this.metadata(),
    ]);
    const party = { issuer, tokenEndpoint: token_endpoint, clientId: this.clientId };
    const verifier = options.codeVerifier === undefined ? {} : { code_verifier: options.codeVerifier };
    const answer = await requestDeviceTokens(party, { device_code: deviceCode, ...verifier }, this.host);
    if (typeof answer === "string") return answer;
    // There is no nonce: the answer comes straight from the server to whoever has the device code.
    return await this.#signedIn(answer.tokens, issuer, answer.clockOffset, {});
  }

  /**
   * Exchanges a refresh token for new tokens. It is sent once: whatever comes back, it may be spent.
   *
   * @param refreshToken The refresh token.
   * @param options `scope`: ask for fewer scopes. `session`: what is known of the session; with issuer and token endpoint it takes one request.
   * `signal`: its end is that of the operation; nothing is sent after it. `timeout`: milliseconds to wait for the answer, by default 10,000.
   * @returns `userinfo` is `null` where the server gave no ID token. `tokenEndpoint` is where the tokens are from.
   * @throws {FiefError} `encryption_key_invalid` where the session's ID token cannot be read: then nothing was sent;
   * `refresh_rejected` where the session has ended, `provider_answer_invalid`, `provider_busy`; `provider_failed` or
   * `provider_unreachable` where nobody knows whether the refresh token is spent.
   * @throws {FiefIdTokenInvalid} Which says which check failed.
   * @see OpenID Connect Core section 12
   */
  async authRefreshToken(
    refreshToken: string,
    options: { scope?: string[]; session?: KnownSession; signal?: AbortSignal; timeout?: number } = {},
  ): Promise<Omit<TokensAndUser, "userinfo"> & { userinfo: FiefUserInfo | null; tokenEndpoint: string }> {
    const { EndpointMovedError, exchangeRefreshToken } = await import("./token_endpoint.ts");
    const { issuer, token_endpoint, subject, id_token } = options.session ?? {};
    if (id_token !== undefined) await this.#assertReadable(id_token);
    const parameters = { refresh_token: refreshToken, ...(options.scope ? { scope: options.scope.join(" ") } : {}) };
    const known = issuer !== undefined && token_endpoint !== undefined && token_endpoint !== this.#movedFrom;
    const refresh = async (issuer: string, tokenEndpoint: string) => {
      const answer = await exchangeRefreshToken(
        { issuer, tokenEndpoint, clientId: this.clientId },
        parameters,
        this.host,
        options,
      );
      const userinfo = await this.#checkIdToken(answer.tokens, issuer, answer.clockOffset, { subject }, undefined);
      return { tokens: answer.tokens, userinfo, clockOffset: answer.clockOffset, tokenEndpoint };
    };
    if (known) {
      try {
        return await refresh(issuer, token_endpoint);
      } catch (error) {
        // The server has moved its endpoint and never saw the token: ask where it is now, once.
        if (!(error instanceof EndpointMovedError)) throw error;
        this.#movedFrom = token_endpoint;
        this.#metadata = undefined;
      }
    }
    const metadata = await this.metadata();
    return await refresh(metadata.issuer, metadata.token_endpoint);
  }

  /**
   * Validates an access token, as an API does.
   *
   * @param accessToken The token of the request.
   * @param requirements What it must be good for.
   * @throws {FiefAccessTokenInvalid} Or one of the other errors about access tokens, by what is wrong.
   * @see RFC 9068 section 4
   */
  async validateAccessToken(
    accessToken: string,
    requirements: AccessTokenRequirements = {},
  ): Promise<FiefAccessTokenInfo> {
    const [{ validateAccessToken }, { issuer }, keys] = await Promise.all([
      import("./access_token.ts"),
      this.metadata(),
      this.#keySet(),
    ]);
    const expected = { issuer, audience: this.clientId, now: this.host.now() / 1000 };
    return await validateAccessToken(accessToken, expected, requirements, keys);
  }

  /**
   * Claims about the user, from the userinfo endpoint.
   *
   * @param accessToken The user's access token.
   * @param options `session`: what is known of the session; with the userinfo endpoint it takes one request.
   * @throws {FiefRequestError} Where the server refuses.
   * @see OpenID Connect Core section 5.3
   */
  async userinfo(accessToken: string, options: { session?: KnownSession } = {}): Promise<FiefUserInfo> {
    const known = options.session?.userinfo_endpoint;
    let moved: FiefRequestError | undefined;
    if (known !== undefined) {
      try {
        return await this.#account(known, accessToken, "GET");
      } catch (error) {
        // Nobody is there: ask where it is now, once.
        if (!(error instanceof FiefRequestError && [404, 405].includes(error.status))) throw error;
        moved = error;
        this.#metadata = undefined;
      }
    }
    const { userinfo_endpoint: endpoint } = await this.metadata();
    if (moved !== undefined && (endpoint === undefined || endpoint === known)) throw moved;
    if (endpoint === undefined) {
      throw new FiefError(
        "metadata_invalid",
        "The server has no userinfo endpoint",
        "Go by the claims that came with the sign-in",
      );
    }
    return await this.#account(endpoint, accessToken, "GET");
  }

  /**
   * Changes user fields. Fief only.
   *
   * @param accessToken The user's access token.
   * @param data Fields to change: `{ fields: { first_name: "Anne" } }`.
   * @returns The user afterwards.
   * @throws {FiefRequestError} Where the server refuses.
   */
  updateProfile(accessToken: string, data: Record<string, unknown>): Promise<FiefUserInfo> {
    return this.#account(`${this.baseUrl}/api/profile`, accessToken, "PATCH", data);
  }

  /**
   * Changes the password. Fief only; the access token must be of {@linkcode FiefACR} `LEVEL_ONE`.
   *
   * @param accessToken The user's access token.
   * @param newPassword The new password.
   * @returns The user.
   * @throws {FiefRequestError} Where the server refuses.
   */
  changePassword(accessToken: string, newPassword: string): Promise<FiefUserInfo> {
    return this.#account(`${this.baseUrl}/api/password`, accessToken, "PATCH", { password: newPassword });
  }

  /**
   * Asks for another email address: the server sends a code there, for {@linkcode Fief.emailVerify}. Fief only; the access token must be of
   * {@linkcode FiefACR} `LEVEL_ONE`.
   *
   * @param accessToken The user's access token.
   * @param email The new address.
   * @returns The user, still with the old address.
   * @throws {FiefRequestError} Where the server refuses.
   */
  emailChange(accessToken: string, email: string): Promise<FiefUserInfo> {
    return this.#account(`${this.baseUrl}/api/email/change`, accessToken, "PATCH", { email });
  }

  /**
   * Proves the address given to {@linkcode Fief.emailChange}. Fief only; the access token must be of {@linkcode FiefACR} `LEVEL_ONE`.
   *
   * @param accessToken The user's access token.
   * @param code The code that came by email.
   * @returns The user, with the new address.
   * @throws {FiefRequestError} Where the server refuses.
   */
  emailVerify(accessToken: string, code: string): Promise<FiefUserInfo> {
    return this.#account(`${this.baseUrl}/api/email/verify`, accessToken, "POST", { code });
  }

  /**
   * The page that ends the browser's session. Fief only. It ends no other session: see {@linkcode FiefAuth.logout}.
   *
   * @param redirectUri Where the browser goes afterwards.
   */
  async logoutUrl(redirectUri: string): Promise<string> {
    const { logoutUrl } = await import("./fief_quirks.ts");
    return logoutUrl(this.baseUrl, redirectUri);
  }

  /**
   * Ends a session on the server: at its revocation endpoint, or where it is a Fief server, in Fief's own way.
   *
   * @param tokens The session's tokens.
   * @param options `session`: what is known of the session; with the revocation endpoint it takes no metadata.
   * @throws {FiefError} `provider_answer_invalid`, `provider_failed`, `provider_busy`, `provider_unreachable`.
   * @see RFC 7009
   */
  async endSession(tokens: FiefTokenResponse, options: { session?: KnownSession } = {}): Promise<EndedSession> {
    const [{ endSession, revokeSession }, { EndpointMovedError }] = await Promise.all([
      import("./end_session.ts"),
      import("./token_endpoint.ts"),
    ]);
    const { baseUrl, clientId, host } = this;
    const { issuer = baseUrl, revocation_endpoint } = options.session ?? {};
    if (revocation_endpoint !== undefined) {
      try {
        return await revokeSession(tokens, { issuer, revocationEndpoint: revocation_endpoint, clientId }, host);
      } catch (error) {
        // Nobody is there, or no longer: ask where it is now, once.
        if (!(error instanceof EndpointMovedError)) throw error;
        this.#metadata = undefined;
      }
    }
    return await endSession(tokens, await this.metadata(), { baseUrl, clientId }, host);
  }

  /**
   * The page at which a browser ends its session with the server. No token is in its URL, so the server asks the user first.
   *
   * @param options `session`: what is known of the session; with the endpoint it takes no request.
   * @returns `undefined` where the server has no such page.
   * @see OpenID Connect RP-Initiated Logout section 2
   */
  async endSessionUrl(options: { session?: KnownSession } = {}): Promise<string | undefined> {
    const [{ endSessionUrl }, { isFief }] = await Promise.all([
      import("./end_session_url.ts"),
      import("./fief_quirks.ts"),
    ]);
    const known = options.session?.end_session_endpoint;
    if (known !== undefined) return endSessionUrl(known, this.clientId);
    const metadata = await this.metadata();
    const { end_session_endpoint: endpoint } = metadata;
    if (endpoint !== undefined) return endSessionUrl(endpoint, this.clientId);
    return isFief(metadata, this.baseUrl) ? await this.logoutUrl(this.baseUrl) : undefined;
  }

  #keySet(): Promise<Keys> {
    this.#keys ??= import("./keys.ts").then(({ Keys }) =>
      new Keys(async () => (await this.metadata()).jwks_uri, this.host)
    );
    return this.#keys;
  }

  async #account(
    url: string,
    accessToken: string,
    method: "GET" | "PATCH" | "POST",
    body?: Record<string, unknown>,
  ): Promise<FiefUserInfo> {
    const { accountRequest } = await import("./account.ts");
    return await accountRequest(url, accessToken, method, body, this.host);
  }

  /** What a sign-in gave, with the ID token that it must hold. */
  async #signedIn(
    tokens: FiefTokenResponse,
    issuer: string,
    clockOffset: number,
    expected: { nonce?: string | undefined; code?: string },
  ): Promise<TokensAndUser> {
    const userinfo = await this.#checkIdToken(tokens, issuer, clockOffset, expected, await this.#keySet());
    if (userinfo !== null) return { tokens, userinfo, clockOffset };
    throw new FiefError(
      "provider_answer_invalid",
      "The server gave no ID token",
      "Check that it is an OpenID provider, and that the client may ask for openid",
    );
  }

  async #assertReadable(idToken: string): Promise<void> {
    const { assertReadable } = await import("./encrypted_id_token.ts");
    await assertReadable(idToken, this.#encryptionKey);
  }

  async #checkIdToken(
    tokens: FiefTokenResponse,
    issuer: string,
    clockOffset: number,
    expected: { nonce?: string | undefined; code?: string; subject?: string | undefined },
    keys: Keys | undefined,
  ): Promise<FiefUserInfo | null> {
    if (tokens.id_token === undefined) return null;
    const { checkIdToken } = await import("./id_token.ts");
    return await checkIdToken(tokens.id_token, {
      issuer,
      audience: this.clientId,
      now: this.host.now() / 1000 + clockOffset,
      accessToken: tokens.access_token,
      encryptionKey: this.#encryptionKey,
      ...expected,
    }, keys);
  }
}
