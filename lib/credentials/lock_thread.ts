/** A lock that is waited for, and then held, in a thread of its own. Disposing of it gives it back or ends the wait. */
export interface LockThread extends Disposable {
  /** Settles once: `exchanged` where the path no longer names that file. */
  readonly state: Promise<LockState>;
}

type LockState = "held" | "unsupported" | "exchanged";

/** Those of this process who want a lock, by its path: when the last of them is done. One thread at a time is enough. */
const lines = new Map<string, Promise<void>>();

/**
 * Waits for a lock where the runtime can do nothing else (`FsFile.tryLock` came with Deno 2.7).
 *
 * In the thread of the program a wait cannot be taken back: it keeps the process alive for as long as the other one holds the lock, and
 * thirty of them leave no thread to the one who holds it, in the same process, for its own files. A thread can be ended.
 *
 * @param path Path of the lock file, which is there.
 * @param expected The file that was looked at: the thread opens it by name again.
 */
export function lockInThread(path: string, expected: Pick<Deno.FileInfo, "dev" | "ino">): LockThread {
  const state = Promise.withResolvers<LockState>();
  const done = Promise.withResolvers<void>();
  let thread: Worker | undefined;
  let ended = false;
  const before = lines.get(path) ?? Promise.resolve();
  const line = before.then(() => done.promise);
  lines.set(path, line);
  line.then(() => lines.get(path) === line && lines.delete(path));
  before.then(() => {
    if (ended) return;
    thread = new Worker(`data:text/javascript,${encodeURIComponent(PROGRAM)}`, { type: "module" });
    thread.onmessage = ({ data }) => state.resolve(data);
    thread.postMessage({ path, dev: expected.dev, ino: expected.ino });
  });
  return {
    state: state.promise,
    [Symbol.dispose]() {
      ended = true;
      thread?.terminate();
      done.resolve();
    },
  };
}

/** Inside a data URL: a module of its own would need permission to be read. It has the permissions of the program. */
const PROGRAM = `
self.onmessage = ({ data: { path, dev, ino } }) => {
  let file;
  try {
    file = Deno.openSync(path, { write: true });
  } catch {
    return self.postMessage("exchanged");
  }
  const opened = file.statSync();
  if (opened.dev !== dev || opened.ino !== ino) return self.postMessage("exchanged");
  try {
    file.lockSync(true);
  } catch {
    return self.postMessage("unsupported");
  }
  self.held = file; // for as long as the thread lives
  self.postMessage("held");
};`;
