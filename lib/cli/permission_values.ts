import type { Host } from "../host.ts";
import { PROXY_VARIABLES } from "../proxy.ts";

/** A class of permissions: `--allow-KIND`. */
export type PermissionKind = "read" | "write" | "net" | "env" | "run";

/** What the permissions of a run depend on. */
export interface PermissionFacts {
  /** What the user types; `own` for any command that the CLI's author has added. */
  command: string;
  /** Path of the credentials file; where it is a symbolic link, what it points to. Commands without a session have none. */
  credentialsPath?: string;
  /** The symbolic link that leads to it, where there is one. */
  credentialsLink?: string;
  /** Whether it is there: by default it is not known to be. */
  fileIsThere?: boolean;
  /** The file that keeps the choice of a profile, where that is asked. */
  profileChoice?: string;
  /** Base URL of the server. */
  baseUrl?: string | undefined;
  /** Endpoints of the server that this command asks; they may be at other hosts. */
  endpoints?: string[];
  /** URLs that `call-api`, or a command of the CLI's author, may ask. */
  apiUrls?: string[];
  /** Redirect URIs that a sign-in may listen at. */
  redirectUris?: string[];
  /** Programs that may open a browser; none is `--no-browser`. */
  browsers?: string[];
  /** Whether a sign-in is by a code that is entered elsewhere: `login --device`. */
  device?: boolean;
  /** Whether the command opens a browser beside a sign-in: `logout --browser-session`. */
  opensBrowser?: boolean;
  /** Whether the server is asked for what the file knows: `hello --refresh`, `permissions --ask-server`. */
  refreshes?: boolean;
  /** The command that `permissions` is asked about. */
  about?: string;
  /** The program that `exec` starts, or that `credential` answers. */
  program?: string | undefined;
  /** From source: the directory of the program itself, whose parts are loaded when they are needed. */
  sources?: string[];
  /** The directory of the profiles, where all of it is listed. */
  profilesDirectory?: string;
  /** What `profiles` changes. */
  changes?: string[];
  /** The CLI's own variables, and those of the user's directories, that are not asked: an option, a variable or what is built in goes before. */
  unasked?: string[];
  /** Variables that name a proxy: messages tell of it. */
  proxyVariables?: string[];
  /** Files that a command reads (`--ca FILE`, `call-api -d @FILE`) and writes (`call-api -o FILE`). */
  reads?: string[];
  writes?: string[];
  /** What the author of a command says that it needs beside the session. */
  needs?: Partial<Record<PermissionKind, string[]>>;
  /** In front of the names of the CLI's variables. */
  environmentPrefix: string;
  os: Host["os"];
}

/** Commands that a token in the environment is enough for. */
export const TOKEN_TAKING = ["token", "call-api", "exec", "credential", "own"];

/** Where the user's settings are. */
export const USER_DIRECTORIES: Partial<Record<Host["os"], string[]>> = { windows: ["LOCALAPPDATA"], darwin: ["HOME"] };

/** The names under which the table knows a command line. */
export function namesOf({ command, device, opensBrowser, refreshes, program }: PermissionFacts): string[] {
  return [
    command,
    ...command === "login" && device !== true ? ["login by browser"] : [],
    ...opensBrowser === true ? [`${command} --browser-session`] : [],
    ...refreshes === true ? [`${command} --refresh`, `${command} --ask-server`] : [],
    ...command === "credential" && program !== undefined ? [`credential ${program}`] : [],
  ];
}

/** A variable that bears the CLI's name. */
export function own(name: string): (facts: PermissionFacts) => string[] {
  return (facts) => asked(facts, [name]).map((name) => `${facts.environmentPrefix}_${name}`);
}

/** Variables that stand for themselves, those of them that are asked. */
export function asked({ unasked = [] }: PermissionFacts, names: string[]): string[] {
  return names.filter((name) => !unasked.includes(name));
}

/** A path with another end. */
export function named(path: string | undefined, end: string): string[] {
  return path === undefined ? [] : [`${path}${end}`];
}

/** What decides which other permissions are needed. */
export function looksForProxies(facts: PermissionFacts): string[] {
  if (facts.command === "doctor") return [...own("CA")(facts), ...PROXY_VARIABLES, "NO_PROXY", "no_proxy"];
  if (facts.credentialsPath === undefined && !TOKEN_TAKING.includes(facts.about ?? "")) return [];
  return [...own("CA")(facts), ...PROXY_VARIABLES.filter((name) => /^(all|https)_/i.test(name)), "NO_PROXY"];
}

/** Whether a sign-in may have to make the directory. */
export function makesDirectory({ command, credentialsPath, fileIsThere }: PermissionFacts): boolean {
  return command === "login" && credentialsPath !== undefined && fileIsThere !== true;
}

/** The directory of a file. */
export function directoryOf(file: string): string {
  return /[/\\]/.test(file) ? file.replace(/[/\\][^/\\]*$/, "") || "/" : ".";
}

/** Hosts of the server. */
export function serverOf({ baseUrl, endpoints = [] }: PermissionFacts): string[] {
  return [baseUrl, ...endpoints].flatMap(hostOf);
}

/** Whether a request may go to this machine. */
export function staysHere({ baseUrl, endpoints = [], apiUrls = [] }: PermissionFacts): boolean {
  return [baseUrl, ...endpoints, ...apiUrls].flatMap(hostOf).some((host) =>
    /^((.*\.)?localhost|127(\.\d{1,3}){3}|\[::1\]):\d+$/.test(host)
  );
}

/** Addresses that listening at a redirect URI takes. */
export function listenAt(redirectUri: string): string[] {
  const { hostname, port } = URL.parse(redirectUri) ?? { hostname: "", port: "" };
  if (hostname === "") return [];
  const hosts = hostname === "localhost" ? ["127.0.0.1", "[::1]"] : [hostname];
  return hosts.map((host) => port === "0" ? host : `${host}:${port || 80}`);
}

/** Nothing for what is no URL: the CLI itself says what is wrong with it. */
export function hostOf(text: string | undefined): string[] {
  const url = text === undefined ? null : URL.parse(text);
  return url === null ? [] : [`${url.hostname}:${url.port || (url.protocol === "https:" ? 443 : 80)}`];
}
