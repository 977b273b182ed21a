import { PROXY_VARIABLES } from "../proxy.ts";
import {
  asked,
  directoryOf,
  hostOf,
  listenAt,
  looksForProxies,
  makesDirectory,
  named,
  own,
  type PermissionFacts,
  type PermissionKind,
  serverOf,
  staysHere,
  TOKEN_TAKING,
  USER_DIRECTORIES,
} from "./permission_values.ts";

/** One line of the table: a reason to need something. */
export interface PermissionRow {
  kind: PermissionKind;
  /** What it is, in words. */
  what: string;
  /** Who needs it; `login by browser` is a sign-in that may go that way, `own` a command of the CLI's author. */
  commands: readonly string[];
  /** On which condition, in words; by default always. */
  when?: string;
  /** What for. */
  why: string;
  /** What happens without it, where that is no error which names the flag. `doctor` goes on without anything, and tells what is missing. */
  without?: string;
  /** Its values for these facts; nothing where the condition does not hold. */
  values(facts: PermissionFacts): (string | undefined)[];
}

/** Commands that read a session from the file, and those that may renew, replace or end it. */
const CHANGING = ["login", "token", "call-api", "exec", "credential", "logout", "doctor", "own"];
const REFRESHING = ["hello --refresh", "whoami --refresh"];
const READING = [...CHANGING, "hello", "whoami", "status", "permissions"];
/** Commands that ask the server. */
const ASKING = [...CHANGING, ...REFRESHING, "permissions --ask-server"].filter((name) => name !== "logout");
const EVERY = [...READING, "profiles", "completions"];
const BROWSING = ["login by browser", "logout --browser-session", "doctor"];

const ENDED_HERE =
  "the session is ended on this machine; that it may live on at the server is told, and which flag is missing";
const LIKE_UNSET = "it counts as not set";

/** What asking the server takes. */
const TO_ASK: readonly PermissionRow[] = [
  {
    kind: "read",
    what: "the files of --ca, of the variable PREFIX_CA, and of `call-api -d @FILE`",
    commands: ASKING,
    when: "one is named",
    why: "authorities to trust; what is to be sent",
    values: (f) => f.reads ?? [],
  },
  {
    kind: "net",
    what: "host and port of the server, and of its endpoints where they are elsewhere",
    commands: ASKING,
    when: "it is known",
    why: "tokens are had and renewed there",
    values: serverOf,
  },
  {
    kind: "env",
    what: "PREFIX_CA",
    commands: ASKING,
    when: "--ca is not given",
    why: "may name authorities to trust",
    values: own("CA"),
  },
  {
    kind: "env",
    what: "NO_PROXY, no_proxy",
    commands: ASKING,
    when: "the server or the API is on this machine",
    why: "no request to this machine goes through a proxy",
    values: (f) => staysHere(f) ? asked(f, ["NO_PROXY", "no_proxy"]) : [],
  },
];

