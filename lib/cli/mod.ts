/**
 * The command line: build your own CLI with sign-in from the parts of `fief-auth`.
 *
 * @example A branded CLI
 * ```ts
 * import { cli } from "@fief/auth/cli";
 * import { assertEquals } from "@std/assert";
 *
 * const acme = { name: "acme", version: "1.0.0", baseUrl: "https://example.fief.dev", clientId: "YOUR_CLIENT_ID" };
 * // Your main.ts says: Deno.exit(await cli(acme));
 * assertEquals(await cli({ ...acme, args: ["--version"] }), 0);
 * ```
 *
 * @module
 */
import { FiefError } from "../errors.ts";
import { type Host, realHost } from "../host.ts";
import { readable } from "../readable.ts";
import { VERSION } from "../version.ts";
import { type App, appOf, type CliOptions, optionsOf } from "./app.ts";
import { type Command, type Context, takesTheRest } from "./command.ts";
import { findCommand } from "./commands.ts";
import {
  commandIndex,
  GLOBAL_OPTIONS,
  type GlobalOptions,
  type Parsed,
  parseOptions,
  UnknownOptionError,
} from "./options.ts";
import { describeError, fitted, outputOf, resultOutput, sessionOption } from "./output.ts";

export type { App, CliOptions } from "./app.ts";
export {
  type ArgumentDefinition,
  type Command,
  command,
  type CommandDefinition,
  type CommandNeeds,
  type Context,
  type NamedFiles,
} from "./command.ts";
export type { Completion, OptionDefinition, OptionDefinitions, OptionValues } from "./command.ts";
export type { CommandOutput, MovingLine } from "./output.ts";
export type { Settings } from "./settings.ts";
export type { PageDesign } from "../signin/page_design.ts";

/** What one run of a CLI gets. */
export interface CliRun {
  /** The words of the command line. By default `Deno.args`. */
  args?: string[];
  /** The outside world, or a part of it. By default the real one. */
  host?: Partial<Host>;
  /** Ends the run early when it resolves, to the name of a signal. By default it does at Ctrl-C and at SIGTERM. */
  interrupted?: Promise<"SIGINT" | "SIGTERM">;
}

/** After a signal: milliseconds to close the listener and free the lock. */
const GRACE = 2_000;
/** And for what must not be cut off, a refresh say: all that is sent has 30 s. */
const LONG_GRACE = 32_000;

/**
 * Runs a CLI.
 *
 * @param options What the CLI is built from, and what this run gets.
 * @returns The exit status. The process is not ended.
 * @example Run one command line, and take the exit status
 * ```ts
 * import { cli } from "@fief/auth/cli";
 * import { assertEquals } from "@std/assert";
 *
 * const acme = { name: "acme", baseUrl: "https://acme.example", clientId: "cli" };
 * assertEquals(await cli({ ...acme, args: ["--version"] }), 0);
 * assertEquals(await cli({ ...acme, args: ["no-such-command"] }), 2);
 * ```
 */
export async function cli(options: CliOptions & CliRun): Promise<number> {
  const app = appOf(options, VERSION);
  const given: Host = { ...realHost(), ...options.host };
  const host: Host = { ...given, stdout: resultOutput(given.stdout) };
  const args = options.args ?? Deno.args;
  // Until the options are read, the words themselves say how to report an error in them.
  const colorless = args.includes("--no-color") || args.includes("--plain");
  const report: Report = { json: args.includes("--json"), color: !colorless };
  const controller = new AbortController();
  const precious = new Set<Promise<unknown>>();
  let listening: SignalListeners | undefined = undefined;
  const finishFirst = (work: Promise<unknown>) => {
    precious.add(work);
    const done = () => precious.delete(work);
    work.then(done, done);
    listening?.outlive(work);
  };
  const world = { ...host, finishFirst };
  let heir: ((signal: Deno.Signal) => void) | undefined;
  const takeSignals = (listener: (signal: Deno.Signal) => void) => void (heir = listener);
  // Where the process is somebody else's, what they do at its end would not be done.
  const leaveSignals = () => {
    if (!app.isolated || listening === undefined || precious.size > 0) return false;
    listening[Symbol.dispose]();
    return true;
  };
  const parts = await partsFor(args).catch((error) => unreadablePart(error, app, host));
  if (parts === undefined) return 2;
  const running = run(app, args, world, { signal: controller.signal, takeSignals, leaveSignals }, report, parts);
  // Whoever is done by now has waited for nobody. To listen for signals would cost a cached `token` more than reading its file does.
  const early = await settledSoon(running);
  if (early !== undefined) return "error" in early ? await fail(early.error, app, host, report) : early.status;
  using signals = options.interrupted === undefined ? listenForSignals(() => heir) : undefined;
  listening = signals;
  const { interrupted, again } = signals ?? { interrupted: options.interrupted!, again: new Promise<void>(() => {}) };
  const ended = interrupted.then((signal) => {
    if (heir === undefined) return endEarly(signal, controller, running, precious, again);
    heir(signal);
    return new Promise<never>(() => {});
  });
  try {
    return await Promise.race([running, ended]);
  } catch (error) {
    // What a command makes of its end is not what it ended by.
    const cause = controller.signal.aborted ? await ended.catch((signalled) => signalled) : error;
    return await fail(cause, app, host, report);
  }
}

