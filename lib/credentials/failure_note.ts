// Whoever holds the lock and fails leaves a note in the lock file: those who waited for it meanwhile need not fail one after the other. The
// credentials file stays as it was.
import type { FiefError, FiefErrorCode } from "../errors.ts";

/** Characters of a note: a code, and what tells this failure from the one before. */
const LONGEST = 100;

/** A failure of whoever held the lock. */
export interface NotedFailure {
  /** The code of their error. */
  code: FiefErrorCode;
  /** Another one each time. */
  id: string;
}

/** Leaves the note, in the open lock file. Where that cannot be done, those who wait find out for themselves. */
export async function noteFailure(lock: Deno.FsFile, error: FiefError): Promise<void> {
  try {
    await lock.seek(0, Deno.SeekMode.Start);
    // Always of the same length: the file is never emptied, so nobody reads half a note of one and half of another.
    await lock.write(new TextEncoder().encode(`${error.code} ${crypto.randomUUID()}`.padEnd(LONGEST)));
  } catch {
    // Windows, say, lets nobody write where another handle has locked
  }
}

/** The last note in a lock file; `undefined` where there is none, or something else. */
export async function lastFailure(lockPath: string): Promise<NotedFailure | undefined> {
  try {
    if (!(await Deno.lstat(lockPath)).isFile) return undefined; // a pipe in its place would never be open
    using file = await Deno.open(lockPath, { read: true });
    const buffer = new Uint8Array(LONGEST);
    const length = await file.read(buffer) ?? 0;
    const [, code, id] = new TextDecoder().decode(buffer.subarray(0, length)).match(/^([a-z_]+) ([\w-]{36}) *$/) ?? [];
    return id === undefined ? undefined : { code: code as FiefErrorCode, id };
  } catch {
    return undefined;
  }
}