/** Everything that any command may need, and what for. */
export const PERMISSION_TABLE: readonly PermissionRow[] = [
  {
    kind: "read",
    what: "the credentials file",
    commands: READING,
    why: "the session is in it, and where it is from",
    values: (f) => [f.credentialsPath],
  },
  {
    kind: "read",
    what: "the same with .tmp at its end",
    commands: [...READING, ...REFRESHING],
    why: "a version that a crash has left half written is whole there",
    values: (f) => named(f.credentialsPath, ".tmp"),
  },
  {
    kind: "read",
    what: "the same with .lock at its end",
    commands: [...CHANGING, ...REFRESHING],
    why: "one process at a time changes the file",
    values: (f) => named(f.credentialsPath, ".lock"),
  },
  {
    kind: "read",
    what: "the symbolic link that leads to the credentials file",
    commands: READING,
    when: "there is one",
    why: "it is followed, and stays",
    values: (f) => [f.credentialsLink],
  },
  {
    kind: "read",
    what: "the file `profile` in the directory of the CLI",
    commands: [...READING, "profiles"],
    when: "no option and no variable names a file or a profile",
    why: "it keeps which profile was chosen",
    values: (f) => [f.profileChoice],
  },
  {
    kind: "read",
    what: "the directory of the CLI",
    commands: ["profiles", "permissions"],
    when: "for `permissions`: it is asked about `profiles remove`",
    why: "the profiles are in it",
    values: (f) => [f.profilesDirectory],
  },
  ...TO_ASK,
  ...TO_ASK.map((row) => ({
    ...row,
    commands: ["logout"],
    why: "the session is ended at the server",
    without: ENDED_HERE,
  })),
  {
    kind: "read",
    what: "the file of `call-api -o FILE`",
    commands: ["call-api"],
    when: "it is named",
    why: "a device or a pipe is not replaced",
    without: "it is replaced by what was downloaded",
    values: (f) => f.writes ?? [],
  },
  {
    kind: "read",
    what: "the same with .part at its end",
    commands: ["call-api"],
    when: "it is named",
    why: "takes its place when all has come",
    values: (f) => (f.writes ?? []).flatMap((path) => named(path, ".part")),
  },
  {
    kind: "read",
    what: "`lib/`",
    commands: [...EVERY, "help", "version"],
    when: "the program runs from source",
    why: "its parts are loaded when they are needed",
    values: (f) => f.sources ?? [],
  },
  {
    kind: "write",
    what: "the credentials file, and the same with .tmp and .lock at its end",
    commands: [...CHANGING, ...REFRESHING],
    why: "the session is renewed, replaced or ended: under a lock, whole or not at all",
    values: (f) => makesDirectory(f) ? [] : ["", ".tmp", ".lock"].flatMap((end) => named(f.credentialsPath, end)),
  },
  {
    kind: "write",
    what: "the directory of the credentials file, which holds these three",
    commands: ["login"],
    when: "the file is not there yet",
    why: "the first sign-in makes the directory where it is missing",
    values: (f) => makesDirectory(f) ? [directoryOf(f.credentialsPath!)] : [],
  },
  {
    kind: "write",
    what: "the file of `call-api -o FILE`, and the same with .part at its end",
    commands: ["call-api"],
    when: "it is named",
    why: "what is downloaded",
    values: (f) => (f.writes ?? []).flatMap((path) => ["", ".part"].flatMap((end) => named(path, end))),
  },
  {
    kind: "write",
    what: "`profile` and `profile.tmp`; to remove a profile, its file with .tmp and .lock too",
    commands: ["profiles"],
    when: "it is `profiles use` or `profiles remove`",
    why: "the choice is kept; the profile is removed",
    values: (f) => f.changes ?? [],
  },
  {
    kind: "net",
    what: "host and port of the API",
    commands: ["call-api", "own"],
    why: "the request goes there",
    values: (f) => (f.apiUrls ?? []).flatMap(hostOf),
  },
  {
    kind: "net",
    what: "both loopback addresses with the port of each redirect URI",
    commands: ["login by browser", "doctor"],
    why: "the browser comes back there",
    values: (f) => (f.redirectUris ?? []).flatMap(listenAt),
  },
  {
    kind: "env",
    what: "PREFIX_CREDENTIALS",
    commands: [...READING, "profiles"],
    when: "no option names a file or a profile",
    why: "may name the file",
    values: own("CREDENTIALS"),
  },
  {
    kind: "env",
    what: "PREFIX_PROFILE",
    commands: [...READING, "profiles"],
    when: "nothing has named a file or a profile",
    why: "may name a profile",
    values: own("PROFILE"),
  },
  {
    kind: "env",
    what: "XDG_CONFIG_HOME and HOME; HOME on macOS, LOCALAPPDATA on Windows",
    commands: [...READING, "profiles"],
    when: "no path is named; HOME where XDG_CONFIG_HOME is not set",
    why: "the user's directory for settings",
    values: (f) => asked(f, USER_DIRECTORIES[f.os] ?? ["XDG_CONFIG_HOME", "HOME"]),
  },
  {
    kind: "env",
    what: "PREFIX_BASE_URL, PREFIX_CLIENT_ID",
    commands: READING,
    when: "neither an option nor what is built in goes before",
    why: "may name server and client",
    values: (f) => [...own("BASE_URL")(f), ...own("CLIENT_ID")(f)],
  },
  {
    kind: "env",
    what: "PREFIX_ACCESS_TOKEN",
    commands: TOKEN_TAKING,
    when: "no option names a file or a profile",
    why: "a token there takes the place of the session",
    values: own("ACCESS_TOKEN"),
  },
  {
    kind: "env",
    what: "PREFIX_ACCESS_TOKEN",
    commands: ["login", "status", "permissions", "doctor"],
    why: "it is told that a token there goes before the session",
    without: LIKE_UNSET,
    values: own("ACCESS_TOKEN"),
  },
  {
    kind: "env",
    what: "PREFIX_ENCRYPTION_KEY",
    commands: READING.filter((name) => name !== "status" && name !== "permissions"),
    when: "none is built in",
    why: "ID tokens of the client may be encrypted",
    values: own("ENCRYPTION_KEY"),
  },
  {
    kind: "env",
    what: "ALL_PROXY, HTTPS_PROXY, HTTP_PROXY, NO_PROXY, in small letters too",
    commands: [...ASKING, "logout"].filter((name) => name !== "doctor" && !name.startsWith("permissions")),
    when: "a session is used; else where a proxy is set",
    why: "the part that asks the server sees no variable, and is told of the proxy",
    without: "Deno uses the proxy all the same, and errors name HTTPS_PROXY",
    values: (f) =>
      f.credentialsPath === undefined ? f.proxyVariables ?? [] : [...PROXY_VARIABLES, "NO_PROXY", "no_proxy"],
  },
  {
    kind: "env",
    what: "PREFIX_CA, and all variables about proxies",
    commands: ["permissions", "doctor"],
    when: "for `permissions`: the command that it is asked about has a session",
    why: "what else is needed depends on them",
    without: LIKE_UNSET,
    values: looksForProxies,
  },
  {
    kind: "env",
    what: "KUBERNETES_EXEC_INFO",
    commands: ["credential kubectl"],
    why: "kubectl asks by it",
    values: () => ["KUBERNETES_EXEC_INFO"],
  },
  {
    kind: "env",
    what: "BROWSER, WSL_DISTRO_NAME",
    commands: [...BROWSING, "permissions"],
    when: "neither --browser nor --no-browser is given",
    why: "decide what opens the browser",
    without: LIKE_UNSET,
    values: (f) => asked(f, ["BROWSER", "WSL_DISTRO_NAME"]),
  },
  {
    kind: "env",
    what: "CI, DISPLAY, WAYLAND_DISPLAY, SSH_CONNECTION, SSH_TTY",
    commands: BROWSING,
    when: "neither --browser nor --no-browser is given",
    why: "whether anybody would see a browser",
    without: `${LIKE_UNSET}: with no display to be found, the address is printed`,
    values: (f) => asked(f, ["CI", "DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION", "SSH_TTY"]),
  },
  {
    kind: "env",
    what: "SSH_CONNECTION, USER",
    commands: ["login by browser", "doctor"],
    why: "over SSH a line is printed that forwards the port",
    without: LIKE_UNSET,
    values: () => ["SSH_CONNECTION", "USER"],
  },
  {
    kind: "env",
    what: "TERM",
    commands: EVERY,
    why: "a terminal that is dumb is not drawn on",
    without: LIKE_UNSET,
    values: () => ["TERM"],
  },
  {
    kind: "env",
    what: "LC_ALL, LC_CTYPE, LANG",
    commands: ["doctor"],
    why: "whether the terminal shows ticks",
    without: LIKE_UNSET,
    values: () => ["LC_ALL", "LC_CTYPE", "LANG"],
  },
  {
    kind: "run",
    what: "what opens a browser: xdg-open, open, rundll32.exe, or what BROWSER and --browser name",
    commands: BROWSING,
    when: "--no-browser is not given",
    why: "the browser is opened",
    without: "the flag is named, and the address printed",
    values: (f) => f.browsers ?? [],
  },
  {
    kind: "run",
    what: "the program of `exec`",
    commands: ["exec"],
    why: "it is started",
    values: (f) => [f.program],
  },
  ...(["read", "write", "net", "env", "run"] as const).map((kind): PermissionRow => ({
    kind,
    what: "what the command's author names",
    commands: ["own"],
    when: "the definition has `needs`",
    why: "only its author knows",
    values: (f) => f.needs?.[kind] ?? [],
  })),
];