/** The parts of the program that not every run needs. */
interface Parts {
  help?: typeof import("./help.ts");
  run?: typeof import("./run.ts");
}

/** Loads them before the run begins: so whoever is done at once is, and nothing has to listen for signals. Help needs no session. */
async function partsFor(args: string[]): Promise<Parts> {
  const isThere = (...words: string[]) => args.some((word) => words.includes(word));
  if (isThere("help", "--help", "-h")) return { help: await import("./help.ts") };
  return isThere("version", "--version") ? {} : { run: await import("./run.ts") };
}

/** What a run has come to, where that takes but a few turns of the microtask queue. */
async function settledSoon(running: Promise<number>): Promise<{ status: number } | { error: unknown } | undefined> {
  let outcome: { status: number } | { error: unknown } | undefined;
  running.then((status) => outcome = { status }, (error) => outcome = { error });
  for (let turn = 0; turn < 100 && outcome === undefined; turn++) await undefined;
  return outcome;
}

/** Whether messages go to a terminal that can do nothing but print: one inside an editor, say. */
function isDumb({ env, stderr }: Host): boolean {
  try {
    return stderr.isTerminal() && env("TERM") === "dumb";
  } catch {
    return false; // Deno does not allow reading it
  }
}

/** Says that a part of the program may not be read: the part that tells of errors may be one of them. */
async function unreadablePart(error: unknown, { name }: App, { stderr }: Host): Promise<undefined> {
  const path = error instanceof TypeError ? error.message.match(/Requires read access to "(.*?)"/)?.[1] : undefined;
  if (path === undefined) throw error;
  const hint = `Add this flag to deno run: --allow-read=${path}`;
  await stderr.write(`${name}: Deno does not allow read access to "${path}"\n${hint}\n`);
  return undefined;
}

/** How an error is to be shown. */
interface Report {
  json: boolean;
  color: boolean;
  /** The option that names the session, as it was typed: hints repeat it. */
  session?: string;
  /** Where set, told of the error. */
  debug?: Host["debug"];
  /** Where set, the exit status of the command's own failures. */
  failureStatus?: number | undefined;
}

async function run(
  app: App,
  args: string[],
  host: Host,
  signals: Pick<Context, "signal" | "takeSignals" | "leaveSignals">,
  report: Report,
  parts: Parts,
): Promise<number> {
  const at = commandIndex(args);
  const name = args[at];
  const words = args.toSpliced(at, 1);
  if (name === undefined || name === "help" || name === "version") {
    const { values, rest } = parseOptions(words, GLOBAL_OPTIONS);
    if (name === "version" ? values["help"] !== true : values["version"] === true) {
      return await printVersion(app, values as GlobalOptions, host);
    }
    const isError = name === undefined && values["help"] !== true;
    return await printHelp(app, name === "version" ? [] : rest, host, isError, parts);
  }
  const command = await findCommand(app, name);
  report.failureStatus = command.failureStatus;
  const { values, rest } = await parseWords(words, app, command);
  const globals = values as GlobalOptions;
  report.json = globals.json;
  report.color = !globals["no-color"] && !globals.plain;
  report.session = sessionOption(globals);
  const world = globals.debug ? await debugging(host, app, name) : host;
  report.debug = world.debug;
  if (globals.help) return await printHelp(app, [name], host, false, parts);
  if (globals.version) return await printVersion(app, globals, host);
  const { json, quiet, debug } = globals;
  const plain = globals.plain || isDumb(host);
  const output = outputOf(host, { json, quiet, debug, plain, color: report.color && !plain && !Deno.noColor });
  const { runCommand } = parts.run ?? await import("./run.ts");
  return await runCommand({
    app,
    command,
    globals,
    values,
    rest,
    host: { ...world, fetch: trustingFetch(world, globals.ca, `${app.environmentPrefix}_CA`) },
    ...signals,
    output,
  });
}

/** A fetch that trusts more authorities, where `--ca` or the variable says so: looked up at the first request. */
function trustingFetch(host: Host, ca: string | undefined, variable: string): Host["fetch"] {
  let trusting: Promise<Host["fetch"]> | undefined;
  return async (input, init) => {
    trusting ??= import("./authorities.ts").then(({ fetchTrusting }) => fetchTrusting(ca, variable, host));
    return await (await trusting)(input, init);
  };
}

/** Options, and for an unknown one the nearest that exists. */
async function parseWords(words: string[], app: App, command: Command): Promise<Parsed> {
  const definitions = { ...GLOBAL_OPTIONS, ...optionsOf(app, command) };
  try {
    return parseOptions(words, definitions, takesTheRest(command));
  } catch (error) {
    if (!(error instanceof UnknownOptionError)) throw error;
    const { nearest } = await import("./nearest.ts");
    const near = nearest(error.option, Object.keys(definitions).map((name) => `--${name}`));
    throw new UnknownOptionError(
      error.option,
      near === undefined ? `See: ${app.name} ${command.name} --help` : `Did you mean ${near}?`,
    );
  }
}

