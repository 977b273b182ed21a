import { dirname } from "@std/path";
import { requireChangePermissions } from "../../credentials/permission.ts";
import { reasonOf } from "../../credentials/reason.ts";
import { FiefError } from "../../errors.ts";
import { failed, type Finding, ok, skipped } from "./finding.ts";

/** Bytes that a change of the credentials file takes at most while it is made: those of its draft. */
const ROOM = 64 * 1024;

const UNTRIED = "whether it can be written to nobody can tell from here without writing";

/**
 * Whether a credentials file can be written: the permissions, the directory, the room on the disk, the owner.
 *
 * Linux makes files that never get a name, and are gone when they are closed: that tells of all of it, and changes nothing.
 *
 * @param target The file, not a link to it.
 */
export async function checkPlace(target: string, app: string): Promise<Finding[]> {
  const directory = dirname(target);
  try {
    requireChangePermissions(target);
    if (!await mayTry(directory)) {
      const how = `--allow-read=${directory} --allow-write=${directory}`;
      return [skipped("directory", `"${directory}" was not tried, which only login may by itself: ${how}`)];
    }
    const tried = await tryNameless(directory);
    if (tried === "untried") return [skipped("directory", `"${directory}": ${UNTRIED}`)];
    if (tried === "missing") {
      const found = await tryToMake(directory) ? "" : `; ${UNTRIED}`;
      return [ok("directory", `"${directory}" is not there yet: a sign-in makes it${found}`)];
    }
    const owner = ownerOf(target);
    if (owner !== undefined && owner !== tried.uid) {
      const hint = "Use a file of your own";
      throw new FiefError("credentials_unwritable", `The credentials file "${target}" belongs to another user`, hint);
    }
    return [ok("directory", `"${directory}" can be written to, and there is room`)];
  } catch (error) {
    if (error instanceof FiefError) return [failed("directory", error, app)];
    const met = `Cannot write the credentials file "${target}": ${reasonOf(error)}`;
    const hint = "Check that there is space, and who owns the directory and the file";
    return [failed("directory", new FiefError("credentials_unwritable", met, hint), app)];
  }
}

/** Whether the nearest directory above that is there can be written to; false where nobody can tell. */
async function tryToMake(directory: string): Promise<boolean> {
  const above = dirname(directory);
  const tried = await tryNameless(above);
  if (tried !== "missing") return tried !== "untried";
  return above !== directory && await tryToMake(above);
}

async function tryNameless(directory: string): Promise<{ uid: number } | "missing" | "untried"> {
  if (Deno.build.os !== "linux" || !await mayTry(directory)) return "untried";
  const { closeSync, constants, fdatasyncSync, fstatSync, openSync, writeSync } = await import("node:fs");
  const nameless = 0o20000000 | constants.O_DIRECTORY; // O_TMPFILE, see open(2)
  let file: number;
  try {
    file = openSync(directory, nameless | constants.O_WRONLY, 0o600);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "ENOENT") return "missing";
    // A file system that has no such files, a network's say.
    if (code === "EOPNOTSUPP" || code === "ENOTSUP" || code === "EISDIR") return "untried";
    throw error;
  }
  try {
    writeSync(file, new Uint8Array(ROOM));
    fdatasyncSync(file);
    return { uid: fstatSync(file).uid };
  } finally {
    closeSync(file);
  }
}

/** What is granted for the files in it alone is not enough: a file that never gets a name is of the directory. */
async function mayTry(path: string): Promise<boolean> {
  const states = await Promise.all((["read", "write"] as const).map((name) => Deno.permissions.query({ name, path })));
  return states.every(({ state }) => state === "granted");
}

function ownerOf(path: string): number | null | undefined {
  try {
    return Deno.statSync(path).uid;
  } catch {
    return undefined; // there is none
  }
}
