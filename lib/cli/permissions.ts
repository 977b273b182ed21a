import type { Host } from "../host.ts";

/** What the permissions of a run depend on. */
export interface PermissionFacts {
  /** What the user types. */
  command: string;
  /** Path of the credentials file; where it is a symbolic link, what it points to. Commands without a session have none. */
  credentialsPath?: string;
  /** The symbolic link that leads to it, where there is one. */
  credentialsLink?: string;
  /** The file that keeps the choice of a profile, where that is asked. */
  profileChoice?: string;
  /** Base URL of the server. */
  baseUrl?: string | undefined;
  /** Endpoints of the server that are at other hosts. */
  endpoints?: string[];
  /** URLs that `call-api` may ask. */
  apiUrls?: string[];
  /** Redirect URIs that a sign-in may listen at. */
  redirectUris?: string[];
  /** Programs that may open a browser; none is `--no-browser`. */
  browsers?: string[];
  /** Whether a sign-in is by a code that is entered elsewhere: `login --device`. */
  device?: boolean;
  /** Whether the command opens a browser beside a sign-in: `logout --browser-session`. */
  opensBrowser?: boolean;
  /** The program that `exec` starts. */
  program?: string | undefined;
  /** From source: the directory of the program itself, whose parts are loaded when they are needed. */
  sources?: string[];
  /** What `profiles` changes. */
  changes?: string[];
  /** Variables that name a proxy: messages tell of it. */
  proxyVariables?: string[];
  /** Files that a command reads (`--ca FILE`, `call-api -d @FILE`) and writes (`call-api -o FILE`). */
  reads?: string[];
  writes?: string[];
  /** In front of the names of the CLI's variables. */
  environmentPrefix: string;
  os: Host["os"];
}

/** Commands that never change the file and never ask anybody. */
const OFFLINE = ["status", "profiles", "completions", "help", "version"];

/** The exact flags of `deno run` for one command. */
export function denoFlags(facts: PermissionFacts): string[] {
  const { command, credentialsPath: file, os, environmentPrefix: prefix } = facts;
  const offline = OFFLINE.includes(command);
  // What a sign-in needs can only be checked by whoever may do it.
  const signIn = command === "login" || command === "doctor";
  const byRedirect = signIn && facts.device !== true;
  const opensBrowser = byRedirect || facts.opensBrowser === true;
  const redirects = byRedirect ? (facts.redirectUris ?? []).flatMap((uri) => URL.parse(uri) ?? []) : [];
  const parts = file === undefined ? [] : [file, `${file}.tmp`, `${file}.lock`];
  const links = [facts.credentialsLink, facts.profileChoice].filter((path) => path !== undefined);
  const read = [
    ...links,
    ...offline ? parts.slice(0, 2) : parts,
    ...command === "doctor" && file !== undefined ? [directoryOf(file)] : [],
  ];
  const write = [...offline ? [] : parts, ...facts.changes ?? []];
  // Only a sign-in makes the directory where it is missing.
  if (signIn && file !== undefined) write.push(directoryOf(file));
  const net = offline ? [] : [
    ...[facts.baseUrl, ...facts.endpoints ?? [], ...command === "call-api" ? facts.apiUrls ?? [] : []].filter((url) =>
      url !== undefined
    ).flatMap(hostOf),
    ...redirects.flatMap(({ hostname, port }) => listenAt(hostname, port)),
  ];
  const env = [
    "TERM",
    ...variablesOf(command).map((name) => `${prefix}_${name}`),
    ...command === "completions"
      ? []
      : os === "windows"
      ? ["LOCALAPPDATA"]
      : os === "darwin"
      ? ["HOME"]
      : ["HOME", "XDG_CONFIG_HOME"],
    ...offline ? [] : [
      `${prefix}_ENCRYPTION_KEY`,
      `${prefix}_CA`,
      "NO_PROXY",
      "no_proxy",
      ...facts.proxyVariables ?? [],
    ],
    ...command === "credential" ? ["KUBERNETES_EXEC_INFO"] : [],
    ...opensBrowser
      ? ["BROWSER", "CI", "DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME", "SSH_CONNECTION", "SSH_TTY"]
      : [],
    ...byRedirect ? ["USER"] : [],
    ...command === "doctor" ? ["LC_ALL", "LC_CTYPE", "LANG"] : [],
  ];
  // What is downloaded takes its place when all of it has come.
  const outputs = (facts.writes ?? []).flatMap((path) => [path, `${path}.part`]);
  const flags: [string, string[]][] = [
    ["read", [...read, ...facts.reads ?? [], ...outputs, ...facts.sources ?? []]],
    ["write", [...write, ...outputs]],
    ["net", net],
    ["env", env],
    ["run", opensBrowser ? facts.browsers ?? [] : facts.program ? [facts.program] : []],
  ];
  return flags.filter(([, list]) => list.length > 0).map(([kind, list]) =>
    `--allow-${kind}=${[...new Set(list)].join(",")}`
  );
}

/** What a command asks of the variables that bear the CLI's name. */
function variablesOf(command: string): string[] {
  if (command === "completions") return [];
  if (command === "profiles") return ["CREDENTIALS", "PROFILE"];
  return ["BASE_URL", "CLIENT_ID", "CREDENTIALS", "PROFILE", "ACCESS_TOKEN"];
}

function listenAt(hostname: string, port: string): string[] {
  const hosts = hostname === "localhost" ? ["127.0.0.1", "[::1]"] : [hostname];
  return hosts.map((host) => port === "0" ? host : `${host}:${port || 80}`);
}

/** Nothing for what is no URL: the CLI itself says what is wrong with it. */
function hostOf(text: string): string[] {
  const url = URL.parse(text);
  return url === null ? [] : [`${url.hostname}:${url.port || (url.protocol === "https:" ? 443 : 80)}`];
}

function directoryOf(file: string): string {
  return file.replace(/[/\\][^/\\]*$/, "") || "/";
}
