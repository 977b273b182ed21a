import { dirname } from "@std/path";
import { FiefError } from "../errors.ts";
import { lockInThread, type LockThread } from "./lock_thread.ts";
import { permissionMissing } from "./permission.ts";
import { reasonOf } from "./reason.ts";

/** A lock that is held. */
export interface Lock extends Disposable {
  /** False where this file system has no locks: then others may change the file at the same time. */
  readonly exclusive: boolean;
  /** The lock file, open for writing. */
  readonly file: Deno.FsFile;
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

/** Milliseconds for which a draft is taken as a sign that its writer lives. */
const PATIENCE = 2_500;

/**
 * Takes the lock `PATH.lock`. The kernel frees it when its holder dies, however that happens. The file stays: removing it would let two hold it.
 *
 * @param path Path of the file that the lock is for.
 * @returns The lock, or what `meanwhile` gave.
 * @throws {FiefError} `credentials_locked` where somebody else holds it for too long, `credentials_unwritable` where it cannot be made,
 * `permission_missing`.
 */
export async function takeLock<T>(path: string, options: LockOptions<T>): Promise<{ lock: Lock } | { value: T }> {
  const lockPath = `${path}.lock`;
  const deadline = performance.now() + options.timeout;
  for (;;) {
    const claim = await stake(lockPath);
    let kept = false;
    try {
      const result = await wait(claim, lockPath, deadline, options);
      if (result === "exchanged") continue;
      if (typeof result === "object") return result;
      const exclusive = result === "held";
      // Somebody may have removed the file while we waited: then the next one locks another file.
      if (exclusive && !await isStill(lockPath, claim.file)) continue;
      kept = true;
      return { lock: { exclusive, file: claim.file, [Symbol.dispose]: () => claim[Symbol.dispose]() } };
    } finally {
      if (!kept) claim[Symbol.dispose]();
    }
  }
}

type ClaimState = "held" | "busy" | "unsupported" | "exchanged";

/** A lock file that is open, and the lock on it that is asked for. */
interface Claim extends Disposable {
  readonly file: Deno.FsFile;
  /** Asks, or asks again, and takes a short while where the lock is busy. */
  attempt(signal: AbortSignal | undefined): Promise<ClaimState>;
}

async function wait<T>(
  claim: Claim,
  lockPath: string,
  deadline: number,
  { timeout, signal, meanwhile }: LockOptions<T>,
): Promise<Exclude<ClaimState, "busy"> | { value: T }> {
  for (;;) {
    signal?.throwIfAborted();
    const state = await claim.attempt(signal);
    if (state !== "busy") return state;
    const value = await meanwhile();
    if (value !== undefined) return { value };
    if (performance.now() < deadline) continue;
    const seconds = Math.round(timeout / 1000);
    throw new FiefError(
      "credentials_locked",
      `Other processes have held the lock "${lockPath}" for ${seconds} s`,
      "Try again; if it stays so, find out which process holds the file and end it",
    );
  }
}

async function stake(lockPath: string): Promise<Claim> {
  const file = await openLockFile(lockPath);
  // Before Deno 2.7 there is no such method, nor does its type have it.
  const tryLock = (file as { tryLock?: (exclusive: boolean) => Promise<boolean> }).tryLock?.bind(file);
  return tryLock === undefined ? await claimInThread(lockPath, file) : claimByTrying(file, tryLock);
}

/** A file system without locks (ENOLCK, ENOTSUP) makes the attempt fail. */
function claimByTrying(file: Deno.FsFile, tryLock: (exclusive: boolean) => Promise<boolean>): Claim {
  return {
    file,
    async attempt(signal) {
      try {
        if (await tryLock(true)) return "held";
      } catch {
        return "unsupported";
      }
      using over = pause(signal);
      await over.promise;
      return "busy";
    },
    [Symbol.dispose]: () => file.close(),
  };
}

/**
 * A thread costs as much as the rest of a start, and a hundred processes may be in line. While there is a draft somebody is at work, and
 * what they write is what most of the others wait for: so the thread comes a little later.
 */
async function claimInThread(lockPath: string, file: Deno.FsFile): Promise<Claim> {
  const looked = await file.stat();
  const patience = performance.now() + PATIENCE;
  let thread: LockThread | undefined;
  return {
    file,
    async attempt(signal) {
      if (thread === undefined && (performance.now() >= patience || !await isThere(draftOf(lockPath)))) {
        thread = lockInThread(lockPath, looked);
      }
      using over = pause(signal);
      const busy = over.promise.then(() => "busy" as const);
      return await (thread === undefined ? busy : Promise.race([thread.state, busy]));
    },
    [Symbol.dispose]() {
      thread?.[Symbol.dispose]();
      file.close();
    },
  };
}

function draftOf(lockPath: string): string {
  return lockPath.replace(/\.lock$/, ".tmp");
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

/** Opens it without ever following or emptying what somebody else has put in its place. */
async function openLockFile(path: string): Promise<Deno.FsFile> {
  try {
    for (;;) {
      const file = await openExisting(path) ?? await create(path);
      if (file !== undefined) return file;
    }
  } catch (error) {
    if (error instanceof FiefError) throw error;
    throw new FiefError(
      "credentials_unwritable",
      `Cannot make the lock "${path}": ${reasonOf(error)}`,
      "Check that the directory is there, who owns it, and that there is space",
      { cause: error },
    );
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
  }
  await makeDirectory(dirname(path));
  try {
    return await open();
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return undefined;
    throw error;
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
    return undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Only where it is not there: a directory that we make is nobody else's business, one that we find is not ours to change. */
async function makeDirectory(directory: string): Promise<void> {
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

/** Whether the open file is the one that has this name, itself and not through a link. */
async function isStill(path: string, file: Deno.FsFile): Promise<boolean> {
  const opened = await file.stat();
  const named = await Deno.lstat(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  });
  if (named === undefined || !named.isFile) return false;
  // Windows numbers no open files, and making links there takes a right of its own.
  return Deno.build.os === "windows" || (named.ino === opened.ino && named.dev === opened.dev);
}

/** A short while, which a signal ends early. Disposing of it lets go of its timer. */
function pause(signal: AbortSignal | undefined): { promise: Promise<void> } & Disposable {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = () => reject(signal?.reason);
  const timer = setTimeout(resolve, PAUSE);
  signal?.addEventListener("abort", abort, { once: true });
  return {
    promise,
    [Symbol.dispose]() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    },
  };
}
