import { fromFileUrl } from "@std/path";
import { defaultCredentialsPath, profileChoicePath } from "../credentials/path.ts";
import { profilesDirectory } from "../credentials/profiles.ts";
import { resolveTarget } from "../credentials/target.ts";
import { readCredentials } from "../credentials/read.ts";
import type { Host } from "../host.ts";
import { PROXY_VARIABLES } from "../proxy.ts";
import { variable } from "../signin/environment.ts";
import { namedBrowsers, openerOf, platformOpeners } from "../signin/opener.ts";
import type { App } from "./app.ts";
import { takesTheRest } from "./command.ts";
import { findCommand } from "./commands.ts";
import { commandIndex, GLOBAL_OPTIONS, type GlobalOptions, parseOptions } from "./options.ts";
import type { PermissionFacts } from "./permissions.ts";
import { credentialsPlaceOf, settingsOf } from "./settings.ts";

/**
 * What a command line needs permissions for. It is read as the CLI itself reads it.
 *
 * @throws {FiefError} Where the command line, the settings or the file are wrong: the CLI says the same.
 */
export async function permissionFacts(app: App, args: string[], host: Host): Promise<PermissionFacts> {
  const at = commandIndex(args);
  const command = args[at] ?? "help";
  const common = { command, environmentPrefix: app.environmentPrefix, os: host.os };
  const definition = ["help", "version"].includes(command) ? undefined : await findCommand(app, command);
  const { values: own, rest } = parseOptions(
    args.toSpliced(at, 1),
    { ...GLOBAL_OPTIONS, ...definition?.options },
    definition !== undefined && takesTheRest(definition),
  );
  const globals = own as GlobalOptions;
  if (definition?.withoutSession) {
    return { ...common, ...command === "profiles" ? await profileFacts(app, rest, host) : {}, sources: sources() };
  }
  const { path: named, choice } = credentialsPlaceOf(app, globals, host);
  const credentialsPath = await resolveTarget(named);
  const server = {
    baseUrl: text(own["base-url"]),
    clientId: text(own["client-id"]),
    signIn: ["login", "doctor"].includes(command),
  };
  const { baseUrl } = await settingsOf(app, credentialsPath, server, host);
  const record = (await readCredentials(credentialsPath))?.fief_auth;
  const endpoints = [record?.token_endpoint, record?.userinfo_endpoint, record?.revocation_endpoint].filter((url) =>
    url !== undefined
  );
  const [data, output] = [text(own["data"]), text(own["output"])];
  const authorities = globals.ca ?? variable(host, `${app.environmentPrefix}_CA`);
  return {
    ...common,
    credentialsPath,
    ...named === credentialsPath ? {} : { credentialsLink: named },
    ...choice === undefined ? {} : { profileChoice: choice },
    baseUrl,
    endpoints,
    apiUrls: [...rest.slice(0, 1), ...texts(own["api-origin"]), ...record?.api_origins ?? []].filter((url) =>
      URL.canParse(url)
    ),
    redirectUris: texts(own["redirect-uri"]).length > 0 ? texts(own["redirect-uri"]) : app.redirectUris,
    device: own["device"] === true,
    opensBrowser: own["browser-session"] === true,
    browsers: own["no-browser"] === true ? [] : browserPrograms(text(own["browser"]), host),
    ...command === "exec" ? { program: rest[0] } : {},
    sources: sources(),
    proxyVariables: PROXY_VARIABLES.filter((name) => variable(host, name) !== undefined),
    reads: [
      ...data?.startsWith("@") && data !== "@-" ? [data.slice(1)] : [],
      ...authorities === undefined ? [] : [authorities],
    ],
    writes: output === undefined ? [] : [output],
  };
}

/** `profiles` reads the directory, and changes the files of one profile and the choice of one. */
async function profileFacts(app: App, [action, name]: string[], host: Host): Promise<Partial<PermissionFacts>> {
  const choice = profileChoicePath(app.name, host);
  const directory = profilesDirectory(app.name, host);
  if (action !== "use" && action !== "remove") return { reads: [directory] };
  const changes = [choice, `${choice}.tmp`];
  if (action === "use") return { reads: [directory], changes };
  // Which one it is may be asked only then.
  if (name === undefined) return { reads: [directory], changes: [directory] };
  const path = defaultCredentialsPath(app.name, host, name);
  const target = await resolveTarget(path);
  const parts = target === path ? [path, `${path}.tmp`, `${path}.lock`] : [path, `${target}.lock`];
  return { reads: [directory, ...target === path ? [] : [target, `${target}.lock`]], changes: [...changes, ...parts] };
}

/** The programs that a sign-in may start. */
function browserPrograms(named: string | undefined, host: Pick<Host, "env" | "os">): string[] {
  const url = "http://localhost/";
  const commands = named === undefined ? namedBrowsers(variable(host, "BROWSER"), host.os) : [named];
  const openers = commands.length > 0 ? commands.map((command) => openerOf(command, url)) : platformOpeners(host, url);
  return openers.flatMap((opener) => opener === undefined ? [] : [opener[0]]);
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
