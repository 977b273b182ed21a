import { FiefError } from "../errors.ts";

const REQUIRES = /Requires (\w+) access to "?(.*?)"?, (?:run again|specify)/;

/** Any error as one that a user can read. */
export function errorOf(error: unknown): FiefError {
  if (error instanceof FiefError) return error;
  // A part of the program that is loaded when needed: Deno says with a TypeError that it may not be read.
  if (error instanceof Deno.errors.NotCapable || (error instanceof TypeError && REQUIRES.test(error.message))) {
    return permissionError(error);
  }
  // The words of a platform or a library may hold what was sent: whatever could be a secret is left out.
  const words = (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).replace(
    /Bearer[\s\S]*/,
    "Bearer ...",
  );
  const met = words.replaceAll(/[\w\-.~+/=]{24,}/g, "...");
  return new FiefError(
    "unforeseen",
    `Something unforeseen went wrong: ${met}`,
    "This is a bug: run it again with --debug, and report what it prints",
  );
}

/** Deno says what it lacks as `Requires KIND access to "WHAT", run again with the --allow-KIND flag`. */
function permissionError(error: Error): FiefError {
  const [, kind, what] = error.message.match(REQUIRES) ?? [];
  if (kind === undefined || what === undefined) {
    return new FiefError(
      "permission_missing",
      `Deno does not allow this: ${error.message}`,
      "Add the permission to the flags of deno run",
    );
  }
  return new FiefError(
    "permission_missing",
    `Deno does not allow ${kind} access to "${what}"`,
    `Add this flag to deno run: --allow-${kind}=${what}`,
  );
}
