import { FiefError } from "../errors.ts";
import type { Host } from "../host.ts";
import { type Credentials, parseCredentials } from "./format.ts";
import { permissionMissing } from "./permission.ts";

/** Bytes of a credentials file. One of a hundred kilobytes would be large. */
const LARGEST = 1_000_000;

/**
 * Reads a credentials file. It takes no lock: the file is always whole.
 *
 * @param path Path of the file.
 * @param host Its `debug` is told how much was read.
 * @returns `undefined` where there is none.
 * @throws {FiefError} `credentials_unreadable`, `credentials_invalid`, or `permission_missing` which names Deno's flag.
 */
export function readCredentials(path: string, { debug }: Pick<Host, "debug"> = {}): Promise<Credentials | undefined> {
  return Promise.try(() => {
    const text = readText(path);
    debug?.(`read "${path}": ${text === undefined ? "no file" : `${text.length} characters`}`);
    return text === undefined ? undefined : parseCredentials(text, path);
  });
}

/** In one go: for so small a file that is ten times as fast as the asynchronous calls, and a cached `token` is hardly more than this. */
function readText(path: string): string | undefined {
  try {
    const info = Deno.statSync(path);
    // Reading a pipe or a device would wait, or never end.
    if (!info.isFile) throw unreadable(path, info.isDirectory ? "it is a directory" : "it is no regular file");
    if (info.size > LARGEST) throw unreadable(path, "it is larger than 1 MB");
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof FiefError) throw error;
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof Deno.errors.NotCapable) throw permissionMissing("read", path);
    throw unreadable(
      path,
      error instanceof Deno.errors.PermissionDenied ? "access is denied" : "reading failed",
      error,
    );
  }
}

function unreadable(path: string, why: string, cause?: unknown): FiefError {
  const hint = "Check the path, and who owns the file";
  return new FiefError("credentials_unreadable", `Cannot read the credentials file "${path}": ${why}`, hint, { cause });
}
