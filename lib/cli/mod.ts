/**
 * The command line: build your own CLI with sign-in from the parts of `fief-auth`.
 *
 * @example A branded CLI
 * ```ts no-run
 * import { cli } from "@fief/auth/cli";
 *
 * Deno.exit(await cli({ name: "acme", baseUrl: "https://example.fief.dev", clientId: "YOUR_CLIENT_ID" }));
 * ```
 *
 * @module
 */
import { FiefError } from "../errors.ts";
import { type Host, realHost } from "../host.ts";
import { VERSION } from "../version.ts";
import { type App, appOf, type CliOptions } from "./app.ts";
import type { Command } from "./command.ts";
import { commandNames, findCommand } from "./commands.ts";
import { GLOBAL_OPTIONS, type GlobalOptions, parseOptions, UnknownOptionError } from "./options.ts";
import { describeError, outputOf } from "./output.ts";
import { runCommand } from "./run.ts";

export type { App, CliOptions } from "./app.ts";
export { type ArgumentDefinition, type Command, command, type CommandDefinition, type Context } from "./command.ts";
export type { OptionDefinition, OptionDefinitions, OptionValues } from "./command.ts";
export type { CommandOutput } from "./output.ts";
export type { Settings } from "./settings.ts";

/** What one run of a CLI gets. */
export interface CliRun {
  /** The words of the command line. By default `Deno.args`. */
  args?: string[];
  /** The outside world, or a part of it. By default the real one. */
  host?: Partial<Host>;
  /** Ends the run early; its reason names the signal: `SIGTERM`, else `SIGINT`. */
  signal?: AbortSignal;
}

/** After a signal: milliseconds to close the listener and free the lock. */
const GRACE = 2_000;

/**
 * Runs a CLI.
 *
 * @param options What the CLI is built from, and what this run gets.
 * @returns The exit status. The process is not ended.
 */
export async function cli(options: CliOptions & CliRun): Promise<number> {
  const app = appOf(options, VERSION);
  const host: Host = { ...realHost(), ...options.host };
  const signal = options.signal ?? new AbortController().signal;
  // Until the options are read, the words themselves say how to report an error in them.
  const args = options.args ?? Deno.args;
  const report: Report = { json: args.includes("--json"), color: !args.includes("--no-color") };
  const running = run(app, args, host, signal, report);
  const status = await Promise.race([running, signalled(signal, running)]).catch((error) =>
    fail(error, app, host, report)
  );
  return status;
}

/** How an error is to be shown. */
interface Report {
  json: boolean;
  color: boolean;
  debug?: boolean;
}

async function run(app: App, args: string[], host: Host, signal: AbortSignal, report: Report): Promise<number> {
  const front = parseOptions(args, GLOBAL_OPTIONS, true);
  const [name, ...words] = front.rest;
  if (name === undefined || name === "help") {
    const globals = front.values as GlobalOptions;
    if (globals.version) return await printVersion(app, globals, host);
    return await printHelp(app, words, host, name === undefined && !globals.help);
  }
  const command = await findCommand(app, name);
  const { globals, values, rest } = await parseCommand(command, words, front.values);
  report.json = globals.json;
  report.color = !globals["no-color"];
  report.debug = globals.debug;
  if (globals.help) return await printHelp(app, [name], host, false);
  if (globals.version) return await printVersion(app, globals, host);
  const started = host.now();
  const debug = (message: string) =>
    void host.stderr.write(`[${host.now() - started} ms] ${message}\n`).catch(() => {});
  const output = outputOf(host, { json: globals.json, quiet: globals.quiet, color: useColor(globals) });
  const world = globals.debug ? { ...host, debug } : host;
  return await runCommand({ app, command, globals, values, rest, host: world, signal, output });
}

/** The options of a command, and the global ones wherever they stand. */
async function parseCommand(command: Command, words: string[], front: Record<string, unknown>) {
  const definitions = { ...GLOBAL_OPTIONS, ...command.options };
  try {
    const { values, rest } = parseOptions(words, definitions, false);
    for (const [name, value] of Object.entries(front)) {
      if (value !== undefined && value !== false) values[name] = value;
    }
    return { globals: values as GlobalOptions, values, rest };
  } catch (error) {
    if (!(error instanceof UnknownOptionError)) throw error;
    const { nearest } = await import("./nearest.ts");
    const near = nearest(error.option, Object.keys(definitions).map((name) => `--${name}`));
    throw near === undefined ? error : new UnknownOptionError(error.option, `Did you mean ${near}?`);
  }
}

async function printHelp(app: App, [name]: string[], host: Host, isError: boolean): Promise<number> {
  const { commandHelp, programHelp } = await import("./help.ts");
  const columns = host.stdout.columns();
  const text = name === undefined
    ? await programHelp(app, columns)
    : commandHelp(app, await findCommand(app, name), columns);
  // Without a command nothing was asked for: that is wrong usage, with the help as its message.
  await (isError ? host.stderr : host.stdout).write(text);
  return isError ? 2 : 0;
}

async function printVersion(app: App, { json }: GlobalOptions, host: Host): Promise<number> {
  const { versionFacts, versionLine } = await import("./version_line.ts");
  await host.stdout.write(`${json ? JSON.stringify(versionFacts(app)) : versionLine(app)}\n`);
  return 0;
}

function useColor(globals: Pick<GlobalOptions, "no-color">): boolean {
  return !globals["no-color"] && !Deno.noColor;
}

/** Rejects when a signal has come and the run has had its time to clean up. */
async function signalled(signal: AbortSignal, running: Promise<number>): Promise<never> {
  const aborted = Promise.withResolvers<void>();
  if (signal.aborted) aborted.resolve();
  else signal.addEventListener("abort", () => aborted.resolve(), { once: true });
  await aborted.promise;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const grace = new Promise<void>((resolve) => timer = setTimeout(resolve, GRACE));
  await Promise.race([running.then(() => {}, () => {}), grace]);
  clearTimeout(timer);
  throw signal.reason === "SIGTERM"
    ? new FiefError("terminated", "Ended by a signal", "Nothing was changed that was not complete")
    : new FiefError("interrupted", "Interrupted", "Nothing was changed that was not complete");
}

async function fail(error: unknown, app: App, host: Host, report: Report): Promise<number> {
  // Nobody reads the result any more (`fief-auth token | head -0`): that is no failure of ours.
  if (error instanceof Deno.errors.BrokenPipe) return 0;
  const { errorOf } = await import("./failure.ts");
  const named = errorOf(error);
  if (report.debug && error instanceof Error && error.stack) {
    await host.stderr.write(`${error.stack}\n`).catch(() => {});
  }
  const red = report.color && !Deno.noColor && host.stderr.isTerminal();
  await host.stderr.write(`${describeError(named, app.name, { json: report.json, red })}\n`).catch(() => {});
  return named.exitStatus;
}

export { commandNames };
