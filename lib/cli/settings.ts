import { chosenProfile, defaultCredentialsPath, profileChoicePath } from "../credentials/path.ts";
import { ownerOf } from "../auth/session.ts";
import { readCredentials } from "../credentials/read.ts";
import { FiefError } from "../errors.ts";
import type { Host } from "../host.ts";
import { withoutSecrets } from "../provider/base_url.ts";
import type { App } from "./app.ts";
import type { GlobalOptions } from "./options.ts";

/** Where the session is kept and whose it is. */
export interface Settings {
  /** Path of the credentials file. */
  credentialsPath: string;
  /** Base URL of the server, where anything names it. */
  baseUrl: string | undefined;
  /** Client id, where anything names it. */
  clientId: string | undefined;
  /** The profile whose session it is, where one was named or chosen. */
  profile?: string;
}

/** What a command line says of the server; only `login` has such options. */
export interface ServerOptions {
  baseUrl?: string | undefined;
  clientId?: string | undefined;
  /** Whether a session is about to begin. */
  signIn?: boolean;
}

/** Where the credentials file is. */
export interface CredentialsPlace {
  /** Path of the file. */
  path: string;
  /** The profile whose file it is; `undefined` where the path was named, and where nothing was chosen. */
  profile?: string;
  /** The file that was asked which profile was chosen. */
  choice?: string;
  /** What names it, `--credentials` say. */
  from: string;
}

/** A setting, and where it is from. */
export interface Setting {
  value: string;
  /** What names it, `--base-url` say. */
  from: string;
}

/** Where the credentials file is: option, then variable, then the profile that was chosen for later runs, then the usual one. */
export function credentialsPlaceOf(
  app: App,
  options: Partial<Pick<GlobalOptions, "credentials" | "profile">>,
  host: Host,
): CredentialsPlace {
  if (options.credentials !== undefined && options.profile !== undefined) {
    throw new FiefError("usage_invalid", "Both --credentials and --profile name a file", "Give one of the two");
  }
  if (options.credentials === "") {
    throw new FiefError("usage_invalid", "The path of the credentials file is empty", "Give a path");
  }
  const told = (place: Omit<CredentialsPlace, "from">, from: string): CredentialsPlace => {
    host.debug?.(`the credentials file is "${place.path}": from ${from}`);
    return { ...place, from };
  };
  const ofProfile = (profile: string, from: string) =>
    told({ path: defaultCredentialsPath(app.name, host, profile), profile }, from);
  if (options.credentials !== undefined) return told({ path: options.credentials }, "--credentials");
  if (options.profile !== undefined) return ofProfile(options.profile, "--profile");
  const [file, name] = ["CREDENTIALS", "PROFILE"].map((name) => `${app.environmentPrefix}_${name}`) as [string, string];
  const path = host.env(file);
  if (path !== undefined) return told({ path }, file);
  const profile = host.env(name);
  if (profile !== undefined) return ofProfile(profile, name);
  const choice = profileChoicePath(app.name, host);
  const chosen = chosenProfile(app.name, host);
  if (chosen !== undefined) return { ...ofProfile(chosen, `the choice in "${choice}"`), choice };
  return { ...told({ path: defaultCredentialsPath(app.name, host) }, "the usual place"), choice };
}

/**
 * Base URL and client id: option, then variable, then what the CLI was built with, then what the credentials file remembers. Built-in
 * ones are the only ones where they cannot be overridden.
 */
export async function settingsOf(
  app: App,
  credentialsPath: string,
  server: ServerOptions,
  host: Host,
): Promise<Settings> {
  const { baseUrl, clientId } = await serverOf(app, credentialsPath, server, host);
  return { credentialsPath, baseUrl: baseUrl?.value, clientId: clientId?.value };
}

/** Base URL and client id, each with where it is from. */
export async function serverOf(
  app: App,
  credentialsPath: string,
  server: ServerOptions,
  host: Host,
): Promise<{ baseUrl: Setting | undefined; clientId: Setting | undefined }> {
  const { baseUrl, clientId } = namedServer(app, server, host);
  if (baseUrl !== undefined && clientId !== undefined) return { baseUrl, clientId };
  const owner = ownerOf(await readCredentials(credentialsPath, host));
  // A client id is good at its own server only: at another one that a sign-in names it is not known. Any other command is refused there.
  const elsewhere = server.signIn === true && baseUrl !== undefined && trimmed(baseUrl.value) !== owner.baseUrl;
  const remembered = (what: string, value: string | undefined) => tell(host, what, value, "the credentials file");
  return {
    baseUrl: baseUrl ?? remembered("base URL", owner.baseUrl),
    clientId: clientId ?? remembered("client id", elsewhere ? undefined : owner.clientId),
  };
}

function trimmed(baseUrl: string): string {
  return baseUrl.replace(/\/+$/, "");
}

/** The same without the credentials file. */
export function serverFromEnvironment(
  app: App,
  server: ServerOptions,
  host: Host,
): Pick<Settings, "baseUrl" | "clientId"> {
  const { baseUrl, clientId } = namedServer(app, server, host);
  return { baseUrl: baseUrl?.value, clientId: clientId?.value };
}

function namedServer(
  app: App,
  server: ServerOptions,
  host: Host,
): { baseUrl: Setting | undefined; clientId: Setting | undefined } {
  const { environmentPrefix: prefix, allowOverride } = app;
  const given = (what: string, builtIn: string | undefined, option: [string | undefined, string], variable: string) => {
    if (builtIn !== undefined && !allowOverride) return tell(host, what, builtIn, "what is built in");
    return tell(host, what, ...option) ?? tell(host, what, host.env(variable), variable) ??
      tell(host, what, builtIn, "what is built in");
  };
  return {
    baseUrl: given("base URL", app.baseUrl, [server.baseUrl, "--base-url"], `${prefix}_BASE_URL`),
    clientId: given("client id", app.clientId, [server.clientId, "--client-id"], `${prefix}_CLIENT_ID`),
  };
}

/** Tells debug where a setting is from. A base URL that is not looked at yet may hold a password. */
function tell(host: Host, what: string, value: string | undefined, from: string): Setting | undefined {
  if (value === undefined) return undefined;
  host.debug?.(`the ${what} is "${withoutSecrets(value)}": from ${from}`);
  return { value, from };
}

/** Whoever has never signed in has no settings either: that is the first thing to say to them. */
export function unknownServer(
  app: App,
  command: string,
  { baseUrl, clientId }: Pick<Settings, "baseUrl" | "clientId">,
): FiefError {
  const missing = [
    ...baseUrl === undefined ? [["base URL of the server", "--base-url URL", "BASE_URL"] as const] : [],
    ...clientId === undefined ? [["client id", "--client-id ID", "CLIENT_ID"] as const] : [],
  ];
  const login = `${app.name} login ${missing.map(([, option]) => option).join(" ")}`;
  if (command !== "login") return new FiefError("not_authenticated", "Not signed in", `Sign in with: ${login}`);
  const variables = missing.map(([, , name]) => `${app.environmentPrefix}_${name}`).join(" and ");
  return new FiefError(
    "configuration_missing",
    `Not known: ${missing.map(([what]) => what).join(" and ")}`,
    `Give it once with: ${login} (or set ${variables})`,
  );
}
