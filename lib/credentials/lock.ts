import { FiefError } from "../errors.ts";
import { permissionMissing } from "./permission.ts";

/** A lock that is held. */
export interface Lock extends Disposable {
  /** False where this file system has no locks: then others may change the file at the same time. */
  readonly exclusive: boolean;
}

/** How to wait for a lock. */
export interface LockOptions<T> {
  /** Milliseconds to wait at most. */
  timeout: number;
  /** Ends the wait early. */
  signal?: AbortSignal | undefined;
  /** Asked while waiting: a value ends the wait, because the lock is no longer needed. */
  meanwhile(): Promise<T | undefined>;
}

/** Milliseconds between two looks. */
const PAUSE = 50;

/**
 * Takes the lock `PATH.lock`. The kernel frees it when its holder dies, however that happens. The file stays: removing it would let two hold it.
 *
 * @param path Path of the file that the lock is for.
 * @returns The lock, or what `meanwhile` gave.
 * @throws {FiefError} `credentials_locked` where somebody else holds it for too long, `credentials_unwritable` where it cannot be made.
 */
export async function takeLock<T>(path: string, options: LockOptions<T>): Promise<{ lock: Lock } | { value: T }> {
  const lockPath = `${path}.lock`;
  const deadline = performance.now() + options.timeout;
  for (;;) {
    const file = await openLockFile(lockPath);
    try {
      const result = await wait(file, lockPath, deadline, options);
      if ("value" in result) {
        file.close();
        return result;
      }
      // Somebody may have removed the file while we waited: then the next one locks another file.
      if (!result.exclusive || await isStill(lockPath, file)) {
        return { lock: { exclusive: result.exclusive, [Symbol.dispose]: () => file.close() } };
      }
    } catch (error) {
      file.close();
      throw error;
    }
    file.close();
  }
}

async function wait<T>(
  file: Deno.FsFile,
  lockPath: string,
  deadline: number,
  { timeout, signal, meanwhile }: LockOptions<T>,
): Promise<{ exclusive: boolean } | { value: T }> {
  const attempt = attempts(file);
  for (;;) {
    const state = await attempt(signal);
    if (state !== "busy") return { exclusive: state === "held" };
    const value = await meanwhile();
    if (value !== undefined) return { value };
    signal?.throwIfAborted();
    if (performance.now() < deadline) continue;
    const seconds = Math.round(timeout / 1000);
    throw new FiefError(
      "credentials_locked",
      `Another process has held the lock "${lockPath}" for ${seconds} s`,
      "Try again; if it stays so, find out which process holds the file and end it",
    );
  }
}

type Attempt = (signal: AbortSignal | undefined) => Promise<"held" | "busy" | "unsupported">;

/** Attempts to lock an open file, each of which ends after a short while. A file system without locks (ENOLCK, ENOTSUP) makes them fail. */
function attempts(file: Deno.FsFile): Attempt {
  const { tryLock } = file as { tryLock?: (exclusive: boolean) => Promise<boolean> };
  if (tryLock !== undefined) {
    return async (signal) => {
      try {
        if (await tryLock.call(file, true)) return "held";
      } catch {
        return "unsupported";
      }
      using wait = pause(signal);
      await wait.over;
      return "busy";
    };
  }
  // Before Deno 2.7 there is `lock` alone. It cannot be taken back: once asked for it is waited for, and closing the file gives it away.
  const locking = file.lock(true).then(() => "held" as const, () => "unsupported" as const);
  return async (signal) => {
    using wait = pause(signal);
    return await Promise.race([locking, wait.over.then(() => "busy" as const)]);
  };
}

/** Opens it without ever following or emptying what somebody else has put in its place. */
async function openLockFile(path: string): Promise<Deno.FsFile> {
  try {
    return await create(path) ?? await openExisting(path) ?? await openLockFile(path);
  } catch (error) {
    if (error instanceof FiefError) throw error;
    if (error instanceof Deno.errors.NotCapable) {
      throw permissionMissing(/read access/.test(error.message) ? "read" : "write", path);
    }
    const hint = "Check that the directory is there, who owns it, and that there is space";
    throw new FiefError("credentials_unwritable", `Cannot make the lock "${path}"`, hint, { cause: error });
  }
}

/** `undefined` where it is there already. */
async function create(path: string): Promise<Deno.FsFile | undefined> {
  const open = () => Deno.open(path, { write: true, createNew: true, mode: 0o600 });
  try {
    return await open();
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return undefined;
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    await makeDirectory(path);
    return await open();
  }
}

/** `undefined` where it was removed meanwhile. */
async function openExisting(path: string): Promise<Deno.FsFile | undefined> {
  try {
    const { isFile } = await Deno.lstat(path);
    if (!isFile) throw planted(path, "is no regular file");
    const file = await Deno.open(path, { write: true });
    // Between the two looks somebody may have put a link there: then what was opened is another file.
    if (await isStill(path, file)) return file;
    file.close();
    throw planted(path, "was exchanged while it was opened");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Only where it is not there: a directory that we make is nobody else's business, one that we find is not ours to change. */
async function makeDirectory(path: string): Promise<void> {
  const directory = path.replace(/[/\\][^/\\]*$/, "");
  try {
    await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw permissionMissing("write", directory);
    throw error;
  }
}

function planted(path: string, what: string): FiefError {
  return new FiefError(
    "credentials_unwritable",
    `The lock "${path}" ${what}`,
    "Remove it, and use a directory that only you may write to",
  );
}

/** Whether the open file is the one that has this name, itself and not through a link. Windows numbers no files: there it counts as such. */
async function isStill(path: string, file: Deno.FsFile): Promise<boolean> {
  const opened = await file.stat();
  const named = await Deno.lstat(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  });
  return named !== undefined && named.isFile && named.ino === opened.ino && named.dev === opened.dev;
}

/** A short while, which a signal ends early. Disposing of it lets go of its timer. */
function pause(signal: AbortSignal | undefined): { over: Promise<void> } & Disposable {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = () => reject(signal?.reason);
  const timer = setTimeout(resolve, PAUSE);
  signal?.addEventListener("abort", abort, { once: true });
  return {
    over: promise,
    [Symbol.dispose]() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    },
  };
}
