import { FiefError } from "../errors.ts";

type Kind = "read" | "write";

/** What Deno does not allow, with the flag that would. */
export function permissionMissing(kind: Kind, path: string): FiefError {
  return notAllowed(kind, path, `Add this flag to deno run: ${flag(kind, [path])}`);
}

/**
 * Sees to it that nothing is missing for a change to a file: reading and writing itself, its draft and its lock. In the middle of the
 * change it would be too late. Where a person is at the terminal, Deno asks them.
 *
 * @param target The file, not a link to it.
 * @throws {FiefError} `permission_missing`, with everything that the change takes, so that one more run is enough.
 */
export function requireChangePermissions(target: string): void {
  requirePermissions(["read", "write"], [target, `${target}.tmp`, `${target}.lock`]);
}

/**
 * Sees to it that each of these kinds is allowed for each of these paths. Where a person is at the terminal, Deno asks them.
 *
 * @throws {FiefError} `permission_missing`, with all of it, so that one more run is enough.
 */
export function requirePermissions(kinds: Kind[], paths: string[]): void {
  const missing = kinds.flatMap((kind) => {
    const path = paths.find((path) => Deno.permissions.requestSync({ name: kind, path }).state !== "granted");
    return path === undefined ? [] : [{ kind, path }];
  });
  const [first] = missing;
  if (first === undefined) return;
  const flags = missing.map(({ kind }) => flag(kind, paths)).join(" ");
  throw notAllowed(first.kind, first.path, `Add this to the flags of deno run: ${flags}`);
}

function notAllowed(kind: Kind, path: string, hint: string): FiefError {
  return new FiefError("permission_missing", `Deno does not allow ${kind} access to "${path}"`, hint);
}

function flag(kind: Kind, paths: string[]): string {
  const list = paths.join(",");
  return `--allow-${kind}=${/[^\w./\\:,@+-]/.test(list) ? `"${list}"` : list}`;
}
