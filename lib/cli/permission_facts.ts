import { fromFileUrl } from "@std/path";
import { ownerOf } from "../auth/session.ts";
import { defaultCredentialsPath, profileChoicePath } from "../credentials/path.ts";
import { profileNames, profilesDirectory } from "../credentials/profiles.ts";
import { resolveTarget } from "../credentials/target.ts";
import { readCredentials } from "../credentials/read.ts";
import type { Host } from "../host.ts";
import type { ProviderMetadata } from "../provider/metadata.ts";
import { PROXY_VARIABLES } from "../proxy.ts";
import { variable } from "../signin/environment.ts";
import { namedBrowsers, openerOf, platformOpeners } from "../signin/opener.ts";
import { type App, optionsOf } from "./app.ts";
import { type Command, type NamedFiles, takesTheRest } from "./command.ts";
import { findCommand } from "./commands.ts";
import { commandIndex, GLOBAL_OPTIONS, type GlobalOptions, parseOptions } from "./options.ts";
import { type PermissionFacts, TOKEN_TAKING } from "./permission_values.ts";
import { credentialsPlaceOf, settingsOf } from "./settings.ts";

/** A command line, its options read. */
interface Line {
  app: App;
  command: Command;
  options: Record<string, unknown>;
  globals: GlobalOptions;
  rest: string[];
  host: Host;
}

/**
 * What a command line needs permissions for. It is read as the CLI itself reads it.
 *
 * @throws {FiefError} Where the command line, the settings or the file are wrong: the CLI says the same.
 */
export async function permissionFacts(app: App, args: string[], host: Host): Promise<PermissionFacts> {
  const at = commandIndex(args);
  const name = args[at] ?? "help";
  const common = { environmentPrefix: app.environmentPrefix, os: host.os, sources: sources() };
  if (name === "help" || name === "version") return { command: name, ...common };
  const command = await findCommand(app, name);
  const definitions = { ...GLOBAL_OPTIONS, ...optionsOf(app, command) };
  const { values, rest } = parseOptions(args.toSpliced(at, 1), definitions, takesTheRest(command));
  const globals = values as GlobalOptions;
  if (globals.help || globals.version) return { command: "help", ...common };
  const line: Line = { app, command, options: values, globals, rest, host };
  if (isOwn(app, name)) {
    const facts = await ownFacts(line);
    return { ...facts, command: "own", ...command.needs === undefined ? {} : { needs: command.needs }, ...common };
  }
  if (name === "permissions") return { ...await factsOfFacts(line), command: name, ...common };
  if (name === "profiles") return { ...await profileFacts(line), command: name, ...common };
  return { ...command.withoutSession ? {} : await sessionFacts(line), command: name, ...common };
}

/** Whether a command is one that the CLI's author has added. */
export function isOwn(app: App, name: string): boolean {
  return Object.hasOwn(app.commands, name);
}

/** A command of the CLI's author has the session, and sends the token to the origins that the CLI was built with. */
async function ownFacts(line: Line): Promise<Partial<PermissionFacts>> {
  const { app, command } = line;
  if (!command.withoutSession) {
    const facts = await sessionFacts(line);
    return { ...facts, apiUrls: [...app.apiOrigins, ...facts.apiUrls ?? []] };
  }
  const unasked = ["CREDENTIALS", "PROFILE", "XDG_CONFIG_HOME", "HOME", "LOCALAPPDATA", "BASE_URL", "CLIENT_ID"];
  return { unasked: [...unasked, "ACCESS_TOKEN", "ENCRYPTION_KEY", "CA"] };
}

/** `permissions` looks where the command that it is asked about would look. */
async function factsOfFacts(line: Line): Promise<Partial<PermissionFacts>> {
  const { app, globals, options, rest, host } = line;
  const asked = await permissionFacts(app, permissionsLine(globals, rest), host);
  const asksServer = options["ask-server"] === true;
  const authorities = globals.ca ?? variable(host, `${app.environmentPrefix}_CA`);
  const looks = asked.credentialsPath !== undefined;
  const removes = (asked.changes?.length ?? 0) > 2;
  const { profilesDirectory, ...facts } = asked;
  return {
    ...facts,
    about: asked.command,
    ...removes && profilesDirectory !== undefined ? { profilesDirectory } : {},
    device: false,
    opensBrowser: false,
    refreshes: asksServer,
    endpoints: [],
    apiUrls: [],
    reads: asksServer && authorities !== undefined ? [authorities] : [],
    unasked: rest.length === 0 ? unaskedForAll(line, asked) : [
      ...asked.unasked ?? [],
      ...looks ? [] : ["CREDENTIALS", "PROFILE", "BASE_URL", "CLIENT_ID"],
      ...looks || asked.command === "profiles" ? [] : ["XDG_CONFIG_HOME", "HOME", "LOCALAPPDATA"],
      ...asked.browsers === undefined ? ["BROWSER", "WSL_DISTRO_NAME"] : [],
      ...TOKEN_TAKING.includes(asked.command) ? [] : ["ACCESS_TOKEN"],
    ],
  };
}

