import { FiefError } from "../errors.ts";
import type { App } from "./app.ts";
import type { Command } from "./command.ts";
import { token } from "./commands/token.ts";
import { SUMMARIES } from "./summaries.ts";

/** The commands that every CLI has, each loaded when it is asked for; `token` is there at once, because scripts ask for it all the time. */
const BUILT_IN: Record<keyof typeof SUMMARIES, () => Promise<Command>> = {
  login: async () => (await import("./commands/login.ts")).login,
  hello: async () => (await import("./commands/hello.ts")).hello,
  whoami: async () => (await import("./commands/whoami.ts")).whoami,
  token: () => Promise.resolve(token),
  "call-api": async () => (await import("./commands/call_api.ts")).callApi,
  exec: async () => (await import("./commands/exec.ts")).exec,
  credential: async () => (await import("./commands/credential.ts")).credential,
  status: async () => (await import("./commands/status.ts")).status,
  doctor: async () => (await import("./commands/doctor.ts")).doctor,
  logout: async () => (await import("./commands/logout.ts")).logout,
  profiles: async () => (await import("./commands/profiles.ts")).profiles,
  permissions: async () => (await import("./commands/permissions.ts")).permissions,
  completions: async () => (await import("./commands/completions.ts")).completions,
};

/** Names of all commands of a CLI in the order of its help: the built-in ones first. */
export function commandNames(app: App): string[] {
  return [...new Set([...Object.keys(BUILT_IN), ...Object.keys(app.commands)])];
}

/** What a command does, in one line. */
export function summaryOf(app: App, name: string): string {
  return Object.hasOwn(app.commands, name) ? app.commands[name]!.summary : SUMMARIES[name as keyof typeof SUMMARIES];
}

/**
 * A command by its name; one of the CLI's own goes before a built-in one.
 *
 * @throws {FiefError} `usage_invalid`, which suggests the nearest name.
 */
export async function findCommand(app: App, name: string): Promise<Command> {
  if (Object.hasOwn(app.commands, name)) return app.commands[name]!;
  if (Object.hasOwn(BUILT_IN, name)) {
    const command = await BUILT_IN[name as keyof typeof SUMMARIES]();
    if (app.name === "fief-auth") return command;
    return (await import("./branded.ts")).branded(command, app);
  }
  const { nearest } = await import("./nearest.ts");
  const near = nearest(name, [...commandNames(app), "help", "version"]);
  throw new FiefError(
    "usage_invalid",
    `There is no command "${name}"`,
    near === undefined ? `See all commands with: ${app.name} help` : `Did you mean: ${app.name} ${near}`,
  );
}
