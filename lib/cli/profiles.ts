import { expiryOf, outlivesItself, ownerOf, type Session } from "../auth/session.ts";
import type { Credentials } from "../credentials/format.ts";
import { defaultCredentialsPath, USUAL_PROFILE } from "../credentials/path.ts";
import { profileNames, profilesDirectory } from "../credentials/profiles.ts";
import { readCredentials } from "../credentials/read.ts";
import { FiefError } from "../errors.ts";
import type { Host } from "../host.ts";
import type { FiefUserInfo } from "../types.ts";
import type { App } from "./app.ts";
import { nearest } from "./nearest.ts";
import { credentialsPlaceOf } from "./settings.ts";

/** A profile, as its file tells. */
export interface Profile {
  name: string;
  /** Path of its credentials file. */
  path: string;
  /** Whether this run would use it. */
  inUse: boolean;
  signedIn: boolean;
  user?: FiefUserInfo;
  baseUrl?: string;
  clientId?: string;
  /** Why nothing more is known. */
  unreadable?: FiefError;
}

/** All profiles that have a file, and the one in use in any case. */
export async function allProfiles(app: App, host: Host): Promise<Profile[]> {
  const inUse = profileInUse(app, host);
  const names = await profileNames(app.name, host);
  const all = inUse === undefined || names.includes(inUse) ? names : [inUse, ...names];
  return await Promise.all(all.map((name) => profileOf(app, host, name, name === inUse)));
}

/** The profile that a run without options uses; `undefined` where a file is named in place of it, or the choice cannot be read. */
export function profileInUse(app: App, host: Host): string | undefined {
  try {
    const { profile, choice } = credentialsPlaceOf(app, {}, host);
    return profile ?? (choice === undefined ? undefined : USUAL_PROFILE);
  } catch (error) {
    // What `use` is there to mend.
    if (error instanceof FiefError && /^credentials_|^usage_/.test(error.code)) return undefined;
    throw error;
  }
}

async function profileOf(app: App, host: Host, name: string, inUse: boolean): Promise<Profile> {
  const path = defaultCredentialsPath(app.name, host, name);
  const known = { name, path, inUse };
  try {
    const credentials = await readCredentials(path, { debug: host.debug });
    return {
      ...known,
      signedIn: isSignedIn(credentials, host.now()),
      ...credentials?.userinfo ? { user: credentials.userinfo } : {},
      ...ownerOf(credentials),
    };
  } catch (error) {
    if (!(error instanceof FiefError)) throw error;
    return { ...known, signedIn: false, unreadable: error };
  }
}

/** Whether these credentials are good for a token now: one that lives, or one that can be had for them. */
export function isSignedIn(credentials: Credentials | undefined, now: number): boolean {
  if (!credentials?.tokens) return false;
  const session = credentials as Session;
  if (session.tokens.refresh_token) return true;
  const expiry = outlivesItself(session, now) ? undefined : expiryOf(session);
  return expiry === undefined || expiry > now / 1000;
}

/** The error for a profile that does not exist, with the nearest that does, or all there are. */
export function noProfile(app: App, name: string, names: string[]): FiefError {
  return new FiefError("usage_invalid", `There is no profile "${name}"`, nearestHint(app, name, names));
}

/** What `not_authenticated` means where the profile that was named has no file: most likely its name was mistyped. */
export async function aboutMissingProfile(app: App, name: string, error: FiefError, host: Host): Promise<FiefError> {
  const path = defaultCredentialsPath(app.name, host, name);
  if (await readCredentials(path).catch(() => null) !== undefined) return error;
  const start = error.hint.startsWith("Sign in with: ") ? error.hint : `Sign in with: ${app.name} login`;
  const login = `${start} --profile ${name}`;
  const message = `Not signed in: there is no profile "${name}"`;
  // Other profiles are none of this command's business unless it may look; Deno would ask whoever is at the terminal.
  const directory = profilesDirectory(app.name, host);
  const mayLook = Deno.permissions.querySync({ name: "read", path: directory }).state === "granted";
  const names = mayLook ? await profileNames(app.name, host).catch(() => []) : [];
  const near = nearest(name, names);
  return new FiefError("not_authenticated", message, near === undefined ? login : `${login}, or did you mean ${near}?`);
}

function nearestHint(app: App, name: string, names: string[]): string {
  const near = nearest(name, names);
  if (near !== undefined) return `Did you mean: ${near}`;
  return names.length === 0
    ? `There are none yet. Sign in with: ${app.name} login --profile NAME`
    : `There are: ${names.join(", ")}`;
}