/** What each command needs takes looking for the profiles too. */
function unaskedForAll({ globals, host }: Line, { unasked = [] }: PermissionFacts): string[] {
  const directories = ["XDG_CONFIG_HOME", "HOME", "LOCALAPPDATA"];
  const usesSession = globals.credentials !== undefined || globals.profile !== undefined;
  return [
    ...unasked.filter((name) => !directories.includes(name)),
    ...unaskedDirectories(host),
    ...usesSession ? ["ACCESS_TOKEN"] : [],
  ];
}

/** The command line that `permissions` is asked about; where it names no command, one that looks as all do. */
export function permissionsLine({ credentials, profile, ca }: NamedFiles, rest: string[]): string[] {
  const [name = "login", ...words] = rest;
  const given = Object.entries({ credentials, profile, ca })
    .flatMap(([option, value]) => value === undefined ? [] : [`--${option}`, value]);
  return [name, ...given, ...words];
}

async function sessionFacts(line: Line): Promise<Partial<PermissionFacts>> {
  const { app, command, options, globals, rest, host } = line;
  const authorities = globals.ca ?? variable(host, `${app.environmentPrefix}_CA`);
  const [data, output] = [text(options["data"]), text(options["output"])];
  const facts: Partial<PermissionFacts> = {
    device: options["device"] === true,
    opensBrowser: options["browser-session"] === true,
    refreshes: options["refresh"] === true,
    ...opensBrowser(line) ? { browsers: browserPrograms(text(options["browser"]), host) } : {},
    redirectUris: texts(options["redirect-uri"]).length > 0 ? texts(options["redirect-uri"]) : app.redirectUris,
    proxyVariables: proxyVariables(host),
    reads: [
      ...data?.startsWith("@") && data !== "@-" ? [data.slice(1)] : [],
      ...authorities === undefined ? [] : [authorities],
    ],
    writes: output === undefined ? [] : [output],
    unasked: unasked(line),
    ...command.name === "exec" || command.name === "credential" ? { program: rest[0] } : {},
  };
  const api = command.name === "call-api" ? rest.slice(0, 1) : [];
  if (usesGivenToken(line)) {
    // No file is touched, and no server asked.
    return { ...facts, reads: command.name === "call-api" ? facts.reads ?? [] : [], apiUrls: api };
  }
  const { path: named, choice } = credentialsPlaceOf(app, globals, host);
  const credentialsPath = await resolveTarget(named);
  const server = {
    baseUrl: text(options["base-url"]),
    clientId: text(options["client-id"]),
    signIn: ["login", "doctor"].includes(command.name),
  };
  const { baseUrl } = await settingsOf(app, credentialsPath, server, host);
  const saved = await readCredentials(credentialsPath);
  // A sign-in at another server asks nothing of the one in the file.
  const isSame = baseUrl === undefined || ownerOf(saved).baseUrl === baseUrl.replace(/\/+$/, "");
  const record = isSame ? saved?.fief_auth : undefined;
  return {
    ...facts,
    credentialsPath,
    ...named === credentialsPath ? {} : { credentialsLink: named },
    ...choice === undefined ? {} : { profileChoice: choice },
    fileIsThere: saved !== undefined,
    baseUrl,
    endpoints: endpointsFor(record ?? {}, { command: command.name, ...facts }),
    apiUrls: [...api, ...isOwn(app, command.name) ? record?.api_origins ?? [] : []],
  };
}

/** The endpoints that a command asks, of those that the file or the server's metadata name. */
export function endpointsFor(
  known: Partial<ProviderMetadata>,
  { command, device, refreshes }: Pick<PermissionFacts, "command" | "device" | "refreshes">,
): string[] {
  const signIn = command === "login" || command === "doctor";
  return [
    known.token_endpoint,
    ...signIn ? [known.jwks_uri, known.device_authorization_endpoint] : [],
    ...signIn && device !== true ? [known.authorization_endpoint] : [],
    ...signIn || refreshes === true ? [known.userinfo_endpoint] : [],
    ...command === "logout" ? [known.revocation_endpoint] : [],
  ].filter((url) => url !== undefined);
}

/** Whether a browser may be opened by this command line. */
function opensBrowser({ command, options }: Line): boolean {
  if (options["no-browser"] === true || options["device"] === true) return false;
  return command.name === "login" || command.name === "doctor" || options["browser-session"] === true;
}

/** Whether a token in the environment takes the place of the session. */
function usesGivenToken({ app, command, globals, host }: Line): boolean {
  return command.acceptsAccessToken === true && globals.credentials === undefined && globals.profile === undefined &&
    variable(host, `${app.environmentPrefix}_ACCESS_TOKEN`) !== undefined;
}

