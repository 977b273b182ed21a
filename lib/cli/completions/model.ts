import { type App, optionsOf } from "../app.ts";
import type { Command, Completion, OptionDefinition } from "../command.ts";
import { commandNames, findCommand } from "../commands.ts";
import { GLOBAL_OPTIONS } from "../options.ts";

/** What a shell has to know about a CLI in order to complete its command lines. */
export interface CompletionModel {
  /** What the user types. */
  name: string;
  /** The same, as a part of the name of a shell function. */
  id: string;
  /** The operating system: it decides where profiles are. */
  os: typeof Deno.build.os;
  commands: CompletedCommand[];
  /** Options of every command. */
  globals: CompletedOption[];
}

/** One command. */
export interface CompletedCommand {
  name: string;
  summary: string;
  options: CompletedOption[];
  /** What its arguments may be, in order. */
  arguments: Values[];
}

/** One option. */
export interface CompletedOption {
  /** Without the dashes. */
  name: string;
  /** One letter. */
  short: string | undefined;
  help: string;
  /** What its value may be; `undefined` for a flag. */
  values: Values | undefined;
  /** What the value is called. */
  value: string;
  /** Whether it may be given again. */
  repeats: boolean;
}

/** What may stand in a place: one of these words, a profile, a file, or what nobody knows. */
export type Values = readonly string[] | "profiles" | "files" | "anything";

/** Reads the definitions that `--help` reads. */
export async function completionModel(app: App, os: typeof Deno.build.os): Promise<CompletionModel> {
  const defined = await Promise.all(commandNames(app).map((name) => findCommand(app, name)));
  const names = [...commandNames(app), "help", "version"];
  const commands = defined.map((command, index) => completed(app, command, names, names[index]!));
  const help = { name: "help", summary: "Explain a command", options: [], arguments: [names] };
  const version = { name: "version", summary: "Print the version", options: [], arguments: [] };
  return {
    name: app.name,
    id: app.name.replaceAll(/[^A-Za-z0-9]/g, "_"),
    os,
    commands: [...commands, help, version],
    globals: optionsFor(GLOBAL_OPTIONS, names),
  };
}

function completed(app: App, command: Command, names: string[], name: string): CompletedCommand {
  return {
    name,
    summary: command.summary,
    options: optionsFor(optionsOf(app, command), names),
    arguments: (command.arguments ?? []).map((each) => valuesOf(each.values, each.name, names)),
  };
}

function optionsFor(definitions: Record<string, OptionDefinition>, names: string[]): CompletedOption[] {
  return Object.entries(definitions).map(([name, { kind, short, help, value = "VALUE", values }]) => ({
    name,
    short,
    help,
    value,
    repeats: kind === "texts",
    values: kind === "flag" ? undefined : valuesOf(values, value, names),
  }));
}

/** What is called a path or a file is one, where the definition does not say more. */
function valuesOf(values: Completion | undefined, called: string, names: string[]): Values {
  if (values === "commands") return names;
  return values ?? (/^(PATH|FILE)$/.test(called) ? "files" : "anything");
}

/** All words that an option may be written as. */
export function spellings({ name, short }: CompletedOption): string[] {
  return [`--${name}`, ...short === undefined ? [] : [`-${short}`]];
}

/** Text between single quotes, as the POSIX shells and fish take it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The directory of the profiles, as a double-quoted word of a POSIX shell or of fish. */
export function profilesDirectoryWord({ name, os }: CompletionModel, config: string): string {
  if (os === "windows") return `"$LOCALAPPDATA/${name}"`;
  return os === "darwin" ? `"$HOME/Library/Application Support/${name}"` : `"${config}/${name}"`;
}
