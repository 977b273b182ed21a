import type { Host } from "../host.ts";

/** What the permissions of a run depend on. */
export interface PermissionFacts {
  /** What the user types. */
  command: string;
  /** Path of the credentials file; where it is a symbolic link, what it points to. */
  credentialsPath: string;
  /** The symbolic link that leads to it, where there is one. */
  credentialsLink?: string;
  /** Base URL of the server. */
  baseUrl: string | undefined;
  /** Endpoints of the server that are at other hosts. */
  endpoints?: string[];
  /** URLs that `call-api` may ask. */
  apiUrls?: string[];
  /** Redirect URIs that a sign-in may listen at. */
  redirectUris?: string[];
  /** Programs that may open a browser; none is `--no-browser`. */
  browsers?: string[];
  /** From source: the directory of the program itself, whose parts are loaded when they are needed. */
  sources?: string[];
  /** Files that `call-api` reads (`-d @FILE`) and writes (`-o FILE`). */
  reads?: string[];
  writes?: string[];
  /** In front of the names of the CLI's variables. */
  environmentPrefix: string;
  os: Host["os"];
}

/** Commands that never change the file and never ask anybody. */
const OFFLINE = ["status", "help", "version"];

/** The exact flags of `deno run` for one command. */
export function denoFlags(facts: PermissionFacts): string[] {
  const { command, credentialsPath: file, os, environmentPrefix: prefix } = facts;
  const offline = OFFLINE.includes(command);
  const signIn = command === "login";
  const redirects = signIn ? (facts.redirectUris ?? []).flatMap((uri) => URL.parse(uri) ?? []) : [];
  const parts = [file, `${file}.tmp`, `${file}.lock`];
  const read = [...facts.credentialsLink ? [facts.credentialsLink] : [], ...offline ? [file, `${file}.tmp`] : parts];
  const write = offline ? [] : [...parts];
  // Only a sign-in makes the directory where it is missing.
  if (signIn) write.push(directoryOf(file));
  const net = offline ? [] : [
    ...[facts.baseUrl, ...facts.endpoints ?? [], ...command === "call-api" ? facts.apiUrls ?? [] : []].filter((url) =>
      url !== undefined
    ).flatMap(hostOf),
    ...redirects.flatMap(({ hostname, port }) => listenAt(hostname, port)),
  ];
  const env = [
    ...["BASE_URL", "CLIENT_ID", "CREDENTIALS", "PROFILE", "ACCESS_TOKEN"].map((name) => `${prefix}_${name}`),
    ...os === "windows" ? ["LOCALAPPDATA"] : os === "darwin" ? ["HOME"] : ["HOME", "XDG_CONFIG_HOME"],
    ...offline ? [] : [`${prefix}_ENCRYPTION_KEY`, "NO_PROXY", "no_proxy"],
    ...signIn
      ? ["BROWSER", "CI", "DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME", "SSH_CONNECTION", "SSH_TTY", "USER"]
      : [],
  ];
  // What is downloaded takes its place when all of it has come.
  const outputs = (facts.writes ?? []).flatMap((path) => [path, `${path}.part`]);
  const flags: [string, string[]][] = [
    ["read", [...read, ...facts.reads ?? [], ...outputs, ...facts.sources ?? []]],
    ["write", [...write, ...outputs]],
    ["net", net],
    ["env", env],
    ["run", signIn ? facts.browsers ?? [] : []],
  ];
  return flags.filter(([, list]) => list.length > 0).map(([kind, list]) =>
    `--allow-${kind}=${[...new Set(list)].join(",")}`
  );
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
