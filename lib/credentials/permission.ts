import { FiefError } from "../errors.ts";

/** What Deno does not allow, with the flag that would. */
export function permissionMissing(kind: "read" | "write", path: string): FiefError {
  return new FiefError(
    "permission_missing",
    `Deno does not allow ${kind} access to "${path}"`,
    `Add this flag to deno run: --allow-${kind}=${path}`,
  );
}
