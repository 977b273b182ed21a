import type { FiefError, FiefErrorCode } from "../errors.ts";
import type { Host } from "../host.ts";
import { Draft } from "./draft.ts";
import { type Credentials, serializeCredentials } from "./format.ts";
import { lastFailure, noteFailure } from "./failure_note.ts";
import { finishWriting } from "./in_place.ts";
import { takeLock } from "./lock.ts";
import { requireChangePermissions } from "./permission.ts";
import { readCredentials } from "./read.ts";
import { resolveTarget } from "./target.ts";

/** One change, under the lock. */
export interface Transaction {
  /** What the file says now; `undefined` where there is none. */
  readonly current: Credentials | undefined;
  /** Makes room for the next version: after it, saving hardly can fail. Call it before anything is sent that cannot be taken back. */
  prepare(): Promise<void>;
  /** Replaces the file, whole. */
  save(next: Credentials): Promise<void>;
  /** Tells those who wait for the lock that what they wait for has failed. */
  tellFailure(error: FiefError): Promise<void>;
}

/** How to change credentials. */
export interface ChangeOptions<T> {
  /** Ends the wait for the lock early. */
  signal?: AbortSignal | undefined;
  /**
   * Asked what the file says while others hold the lock, and once more under it: a value is the result, and nothing is changed. `failed` is
   * what somebody who held the lock since this change began has told of their failure.
   */
  enough?: (current: Credentials | undefined, failed: FiefErrorCode | undefined) => T | undefined;
  /** Told in one line what the user should know although all goes well. */
  onNotice?: ((line: string) => void) | undefined;
  /** Milliseconds to wait for the lock. By default 60,000. */
  timeout?: number;
}

/**
 * Changes a credentials file: one process at a time, and whoever reads meanwhile sees the old file or the new one, whole.
 *
 * @param path Path of the file; where it is a symbolic link, what it points to is changed and the link stays.
 * @param change Does it, under the lock.
 * @returns What `enough` or `change` gave.
 * @throws {FiefError} `credentials_locked`, `credentials_unwritable`, `credentials_unreadable`, `credentials_invalid`, `permission_missing`.
 */
export async function changeCredentials<T>(
  path: string,
  host: Pick<Host, "debug">,
  options: ChangeOptions<T>,
  change: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  const { enough = () => undefined, onNotice = () => {}, timeout = 60_000, signal } = options;
  const target = await resolveTarget(path);
  requireChangePermissions(target);
  const before = await lastFailure(`${target}.lock`);
  const failedSince = async () => {
    const last = await lastFailure(`${target}.lock`);
    return last?.id === before?.id ? undefined : last?.code;
  };
  let waits = false;
  const meanwhile = async () => {
    if (!waits) host.debug?.(`waiting for the lock "${target}.lock"`);
    waits = true;
    return enough(await readCredentials(path), await failedSince());
  };
  const taken = await takeLock(target, { timeout, signal, meanwhile });
  if ("value" in taken) return taken.value;
  using lock = taken.lock;
  if (!lock.exclusive) {
    onNotice("This file system has no locks: programs that run at the same time may sign each other out");
  }
  host.debug?.(`the lock "${target}.lock" is taken`);
  await finishWriting(target);
  const current = await readCredentials(path, host);
  const value = enough(current, await failedSince());
  if (value !== undefined) return value;
  await using draft = new Draft(target, onNotice);
  return await change({
    current,
    async prepare() {
      await draft.open();
      host.debug?.(`the draft "${target}.tmp" is made`);
    },
    async save(next) {
      const text = serializeCredentials(next);
      await draft.publish(text);
      host.debug?.(`saved "${target}": ${text.length} characters`);
    },
    tellFailure: (error) => noteFailure(lock.file, error),
  });
}
