/**
 * Sign-in for command-line tools: a user's session with a [Fief](https://www.fief.dev) server, or any OpenID provider, in a file that any
 * number of processes may share.
 *
 * @module
 */
export {
  type AccessTokenOptions,
  type AuthorizeOptions,
  FiefAuth,
  type FiefAuthOptions,
  type LogoutOptions,
} from "./auth.ts";
export type { Authorized } from "./auth/new_session.ts";
export type { EndedBrowserSession, SignedOut } from "./auth/sign_out.ts";
export { type StepUpChallenge, stepUpChallenge } from "./auth/step_up.ts";
export {
  EXIT_STATUS,
  FiefAccessTokenACRTooLow,
  FiefAccessTokenExpired,
  FiefAccessTokenInvalid,
  FiefAccessTokenMissingPermission,
  FiefAccessTokenMissingScope,
  FiefAuthAuthorizationCodeMissingError,
  FiefAuthError,
  FiefAuthNotAuthenticatedError,
  FiefAuthRefreshTokenMissingError,
  FiefError,
  type FiefErrorCode,
  FiefIdTokenInvalid,
  FiefRequestError,
} from "./errors.ts";
export type { Host, Input, Output } from "./host.ts";
export type { AccessTokenRequirements } from "./provider/access_token.ts";
export type { AuthorizationCheck, AuthorizationParameters } from "./provider/authorization.ts";
export type { EndedSession } from "./provider/end_session.ts";
export type { StillWaiting } from "./provider/device.ts";
export type { DeviceAuthorization } from "./provider/device_authorization.ts";
export { Fief, type FiefOptions, type KnownSession, type TokensAndUser } from "./provider/fief.ts";
export type { ProviderMetadata } from "./provider/metadata.ts";
export type { PageContext } from "./signin/callback_page.ts";
export type { CodeToEnter, SignInEvent } from "./signin/events.ts";
export type { PageDesign } from "./signin/page_design.ts";
export {
  type FiefAccessTokenInfo,
  FiefACR,
  type FiefBearerToken,
  type FiefTokenResponse,
  type FiefUserInfo,
} from "./types.ts";
