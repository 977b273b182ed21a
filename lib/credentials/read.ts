import { FiefError } from "../errors.ts";
import { type Credentials, parseCredentials, WRITING } from "./format.ts";
import { permissionMissing } from "./permission.ts";

/** Bytes of a credentials file. One of a hundred kilobytes would be large. */
const LARGEST = 1_000_000;

/** Who is told of a reading. */
export interface ReadListeners {
  /** Told how much was read. */
  debug?: ((message: string) => void) | undefined;
  /**
   * Where set, others who could read the file no longer can afterwards, and this is told in one line. Where that cannot be done, because it
   * takes permission to write or the file system knows no modes, nothing is told: whoever saves says it.
   */
  onNotice?: ((line: string) => void) | undefined;
}

/**
 * Reads a credentials file. It takes no lock: the file is always whole, or what is being written into it is whole beside it.
 *
 * @param path Path of the file.
 * @returns `undefined` where there is none.
 * @throws {FiefError} `credentials_unreadable`, `credentials_invalid`, or `permission_missing` which names Deno's flag.
 */
export function readCredentials(
  path: string,
  { debug, onNotice }: ReadListeners = {},
): Promise<Credentials | undefined> {
  return Promise.try(async () => {
    const found = await writtenText(path);
    debug?.(`read "${path}": ${found === undefined ? "no file" : `${found.text.length} characters`}`);
    if (found === undefined) return undefined;
    if (found.text.startsWith(WRITING)) return readUnfinished(path, debug);
    const credentials = parseCredentials(found.text, path);
    // A file without tokens holds nothing to protect, and may not be ours to change.
    if (found.isOpen && credentials.tokens !== null && onNotice && close(path)) onNotice(openedLine(path, false));
    return credentials;
  });
}

/** What to tell of a file that others could read. */
export function openedLine(path: string, still: boolean): string {
  const now = still ? "this file system does not let us change that" : "now only you can";
  return `The credentials file "${path}" could be read by others: ${now}`;
}

async function readUnfinished(path: string, debug: ReadListeners["debug"]): Promise<Credentials> {
  const { readBeingWritten } = await import("./in_place.ts");
  const credentials = await readBeingWritten(path);
  if (credentials !== undefined) return credentials;
  // In a container that is gone, say, with the draft in it, when only the file was mounted: the next sign-in replaces what is left.
  debug?.(`"${path}" is half written, and its draft is gone: nobody is signed in`);
  return { userinfo: null, tokens: null };
}

/** Takes the file from everybody but its owner. */
function close(path: string): boolean {
  // Looked up and not just tried: in a terminal, Deno would ask the user for a permission that can be done without.
  if (Deno.permissions.querySync({ name: "write", path }).state !== "granted") return false;
  try {
    Deno.chmodSync(path, 0o600);
    return !isOpen(Deno.statSync(path));
  } catch {
    return false; // another user's, or on a read-only disk
  }
}

/** Windows has no modes. */
function isOpen({ mode }: Deno.FileInfo): boolean {
  return mode !== null && (mode & 0o077) !== 0;
}

/** The Python client empties the file before it writes: for a moment there is nothing in it, and somebody is signed in all the same. */
async function writtenText(path: string): Promise<ReturnType<typeof readText>> {
  let found = readText(path);
  for (let again = 0; again < 3 && found?.text === ""; again++) {
    await new Promise((resolve) => setTimeout(resolve, 30));
    found = readText(path);
  }
  return found;
}

/** In one go: for so small a file that is ten times as fast as the asynchronous calls, and a cached `token` is hardly more than this. */
function readText(path: string, isSecond = false): { text: string; isOpen: boolean } | undefined {
  try {
    const info = Deno.statSync(path);
    // Reading a pipe or a device would wait, or never end.
    if (!info.isFile) throw unreadable(path, info.isDirectory ? "it is a directory" : "it is no regular file");
    if (info.size > LARGEST) throw unreadable(path, "it is larger than 1 MB");
    return { text: Deno.readTextFileSync(path), isOpen: isOpen(info) };
  } catch (error) {
    if (error instanceof FiefError) throw error;
    // On a network's file system: another machine has replaced it between the look and the reading. Now there is a new one.
    if (!isSecond && /stale/i.test((error as Error).message)) return readText(path, true);
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