/** The variables that this command line leaves alone, because something goes before them. */
function unasked(line: Line): string[] {
  const { app, command, globals, options, host } = line;
  const builtIn = (value: string | undefined) => value !== undefined && !app.allowOverride;
  const server = [
    ...builtIn(app.baseUrl) || options["base-url"] !== undefined ? ["BASE_URL"] : [],
    ...builtIn(app.clientId) || options["client-id"] !== undefined ? ["CLIENT_ID"] : [],
  ];
  const named = globals.credentials !== undefined || globals.profile !== undefined;
  return [
    ...server,
    ...command.acceptsAccessToken && named || isOwn(app, command.name) && !command.acceptsAccessToken
      ? ["ACCESS_TOKEN"]
      : [],
    ...app.encryptionKey === undefined ? [] : ["ENCRYPTION_KEY"],
    ...globals.ca === undefined ? [] : ["CA"],
    ...options["browser"] === undefined && options["no-browser"] !== true ? [] : BROWSER_VARIABLES,
    ...variable(host, "NO_PROXY") === undefined ? [] : ["no_proxy"],
    ...usesGivenToken(line) ? ["CREDENTIALS", ...WITH_A_FILE, "ENCRYPTION_KEY"] : unaskedPlaces(line),
    ...usesGivenToken(line) && command.name !== "call-api" ? ["CA"] : [],
  ];
}

/** Where the command line says what to do about the browser, nobody asks for these. */
const BROWSER_VARIABLES = [
  "BROWSER",
  "WSL_DISTRO_NAME",
  "CI",
  "DISPLAY",
  "WAYLAND_DISPLAY",
  "SSH_CONNECTION",
  "SSH_TTY",
];

/** Where a path is named, nobody asks for these. */
const WITH_A_FILE = ["PROFILE", "XDG_CONFIG_HOME", "HOME", "LOCALAPPDATA"];

function unaskedPlaces({ app, globals, host }: Pick<Line, "app" | "globals" | "host">): string[] {
  if (globals.credentials !== undefined) return ["CREDENTIALS", ...WITH_A_FILE];
  if (globals.profile !== undefined) return ["CREDENTIALS", "PROFILE", ...unaskedDirectories(host)];
  const path = variable(host, `${app.environmentPrefix}_CREDENTIALS`);
  return path === undefined ? unaskedDirectories(host) : WITH_A_FILE;
}

/** XDG Base Directory: a path that is not absolute does not count. */
function unaskedDirectories(host: Host): string[] {
  return host.os !== "darwin" && variable(host, "XDG_CONFIG_HOME")?.startsWith("/") ? ["HOME"] : [];
}

/** `profiles` reads the directory, and changes the files of one profile and the choice of one. */
async function profileFacts({ app, rest: [action, name], host }: Line): Promise<Partial<PermissionFacts>> {
  const choice = profileChoicePath(app.name, host);
  const common = {
    profilesDirectory: profilesDirectory(app.name, host),
    unasked: unaskedDirectories(host),
  };
  if (action !== "use" && action !== "remove") return common;
  const changes = [choice, `${choice}.tmp`];
  if (action === "use") return { ...common, changes };
  // Which one it is may be asked only then.
  const names = name === undefined ? await profileNames(app.name, host) : [name];
  const reads: string[] = [];
  for (const each of names) {
    const path = defaultCredentialsPath(app.name, host, each);
    const target = await resolveTarget(path);
    if (target === path) changes.push(path, `${path}.tmp`, `${path}.lock`);
    else {
      changes.push(path, `${target}.lock`);
      reads.push(target, `${target}.lock`);
    }
  }
  return { ...common, changes, reads };
}

/** The programs that a sign-in may start. */
function browserPrograms(named: string | undefined, host: Pick<Host, "env" | "os">): string[] {
  const url = "http://localhost/";
  const commands = named === undefined ? namedBrowsers(variable(host, "BROWSER"), host.os) : [named];
  const openers = commands.length > 0 ? commands.map((command) => openerOf(command, url)) : platformOpeners(host, url);
  return openers.flatMap((opener) => opener === undefined ? [] : [opener[0]]);
}

/** Those that an error looks at where there is a proxy: no plain http leaves this machine. */
function proxyVariables(host: Host): string[] {
  const names = PROXY_VARIABLES.filter((name) => /^(all|https)_/i.test(name));
  const at = names.findIndex((name) => variable(host, name) !== undefined);
  if (at < 0) return [];
  return [...names.slice(0, at + 1), "NO_PROXY", ...variable(host, "NO_PROXY") === undefined ? ["no_proxy"] : []];
}

/** A compiled program has its parts inside, one from a registry loads them as any other module. */
function sources(): string[] {
  const directory = new URL("..", import.meta.url);
  return directory.protocol === "file:" && !Deno.build.standalone ? [fromFileUrl(directory)] : [];
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
