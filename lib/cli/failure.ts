import { FiefError } from "../errors.ts";
import { discreet } from "../readable.ts";

/** Deno starts no program of a list while a variable of the loader is set: it could put anything in the program's place. */
const LOADER = /spawn subprocess with (\w+)(?:, \w+)* environment variable/;
const REQUIRES = /Requires (\w+) access to "?(.*?)"?, (?:run again|specify)/;

/** Any error as one that a user can read. */
export function errorOf(error: unknown): FiefError {
  if (error instanceof FiefError) return error;
  // A part of the program that is loaded when needed: Deno says with a TypeError that it may not be read.
  if (error instanceof Deno.errors.NotCapable || (error instanceof TypeError && REQUIRES.test(error.message))) {
    return permissionError(error);
  }
  const met = error instanceof Error ? `${discreet(error.name)}: ${wordsOf(error)}` : "what was thrown is no error";
  return new FiefError(
    "unforeseen",
    `Something unforeseen went wrong: ${met}`,
    "This is a bug: run it again with --debug, and report what it prints",
  );
}

/** Where an error comes from, for `--debug`: the lines of its stack without its message, which may hold what was sent. */
export function framesOf(error: unknown): string[] {
  const { stack, message } = error instanceof Error ? error : {};
  const frames = stack?.slice(stack.indexOf(message ?? "") + (message ?? "").length) ?? "";
  return frames.split("\n").filter((line) => /^ +at /.test(line)).map((line) => line.trim());
}

/** The words of a platform or a library may hold what was sent: whatever could be a secret is left out. */
function wordsOf({ message }: Error): string {
  return discreet(message.replace(/Bearer[\s\S]*/, "Bearer ...").replaceAll(/[\w\-.~+/=%]{24,}/g, "..."));
}

/** Deno says what it lacks as `Requires KIND access to "WHAT", run again with the --allow-KIND flag`. */
function permissionError(error: Error): FiefError {
  const [, variable] = error.message.match(LOADER) ?? [];
  if (variable !== undefined) {
    return new FiefError(
      "permission_missing",
      `Deno starts no program while the variable ${variable} is set, unless it may start all`,
      `Unset ${variable}, or add this flag to deno run: --allow-run`,
    );
  }
  const [, kind, what] = error.message.match(REQUIRES) ?? [];
  if (kind === undefined || what === undefined) {
    return new FiefError(
      "permission_missing",
      `Deno does not allow this: ${error.message}`,
      "Add the permission to the flags of deno run",
    );
  }
  // Files of the system: who has given back one permission, as most commands do, has not all any more.
  if (kind === "all") {
    const hint = "Name another file: Deno keeps those of the system for programs that may do everything";
    return new FiefError("permission_missing", `Deno does not allow access to "${what}"`, hint);
  }
  return new FiefError(
    "permission_missing",
    `Deno does not allow ${kind} access to "${what}"`,
    Deno.build.standalone
      ? `What this program may do was fixed when it was compiled, without --allow-${kind}=${what}`
      : `Add this flag to deno run: --allow-${kind}=${what}`,
  );
}
