import type { PageDesign } from "../signin/page_design.ts";
import type { Command, OptionDefinitions } from "./command.ts";

/** What a CLI is built from. */
export interface CliOptions {
  /** What the user types, `acme` say. It also names the credentials file and the variables: `ACME_CREDENTIALS`. */
  name: string;
  /** Its version, for `--version`. By default this package's. */
  version?: string;
  /** Base URL of the server. What is given here cannot be overridden unless `allowOverride` says so. */
  baseUrl?: string;
  /** Client id at that server. What is given here cannot be overridden unless `allowOverride` says so. */
  clientId?: string;
  /** Private key (a JWK as JSON) of a client whose ID tokens are encrypted. By default the variable `ACME_ENCRYPTION_KEY` has it. */
  encryptionKey?: string;
  /** Scopes to ask for at every sign-in, beside `openid offline_access`. */
  scope?: string[];
  /** Origins beside the base URL's own that may see the token, such as `https://api.acme.dev`. */
  apiOrigins?: string[];
  /** Redirect URIs that are registered; the first whose port is free is used. By default `http://localhost:51562/callback`. */
  redirectUris?: string[];
  /** Whether options and variables may replace a built-in base URL and client id. By default false. */
  allowOverride?: boolean;
  /** How the pages at the end of a sign-in look, and what they say last. */
  pages?: PageDesign;
  /**
   * Whether everything that touches the server, with all npm packages, runs in a Worker that may reach the server and nothing else. The program
   * must then be run or compiled with `--unstable-worker-options` (or `"unstable": ["worker-options"]` in its `deno.json`): without it Deno
   * ends it with status 70 at the first request. By default false.
   */
  isolated?: boolean;
  /** More commands, by the name that the user types. */
  commands?: Record<string, Command>;
}

/** A CLI as its commands see it: all that was left out is filled in. */
export interface App {
  /** What the user types. */
  readonly name: string;
  /** Its version. */
  readonly version: string;
  /** Base URL that is built in. */
  readonly baseUrl: string | undefined;
  /** Client id that is built in. */
  readonly clientId: string | undefined;
  /** Private key that is built in. */
  readonly encryptionKey: string | undefined;
  /** Scopes to ask for at every sign-in, beside `openid offline_access`. */
  readonly scope: string[];
  /** Origins beside the base URL's own that may see the token. */
  readonly apiOrigins: string[];
  /** Redirect URIs that are registered. */
  readonly redirectUris: string[];
  /** Whether options and variables may replace a built-in base URL and client id. */
  readonly allowOverride: boolean;
  /** In front of the names of its variables: `FIEF` for `FIEF_CREDENTIALS`. */
  readonly environmentPrefix: string;
  /** How the pages at the end of a sign-in look. */
  readonly pages: PageDesign | undefined;
  /** Whether what touches the server runs in a Worker of its own. */
  readonly isolated: boolean;
  /** Commands beside the built-in ones. */
  readonly commands: Record<string, Command>;
}

/** The options of a command in this CLI: where the server is built in, none names another. */
export function optionsOf(app: App, command: Command): OptionDefinitions {
  const builtIn = fixedOptions(app);
  return Object.fromEntries(Object.entries(command.options ?? {}).filter(([name]) => !builtIn.includes(name)));
}

/** The options that this CLI does not have, because what they name is built in. */
export function fixedOptions({ allowOverride, baseUrl, clientId }: App): string[] {
  if (allowOverride) return [];
  return [...baseUrl === undefined ? [] : ["base-url"], ...clientId === undefined ? [] : ["client-id"]];
}

/** Fief's documentation registers this one. */
export const DEFAULT_REDIRECT_URI = "http://localhost:51562/callback";

/** Fills in what was left out. */
export function appOf(options: CliOptions, version: string): App {
  return {
    name: options.name,
    version: options.version ?? version,
    baseUrl: options.baseUrl,
    clientId: options.clientId,
    encryptionKey: options.encryptionKey,
    scope: options.scope ?? [],
    apiOrigins: options.apiOrigins ?? [],
    redirectUris: options.redirectUris ?? [DEFAULT_REDIRECT_URI],
    allowOverride: options.allowOverride === true,
    environmentPrefix: environmentPrefixOf(options.name),
    pages: options.pages,
    isolated: options.isolated === true,
    commands: options.commands ?? {},
  };
}

/** What the variables of a CLI of this name begin with. */
export function environmentPrefixOf(name: string): string {
  return name === "fief-auth" ? "FIEF" : name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_");
}