/** A host that tells what happens on standard error, with the milliseconds since the start. */
async function debugging(host: Host, app: App, command: string): Promise<Host> {
  const { versionLine } = await import("./version_line.ts");
  const started = host.now();
  const debug = (message: string) =>
    void host.stderr.write(`[${host.now() - started} ms] ${readable(message)}\n`).catch(() => {});
  debug(`${versionLine(app)}: ${command}`);
  return { ...host, debug };
}

async function printHelp(
  app: App,
  [topic]: string[],
  host: Host,
  isError: boolean,
  { help }: Parts,
): Promise<number> {
  const { commandHelp, programHelp } = help ?? await import("./help.ts");
  const columns = host.stdout.columns();
  const name = topic === "help" || topic === "version" ? undefined : topic;
  const text = name === undefined
    ? programHelp(app, columns, isError)
    : commandHelp(app, await findCommand(app, name), columns);
  // Without a command nothing was asked for: that is wrong usage, with what there is as its message.
  await (isError ? host.stderr : host.stdout).write(text);
  return isError ? 2 : 0;
}

async function printVersion(app: App, { json }: GlobalOptions, host: Host): Promise<number> {
  const { versionFacts, versionLine } = await import("./version_line.ts");
  await host.stdout.write(`${json ? JSON.stringify(versionFacts(app)) : versionLine(app)}\n`);
  return 0;
}

type EndSignal = "SIGHUP" | "SIGINT" | "SIGTERM";

/** What ends a run early. */
interface SignalListeners extends Disposable {
  /** Resolves at the first signal, to its name. */
  interrupted: Promise<EndSignal>;
  /** Resolves at the second one. */
  again: Promise<void>;
  /** The end of the terminal waits for this work, and so do signals that were left to the system. */
  outlive(work: Promise<unknown>): void;
}

/** Ctrl-C and SIGTERM, which Windows does not have. What has an heir is none of ours. */
function listenForSignals(heir: () => ((signal: Deno.Signal) => void) | undefined): SignalListeners {
  const first = Promise.withResolvers<EndSignal>();
  const second = Promise.withResolvers<void>();
  let count = 0;
  const listen = (signal: EndSignal) => {
    const listener = () => {
      const taken = heir();
      if (taken) taken(signal);
      else if (count++ === 0) first.resolve(signal);
      else second.resolve();
    };
    Deno.addSignalListener(signal, listener);
    return () => Deno.removeSignalListener(signal, listener);
  };
  const isWindows = Deno.build.os === "windows";
  const signals = isWindows ? ["SIGINT"] as const : ["SIGINT", "SIGTERM"] as const;
  const ends = signals.map(listen);
  return {
    interrupted: first.promise,
    again: second.promise,
    outlive(work) {
      const now = [...ends.length === 0 ? signals : [], ...isWindows ? [] : ["SIGHUP"] as const].map(listen);
      const end = () => now.forEach((each) => each());
      work.then(end, end);
    },
    [Symbol.dispose]: () => ends.splice(0).forEach((end) => end()),
  };
}

/** Rejects with what the signal means, when the run has had its time to clean up; a second signal cuts that short. */
async function endEarly(
  signal: EndSignal,
  controller: AbortController,
  running: Promise<number>,
  precious: Set<Promise<unknown>>,
  again: Promise<void>,
): Promise<never> {
  controller.abort();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const grace = new Promise<void>((resolve) => timer = setTimeout(resolve, precious.size > 0 ? LONG_GRACE : GRACE));
  const done = Promise.allSettled([running, ...precious]);
  await Promise.race([precious.size > 0 ? Promise.allSettled(precious) : done, grace, again]);
  clearTimeout(timer);
  const hint = "The session on disk is whole: run it again when you like";
  if (signal === "SIGHUP") throw new FiefError("hung_up", "The terminal is gone", hint);
  if (signal === "SIGTERM") throw new FiefError("terminated", "Ended by SIGTERM", hint);
  throw new FiefError("interrupted", "Interrupted", hint);
}

async function fail(error: unknown, app: App, host: Host, report: Report): Promise<number> {
  // Nobody reads the result any more (`fief-auth token | head -0`): that is no failure of ours.
  if (error instanceof Deno.errors.BrokenPipe) return 0;
  const { errorOf, framesOf } = await import("./failure.ts");
  const named = errorOf(error);
  if (report.debug) {
    report.debug(`failed: ${named.code}, status ${named.exitStatus}`);
    for (const frame of framesOf(error)) report.debug(frame);
  }
  const red = report.color && !Deno.noColor && host.stderr.isTerminal() && !isDumb(host);
  const text = describeError(named, app.name, { json: report.json, red, session: report.session ?? "" });
  await host.stderr.write(`${report.json ? text : fitted(text, host.stderr)}\n`).catch(() => {});
  // What tells of a program that could not be run, and of signals, is nothing of its own.
  return named.exitStatus < (report.failureStatus ?? 0) ? report.failureStatus! : named.exitStatus;
}
