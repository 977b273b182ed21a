import type { FiefAuth } from "../auth.ts";
import type { Host } from "../host.ts";
import type { App } from "./app.ts";
import type { CommandOutput } from "./output.ts";
import type { Settings } from "./settings.ts";

/** One option of a command. */
export interface OptionDefinition {
  /** `flag`: there or not. `text`: a value, the last one counts. `texts`: may be repeated. `seconds`: a number from 0 up. */
  kind: "flag" | "text" | "texts" | "seconds";
  /** What it does, for `--help`. */
  help: string;
  /** One letter for the short form. */
  short?: string;
  /** What the value is called in `--help`, `URL` say. `PATH` and `FILE` are completed with files. */
  value?: string;
  /** What the value may be, for completions. */
  values?: Completion;
}

/** What completions offer for a value: these words, or the names of the user's profiles, of the CLI's commands, of files. */
export type Completion = readonly string[] | "profiles" | "commands" | "files";

/** Options by their long name without the dashes. */
export type OptionDefinitions = Record<string, OptionDefinition>;

/** What a command finds in `options`: `undefined` is an option that was not given. */
export type OptionValues<O extends OptionDefinitions> = {
  readonly [K in keyof O]: O[K]["kind"] extends "flag" ? boolean
    : O[K]["kind"] extends "texts" ? string[]
    : O[K]["kind"] extends "seconds" ? number | undefined
    : string | undefined;
};

/** One argument of a command that is no option. */
export interface ArgumentDefinition {
  /** What it is called in `--help`, `URL` say. */
  name: string;
  /** What it is, for `--help`. */
  help: string;
  /** Whether it may be left out; by default it may not. */
  optional?: boolean;
  /** What it may be, for completions. */
  values?: Completion;
  /** Whether all that follows belongs to it, options too: a command line of another program. */
  rest?: boolean;
}

/** The files that a command line names by the options of every command. */
export interface NamedFiles {
  /** `--credentials` */
  readonly credentials?: string | undefined;
  /** `--profile`, which stands for a file. */
  readonly profile?: string | undefined;
  /** `--ca` */
  readonly ca?: string | undefined;
}

/** What a command runs with. */
export interface Context<O extends OptionDefinitions = OptionDefinitions> {
  /** The CLI that runs. */
  readonly app: App;
  /** Values of the command's options. */
  readonly options: OptionValues<O>;
  /** The files that the command line names. */
  readonly files: NamedFiles;
  /** The arguments that are no options, as many as the command declares. */
  readonly args: string[];
  /** Where the session is kept and whose it is. */
  readonly settings: Settings;
  /** An access token from the environment: it takes the place of the session. */
  readonly accessToken: string | undefined;
  /** The user's session. Throws `configuration_missing` where base URL or client id are not known. */
  readonly auth: FiefAuth;
  /** `fetch` with the token added, to named origins only: see {@linkcode FiefAuth.fetch}. */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** Where the result and messages go. */
  readonly output: CommandOutput;
  /** The outside world. */
  readonly host: Host;
  /** Aborted by Ctrl-C and by SIGTERM, until {@linkcode Context.leaveSignals}. */
  readonly signal: AbortSignal;
  /**
   * Takes Ctrl-C and SIGTERM over: from now on they do not end the run, but are told to the listener. For a command that starts a program,
   * whose affair they are.
   */
  takeSignals(listener: (signal: Deno.Signal) => void): void;
  /**
   * From now on Ctrl-C and SIGTERM end the process at once and without a message: nothing after this runs then, and no `finally`. For a command
   * that leaves nothing half done, before output that may block for as long as nobody reads it.
   *
   * @returns Whether it is so: not where the CLI is not `isolated`, as the process may be another program's, where `interrupted` was given, or
   * while a session is being saved.
   */
  leaveSignals(): boolean;
}

/** What a command needs to be allowed, as the flags of `deno run` have it. */
export interface CommandNeeds {
  /** Files and directories to read. */
  read?: string[];
  /** Files and directories to write. */
  write?: string[];
  /** Hosts with their port: `api.acme.dev:443`. */
  net?: string[];
  /** Variables. */
  env?: string[];
  /** Programs. */
  run?: string[];
}

/** One command: its parser, `--help` and documentation come from this object. */
export interface CommandDefinition<O extends OptionDefinitions = OptionDefinitions> {
  /** What the user types. */
  name: string;
  /** One line for the list of commands. */
  summary: string;
  /** More about it, for its own `--help`: paragraphs. */
  description?: string[];
  /** Its options. */
  options?: O;
  /** Its arguments in order. */
  arguments?: ArgumentDefinition[];
  /** Command lines that work, without the CLI's name in front. */
  examples: string[];
  /** Exit status of its own failures, where those below belong to a program that it starts. By default each error has its own. */
  failureStatus?: number;
  /** Whether an access token in the environment takes the place of the session: then no file is touched. */
  acceptsAccessToken?: boolean;
  /** Whether it has nothing to do with one session: then no settings and no file are looked at beforehand. */
  withoutSession?: boolean;
  /** Whether it looks for the settings itself, because it tells what is wrong with them: then none are looked for before it runs. */
  looksForItself?: boolean;
  /** What it needs to be allowed beside the session and the origins that the CLI was built with: `permissions` tells of it. */
  needs?: CommandNeeds;
  /**
   * Does it.
   *
   * @returns The exit status; nothing is 0.
   */
  run(context: Context<O>): Promise<number | void>;
}

/** Whether the command's last argument is a command line of another program. */
export function takesTheRest(command: Pick<CommandDefinition, "arguments">): boolean {
  return command.arguments?.at(-1)?.rest === true;
}

/** A command whose option types are forgotten, as `cli({ commands })` takes it. */
export interface Command extends Omit<CommandDefinition, "run"> {
  /** Does it. The parser sees to it that the context fits the options. */
  // deno-lint-ignore no-explicit-any -- a method that takes fewer kinds of options is no method that takes all
  run(context: Context<any>): Promise<number | void>;
}

/**
 * Defines a command.
 *
 * @param definition The command, with its options in place so that their values have types.
 * @returns The same object.
 * @example A command of a branded CLI
 * ```ts
 * import { command } from "@fief/auth/cli";
 * import { assertEquals } from "@std/assert";
 *
 * const castles = command({
 *   name: "castles",
 *   summary: "List the castles",
 *   options: { limit: { kind: "text", value: "N", help: "How many at most" } },
 *   examples: ["castles --limit 3"],
 *   async run({ fetch, options, output }) {
 *     const response = await fetch(`https://api.acme.dev/castles?limit=${options.limit ?? 10}`);
 *     await output.result(await response.json(), "...");
 *   },
 * });
 * assertEquals(castles.name, "castles");
 * ```
 */
export function command<const O extends OptionDefinitions>(
  definition: CommandDefinition<O>,
): CommandDefinition<O> & Command {
  return definition as CommandDefinition<O> & Command;
}
