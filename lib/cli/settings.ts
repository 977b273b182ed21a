import { defaultCredentialsPath } from "../credentials/path.ts";
import { ownerOf } from "../auth/session.ts";
import { readCredentials } from "../credentials/read.ts";
import { FiefError } from "../errors.ts";
import type { Host } from "../host.ts";
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
}

/** What a command line says of the server; only `login` has such options. */
export interface ServerOptions {
  baseUrl?: string | undefined;
  clientId?: string | undefined;
  /** Whether a session is about to begin. */
  signIn?: boolean;
}

/** Where the credentials file is: option, then variable, then the platform's place for this CLI and profile. */
export function credentialsPathOf(
  app: App,
  options: Pick<GlobalOptions, "credentials" | "profile">,
  host: Host,
): string {
  if (options.credentials !== undefined && options.profile !== undefined) {
    throw new FiefError("usage_invalid", "Both --credentials and --profile name a file", "Give one of the two");
  }
  if (options.credentials === "") {
    throw new FiefError("usage_invalid", "The path of the credentials file is empty", "Give a path");
  }
  if (options.credentials !== undefined) return options.credentials;
  const path = options.profile === undefined ? host.env(`${app.environmentPrefix}_CREDENTIALS`) : undefined;
  return path ??
    defaultCredentialsPath(app.name, host, options.profile ?? host.env(`${app.environmentPrefix}_PROFILE`));
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
  const { baseUrl, clientId } = serverFromEnvironment(app, server, host);
  if (baseUrl !== undefined && clientId !== undefined) return { credentialsPath, baseUrl, clientId };
  const owner = ownerOf(await readCredentials(credentialsPath));
  // A client id is good at its own server only: at another one that a sign-in names it is not known. Any other command is refused there.
  const elsewhere = server.signIn === true && baseUrl !== undefined && trimmed(baseUrl) !== owner.baseUrl;
  return {
    credentialsPath,
    baseUrl: baseUrl ?? owner.baseUrl,
    clientId: clientId ?? (elsewhere ? undefined : owner.clientId),
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
  const { environmentPrefix: prefix, allowOverride } = app;
  const given = (builtIn: string | undefined, option: string | undefined, variable: string) =>
    builtIn !== undefined && !allowOverride ? builtIn : option ?? host.env(`${prefix}_${variable}`) ?? builtIn;
  return {
    baseUrl: given(app.baseUrl, server.baseUrl, "BASE_URL"),
    clientId: given(app.clientId, server.clientId, "CLIENT_ID"),
  };
}
