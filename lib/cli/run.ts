import { FiefAuth } from "../auth.ts";
import { FiefError } from "../errors.ts";
import type { Host } from "../host.ts";
import { normalizeBaseUrl } from "../provider/base_url.ts";
import type { App } from "./app.ts";
import { dropUnneeded } from "./dropped.ts";
import { type Command, type Context, takesTheRest } from "./command.ts";
import { type NewFief, newFiefOf, release } from "./new_fief.ts";
import type { GlobalOptions } from "./options.ts";
import type { CommandOutput } from "./output.ts";
import { credentialsPlaceOf, serverFromEnvironment, type Settings, settingsOf, unknownServer } from "./settings.ts";

/** One run of one command, its options read. */
export interface Run {
  app: App;
  command: Command;
  globals: GlobalOptions;
  values: Record<string, unknown>;
  rest: string[];
  host: Host;
  signal: AbortSignal;
  takeSignals: Context["takeSignals"];
  leaveSignals: Context["leaveSignals"];
  output: CommandOutput;
}

/** Gives a command what it runs with, and runs it. */
export async function runCommand(run: Run): Promise<number> {
  const { app, command, globals, values, rest, host, signal, takeSignals, leaveSignals, output } = run;
  assertArguments(app, command, rest);
  assertNoFile(command, globals);
  dropUnneeded(app, command.name, values);
  // An option goes before a variable: whoever names a file or a profile means the session in it.
  const accessToken = command.acceptsAccessToken && globals.credentials === undefined && globals.profile === undefined
    ? accessTokenOf(`${app.environmentPrefix}_ACCESS_TOKEN`, host)
    : undefined;
  if (accessToken !== undefined) {
    host.debug?.(`the access token (${accessToken.length} characters) is from the environment: no file is read`);
  }
  const signIn = command.name === "login";
  const server = { baseUrl: text(values["base-url"]), clientId: text(values["client-id"]), signIn };
  const settings = await settingsFor();
  const newFief = newFiefOf(app, async () => {
    const { namedAuthorities } = await import("./authorities.ts");
    return await namedAuthorities(globals.ca, `${app.environmentPrefix}_CA`, host);
  });
  const world: Host = {
    ...host,
    run: (program, args, env) => host.run(program, args, { ...env, ...emptied(app) }),
  };

  async function settingsFor(): Promise<Settings> {
    if (command.withoutSession || command.looksForItself) {
      return { credentialsPath: "", baseUrl: undefined, clientId: undefined };
    }
    if (accessToken !== undefined) return { credentialsPath: "", ...serverFromEnvironment(app, server, host) };
    const { path, profile } = credentialsPlaceOf(app, globals, host);
    return { ...await settingsOf(app, path, server, host), ...profile === undefined ? {} : { profile } };
  }

  let auth: FiefAuth | undefined;
  const context: Context = {
    app,
    files: globals,
    options: ownOptions(command, values),
    args: rest,
    settings,
    accessToken,
    get auth() {
      return auth ??= authOf(app, command, settings, newFief, world, output);
    },
    fetch: async (input, init) => {
      if (accessToken === undefined) return await context.auth.fetch(input, init);
      const { apiFetch } = await import("../auth/api_fetch.ts");
      const origins = [
        ...settings.baseUrl ? [new URL(normalizeBaseUrl(settings.baseUrl)).origin] : [],
        ...app.apiOrigins,
      ];
      return await apiFetch(input, init, {
        fetch: host.fetch,
        now: host.now,
        debug: host.debug,
        origins,
        token: () => Promise.resolve(accessToken),
      });
    },
    output,
    host,
    signal,
    takeSignals,
    leaveSignals,
  };
  try {
    return await command.run(context) ?? 0;
  } catch (error) {
    if (!(error instanceof FiefError) || error.code !== "not_authenticated" || settings.profile === undefined) {
      throw error;
    }
    const { aboutMissingProfile } = await import("./profiles.ts");
    throw await aboutMissingProfile(app, settings.profile, error, host);
  } finally {
    release(auth?.client);
  }
}

/** What keeps its hands off the session cannot be told whose it is. */
function assertNoFile(command: Command, globals: GlobalOptions): void {
  const option = (["credentials", "profile"] as const).find((name) => globals[name] !== undefined);
  if (!command.withoutSession || option === undefined) return;
  throw new FiefError("usage_invalid", `"${command.name}" does not take --${option}`, `Leave --${option} out`);
}

function authOf(
  app: App,
  command: Command,
  settings: Settings,
  newFief: NewFief,
  host: Host,
  output: CommandOutput,
): FiefAuth {
  const { baseUrl, clientId, credentialsPath } = settings;
  if (baseUrl === undefined || clientId === undefined) throw unknownServer(app, command.name, settings);
  const encryptionKey = app.encryptionKey ?? host.env(`${app.environmentPrefix}_ENCRYPTION_KEY`);
  const fief = newFief(baseUrl, clientId, {
    scope: app.scope,
    host,
    ...(encryptionKey === undefined ? {} : { encryptionKey }),
  });
  return new FiefAuth(fief, credentialsPath, {
    apiOrigins: app.apiOrigins,
    name: app.name,
    onNotice: output.warn,
    ...app.pages === undefined ? {} : { pages: app.pages },
  });
}

/** Secrets in our own environment: what we start, a browser say, gets none of them. */
function emptied({ environmentPrefix }: App): Record<string, string> {
  return Object.fromEntries(["ACCESS_TOKEN", "ENCRYPTION_KEY"].map((name) => [`${environmentPrefix}_${name}`, ""]));
}

/** RFC 6750 section 2.1 says what a token may be made of. */
function accessTokenOf(variable: string, host: Host): string | undefined {
  const token = host.env(variable)?.trim();
  if (!token || /^[\x21-\x7e]+$/.test(token)) return token || undefined;
  throw new FiefError(
    "usage_invalid",
    `The variable ${variable} holds no access token: it has blanks or other characters`,
    "Set it again, or unset it",
  );
}

/** As many arguments as the command declares, no more and no less. */
function assertArguments(app: App, command: Command, rest: string[]): void {
  const declared = command.arguments ?? [];
  const missing = declared.filter(({ optional }) => !optional)[rest.length];
  const see = `See: ${app.name} ${command.name} --help`;
  if (missing !== undefined) {
    throw new FiefError("usage_invalid", `"${command.name}" needs ${missing.name}: ${missing.help}`, see);
  }
  if (rest.length <= declared.length || takesTheRest(command)) return;
  throw new FiefError("usage_invalid", `"${command.name}" does not take "${rest[declared.length]}"`, see);
}

/** Those of every command are none of its own: they are in `files` and in `output`. */
function ownOptions({ options = {} }: Command, values: Record<string, unknown>): Context["options"] {
  return Object.fromEntries(
    Object.entries(values).filter(([name]) => Object.hasOwn(options, name)),
  ) as Context["options"];
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
