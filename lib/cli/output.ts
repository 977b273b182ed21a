import { reasonOf } from "../credentials/reason.ts";
import { FiefError } from "../errors.ts";
import type { Host, Output } from "../host.ts";
import { environmentPrefixOf } from "./app.ts";
import type { NamedFiles } from "./command.ts";
import { wrap } from "./wrap.ts";

/** Where a command's result and messages go: results to standard output, messages to standard error. */
export interface CommandOutput {
  /** Whether results and errors are JSON. */
  readonly json: boolean;
  /** Whether something may move on standard error: a person looks at it, and has not asked for `--plain`. */
  readonly lively: boolean;
  /** Columns of the terminal that shows messages; 80 where there is none. */
  readonly columns: number;
  /** The result: as one JSON object where `--json` says so, else the text. */
  result(object: Record<string, unknown>, text: string): Promise<void>;
  /**
   * The result as a table: as one JSON object where `--json` says so, else the rows in columns, or, where the terminal is too narrow for those,
   * in blocks of lines.
   */
  table(object: Record<string, unknown>, rows: readonly (readonly string[])[]): Promise<void>;
  /** A line for people; `--quiet` leaves it out. */
  message(line: string): void;
  /** A line that people must see, because something did not go as it should; `--quiet` does not leave it out. */
  warn(line: string): void;
  /** Whether colors may be used. */
  readonly color: boolean;
  /** Whether a person looks at standard error, and wants more than what must be seen. */
  readonly draws: boolean;
  /** Text for standard error that no line break may get into: JSON, or a drawing. */
  asItIs(text: string): void;
  /** From now on this gives way to every line; `undefined` where nothing moves any more. */
  moves(line: MovingLine | undefined): void;
}

/** A line that changes on the screen, such as a spinner. */
export interface MovingLine {
  /** Takes it off the screen. */
  hide(): void;
  /** Puts it back. */
  show(): void;
}

/** How to print. */
export interface OutputOptions {
  json: boolean;
  quiet: boolean;
  /** Whether colors may be used where a terminal shows them. */
  color: boolean;
  /** Whether nothing may be drawn or moved: `--plain`, and terminals that cannot. */
  plain: boolean;
  /** Whether lines of `--debug` may come at any moment. */
  debug: boolean;
}

/** Output of one run. */
export function outputOf(host: Host, { json, quiet, color, plain, debug }: OutputOptions): CommandOutput {
  let moving: MovingLine | undefined;
  const toStderr = (text: string) => {
    moving?.hide();
    // Where nobody reads messages any more, the command goes on.
    host.stderr.write(`${text}\n`).catch(() => {}).finally(() => moving?.show());
  };
  const warn = (line: string) => toStderr(fitted(line, host.stderr));
  return {
    json,
    color,
    get lively() {
      return !debug && this.draws;
    },
    get draws() {
      return !json && !quiet && !plain && host.stderr.isTerminal();
    },
    get columns() {
      return host.stderr.columns();
    },
    result: (object, text) => host.stdout.write(`${json ? JSON.stringify(object) : text}\n`),
    async table(object, rows) {
      const { table } = await import("./table.ts");
      await this.result(object, table(rows, host.stdout.isTerminal() ? host.stdout.columns() : Infinity));
    },
    message: (line) => {
      if (!quiet) warn(line);
    },
    warn,
    asItIs: toStderr,
    moves: (line) => void (moving = line),
  };
}

/** Standard output, whose failures are told in the user's words. That nobody reads any more is not one of them. */
export function resultOutput(stdout: Output): Output {
  return {
    ...stdout,
    async write(data, blocking) {
      try {
        await stdout.write(data, blocking);
      } catch (error) {
        if (error instanceof Deno.errors.BrokenPipe) throw error;
        const message = `Cannot write to standard output: ${reasonOf(error)}`;
        throw new FiefError("output_unwritable", message, "The result is not complete: make space, then run it again", {
          cause: error,
        });
      }
    },
  };
}

/**
 * Text for people, broken between words where a terminal would break it anywhere. What begins with two blanks is a command line: copied in
 * two pieces it would do something else.
 */
export function fitted(text: string, stderr: Host["stderr"]): string {
  if (!stderr.isTerminal()) return text;
  return text.split("\n").flatMap((line) => line.startsWith("  ") ? [line] : wrap(line, stderr.columns())).join("\n");
}

/** The option that names a session, with a blank in front, for a shell; nothing where none was given. */
export function sessionOption({ credentials, profile }: NamedFiles): string {
  const [name, value] = profile === undefined ? ["credentials", credentials] : ["profile", profile];
  if (value === undefined) return "";
  return ` --${name} ${/^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`}`;
}

/** An error as the user sees it. */
export function describeError(
  error: FiefError,
  name: string,
  options: { json: boolean; red: boolean; session?: string },
): string {
  const hint = hintFor(error, name, options.session);
  if (options.json) return JSON.stringify({ error: { code: error.code, message: error.message, hint } });
  const label = options.red ? `\x1b[1;31m${name}:\x1b[0m` : `${name}:`;
  return `${label} ${error.message}\n${hint}`;
}

/**
 * The library speaks of what to do; a CLI knows by which command.
 *
 * @param session The option of this run that names the session, with a blank in front: the next command needs it too.
 */
export function hintFor({ code, hint }: FiefError, name: string, session = ""): string {
  const login = `${name} login${session}`;
  switch (code) {
    case "not_authenticated":
      if (!hint.startsWith("Sign in with: ")) return `Sign in with: ${login}`;
      return hint.includes(session) ? hint : `${hint}${session}`;
    case "configuration_missing":
      return hint.replace(`${name} login`, login);
    case "refresh_rejected":
    case "refresh_token_missing":
    case "access_token_expired":
    case "authorization_code_missing":
    case "authorization_code_rejected":
      return `Sign in with: ${login}`;
    case "offline_access_refused":
    case "sign_in_failed":
      return hint.replace(/without offline access$/, `without offline access: ${login} --no-offline`);
    case "sign_in_denied":
    case "sign_in_timed_out":
      return `Try again with: ${login}`;
    case "device_sign_in_unavailable":
      return `Sign in with: ${login} --no-browser, or have the device authorization grant allowed on the server`;
    case "provider_unreachable":
      return hint.replace(/or DENO_CERT=FILE$/, "or name its file: --ca FILE");
    case "redirect_port_taken":
      return "End it, perhaps another login, or register a redirect URI with another port and name it: --redirect-uri URL";
    case "origin_not_allowed":
      return hint.replace(/^Name it as an API origin: (\S+)$/, "Name it, here or at login: --api-origin $1");
    case "encryption_key_invalid":
    case "id_token_invalid":
      return hint.replace(/as encryptionKey$/, `as the variable ${environmentPrefixOf(name)}_ENCRYPTION_KEY`);
    default:
      return hint;
  }
}
