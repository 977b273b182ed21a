import type { FiefAccessTokenInfo, FiefTokenResponse, FiefUserInfo } from "../../types.ts";
import type { AccessTokenRequirements } from "../../provider/access_token.ts";
import type { AuthorizationCheck, AuthorizationParameters } from "../../provider/authorization.ts";
import type { StillWaiting } from "../../provider/device.ts";
import type { DeviceAuthorization } from "../../provider/device_authorization.ts";
import type { EndedSession } from "../../provider/end_session.ts";
import { Fief, type FiefOptions, type KnownSession, type TokensAndUser } from "../../provider/fief.ts";
import type { PublishedKeys } from "../../provider/key_check.ts";
import type { ProviderMetadata } from "../../provider/metadata.ts";
import type { QrCode } from "../../signin/qr_code.ts";
import type * as Answers from "./answers.ts";
import type { ProviderSide } from "./provider_side.ts";

/** Settings of an {@linkcode IsolatedFief}. */
export interface IsolatedFiefOptions extends FiefOptions {
  /** Certificates of authorities to trust beside the usual ones. */
  caCerts: () => Promise<string[]>;
}

/** How a method is to be called in the Worker. */
interface Request {
  /** Whether it needs what the server says about itself, in any case. */
  metadata?: boolean;
  /** Where the session's endpoints are in the arguments: with them it may take no metadata. */
  session?: KnownSession | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * A {@linkcode Fief} of which everything that npm packages have a part in happens in a Worker, which may reach the provider and nothing
 * else. What the server says about itself is asked and checked here, by our own code: it decides what the Worker may reach.
 */
export class IsolatedFief extends Fief {
  readonly #options: IsolatedFiefOptions;
  #side: Promise<ProviderSide> | undefined;
  #known: ProviderMetadata | undefined;

  constructor(baseUrl: string, clientId: string, options: IsolatedFiefOptions) {
    super(baseUrl, clientId, options);
    this.#options = options;
  }

  /** Starts the Worker ahead of its use. */
  override prepare(session?: KnownSession): void {
    void this.#provider().then((side) => side.prepare(session)).catch(() => {}); // met again, and told, at the call
  }

  /** Ends the Worker as soon as nobody waits for it. */
  release(): void {
    void this.#side?.then((side) => side.release());
  }

  override async metadata(): Promise<ProviderMetadata> {
    const asked = super.metadata();
    this.prepare(); // beside the request
    return this.#known = await asked;
  }

  override async keys(): Promise<void> {
    await this.#call("keys", [], () => () => {}, { metadata: true });
  }

  override async checkAuthorizationUrl(url: string): Promise<AuthorizationCheck> {
    return await this.#call("checkAuthorizationUrl", [url], (answers) => answers.authorizationCheck, {
      metadata: true,
    });
  }

  override async authCallback(
    code: string,
    redirectUri: string,
    options: { codeVerifier?: string; nonce?: string } = {},
  ): Promise<TokensAndUser> {
    return await this.#call("authCallback", [code, redirectUri, options], (answers) => answers.tokensAndUser, {
      metadata: true,
    });
  }

  override async deviceAuthorization(parameters: AuthorizationParameters = {}): Promise<DeviceAuthorization> {
    return await this.#call("deviceAuthorization", [parameters], (answers) => answers.deviceAuthorization, {
      metadata: true,
    });
  }

  override async deviceTokens(
    deviceCode: string,
    options: { codeVerifier?: string } = {},
  ): Promise<TokensAndUser | StillWaiting> {
    return await this.#call("deviceTokens", [deviceCode, options], (answers) => answers.tokensOrWaiting, {
      metadata: true,
    });
  }

  override async authRefreshToken(
    refreshToken: string,
    { signal, ...options }: { scope?: string[]; session?: KnownSession; signal?: AbortSignal; timeout?: number } = {},
  ): Promise<Omit<TokensAndUser, "userinfo"> & { userinfo: FiefUserInfo | null; tokenEndpoint: string }> {
    return await this.#call("authRefreshToken", [refreshToken, options], (answers) => answers.refreshed, {
      session: options.session,
      signal,
    });
  }

  override async validateAccessToken(
    accessToken: string,
    requirements: AccessTokenRequirements = {},
  ): Promise<FiefAccessTokenInfo> {
    return await this.#call("validateAccessToken", [accessToken, requirements], (answers) => answers.accessTokenInfo, {
      metadata: true,
    });
  }

  override async userinfo(accessToken: string, options: { session?: KnownSession } = {}): Promise<FiefUserInfo> {
    return await this.#call("userinfo", [accessToken, options], (answers) => answers.user, options);
  }

  override async updateProfile(accessToken: string, data: Record<string, unknown>): Promise<FiefUserInfo> {
    return await this.#call("updateProfile", [accessToken, data], (answers) => answers.user);
  }

  override async changePassword(accessToken: string, newPassword: string): Promise<FiefUserInfo> {
    return await this.#call("changePassword", [accessToken, newPassword], (answers) => answers.user);
  }

  override async emailChange(accessToken: string, email: string): Promise<FiefUserInfo> {
    return await this.#call("emailChange", [accessToken, email], (answers) => answers.user);
  }

  override async emailVerify(accessToken: string, code: string): Promise<FiefUserInfo> {
    return await this.#call("emailVerify", [accessToken, code], (answers) => answers.user);
  }

  override async endSession(
    tokens: FiefTokenResponse,
    options: { session?: KnownSession } = {},
  ): Promise<EndedSession> {
    return await this.#call("endSession", [tokens, options], (answers) => answers.endedSession, options);
  }

  /** The keys that the server publishes, tried in the Worker. */
  async publishedKeys(jwksUri: string): Promise<PublishedKeys> {
    return await this.#call("publishedKeys", [jwksUri], (answers) => answers.publishedKeys, { metadata: true });
  }

  /** The modules of a QR code, made in the Worker. */
  async qrCode(text: string): Promise<QrCode> {
    return await this.#call("qrCode", [text], (answers) => answers.qrCode);
  }

  /** @param checked Which of the checks the answer has to pass: nobody knows who has given it. */
  async #call<T>(
    method: string,
    args: unknown[],
    checked: (answers: typeof Answers) => (value: unknown, baseUrl: string) => T,
    { metadata, session, signal }: Request = {},
  ): Promise<T> {
    // Both before anything is sent: a refresh token is spent then.
    const [side, answers] = await Promise.all([this.#provider(), import("./answers.ts")]);
    const known = metadata ? await this.metadata() : this.#known;
    const answer = await side.call(method, args, { known, session, signal }) ??
      await this.#callMoved(side, method, args, signal);
    return checked(answers)(answer?.value, this.baseUrl);
  }

  /** The endpoints of the session are where nobody is any more: without them the method goes by what the server says now. */
  async #callMoved(side: ProviderSide, method: string, args: unknown[], signal: AbortSignal | undefined) {
    const again = args.map((arg) => arg !== null && typeof arg === "object" && "session" in arg ? moved(arg) : arg);
    return await side.call(method, again, { known: await this.metadata(), signal });
  }

  #provider(): Promise<ProviderSide> {
    this.#side ??= import("./provider_side.ts").then(({ ProviderSide }) => new ProviderSide(this, this.#options));
    return this.#side;
  }
}

/** The same without the endpoints of the session. */
function moved(options: object): object {
  const { subject, id_token } = (options as { session?: KnownSession }).session ?? {};
  const session = {
    ...subject === undefined ? {} : { subject },
    ...id_token === undefined ? {} : { id_token },
  };
  return { ...options, session };
}
