import { assertEquals, assertRejects } from "@std/assert";
import { changeCredentials } from "../../lib/credentials/change.ts";
import { readCredentials } from "../../lib/credentials/read.ts";
import { takeLock } from "../../lib/credentials/lock.ts";
import { FiefError } from "../../lib/errors.ts";
import { temporaryDirectory } from "../support/directory.ts";

type Runtime = "with tryLock" | "without tryLock, as before Deno 2.7";

const prototype = Deno.FsFile.prototype as { tryLock?: (exclusive: boolean) => Promise<boolean> };
const RUNTIMES: Runtime[] = [
  ...(prototype.tryLock === undefined ? [] : ["with tryLock" as const]),
  "without tryLock, as before Deno 2.7",
];

/** Tests of a file run one after the other: nobody else meets the method while it is gone. */
async function on(runtime: Runtime, work: (path: string) => Promise<void>): Promise<void> {
  const { tryLock } = prototype;
  await using directory = await temporaryDirectory();
  try {
    if (runtime !== "with tryLock") delete prototype.tryLock;
    await work(`${directory.path}/c.json`);
  } finally {
    if (tryLock !== undefined) prototype.tryLock = tryLock;
  }
}

const OPTIONS = { timeout: 60_000, meanwhile: () => Promise.resolve(undefined) };

async function lock(path: string) {
  const taken = await takeLock<never>(path, OPTIONS);
  if ("value" in taken) throw new Error("expected a lock");
  return taken.lock;
}

async function holdAsStranger(path: string): Promise<Deno.FsFile> {
  const stranger = await Deno.open(`${path}.lock`, { write: true, create: true });
  await stranger.lock(true);
  return stranger;
}

for (const runtime of RUNTIMES) {
  // Threads of a run with coverage take a second each to end.
  const callers = runtime === "with tryLock" ? 40 : 10;
  Deno.test(`takeLock() lets ${callers} callers of one process in, one after the other, ${runtime}`, () =>
    on(runtime, async (path) => {
      let inside = 0;
      let done = 0;
      await Promise.all(Array.from({ length: callers }, async () => {
        using _ = await lock(path);
        assertEquals(++inside, 1);
        await Deno.writeTextFile(path, String(done)); // takes a thread, which those who wait must leave
        inside--;
        done++;
      }));
      assertEquals(done, callers);
    }));

  Deno.test(`takeLock() gets the lock after it gave up waiting for it, ${runtime}`, () =>
    on(runtime, async (path) => {
      using stranger = await holdAsStranger(path);
      const error = await assertRejects(() => takeLock(path, { ...OPTIONS, timeout: 100 }), FiefError);
      assertEquals(error.code, "credentials_locked");
      stranger.unlockSync();
      using held = await lock(path);
      assertEquals(held.exclusive, true);
    }));

  Deno.test(`takeLock() gives what meanwhile() gives while a stranger holds the lock, ${runtime}`, () =>
    on(runtime, async (path) => {
      using _stranger = await holdAsStranger(path);
      assertEquals(await takeLock(path, { ...OPTIONS, meanwhile: () => Promise.resolve("enough") }), {
        value: "enough",
      });
    }));

  Deno.test(`takeLock() excludes those who lock in the other way, ${runtime}`, () =>
    on(runtime, async (path) => {
      const held = await lock(path);
      using other = await Deno.open(`${path}.lock`, { write: true });
      let theirs = false;
      const locking = other.lock(true).then(() => theirs = true);
      await assertRejects(() => takeLock(path, { ...OPTIONS, timeout: 0 }), FiefError);
      assertEquals(theirs, false);
      held[Symbol.dispose]();
      await locking;
    }));

  Deno.test(`takeLock() takes the file that is there when another was put in its place meanwhile, ${runtime}`, () =>
    on(runtime, async (path) => {
      const stranger = await holdAsStranger(path);
      const waiting = Promise.withResolvers<undefined>();
      let taken = false;
      const taking = takeLock<never>(path, {
        ...OPTIONS,
        meanwhile: () => (waiting.resolve(undefined), waiting.promise),
      }).then((result) => (taken = true, result));
      await waiting.promise;
      await Deno.remove(`${path}.lock`);
      using newcomer = await Deno.open(`${path}.lock`, { write: true, createNew: true });
      newcomer.lockSync(true);
      stranger.close();
      await assertRejects(() => takeLock(path, { ...OPTIONS, timeout: 200 }), FiefError);
      assertEquals(taken, false, "locked a file that is gone");
      newcomer.unlockSync();
      const result = await taking;
      assertEquals("lock" in result && result.lock.exclusive, true);
      if ("lock" in result) result.lock[Symbol.dispose]();
    }));

  Deno.test(`takeLock() ends its wait when the signal says so, ${runtime}`, () =>
    on(runtime, async (path) => {
      using _stranger = await holdAsStranger(path);
      const controller = new AbortController();
      const options = { ...OPTIONS, signal: controller.signal };
      const taking = takeLock(path, options);
      controller.abort(new Error("stop"));
      await assertRejects(() => taking, Error, "stop");
      await assertRejects(() => takeLock(path, options), Error, "stop");
    }));
}

for (
  const [what, plant] of [
    ["a directory", (path: string) => Deno.mkdir(path)],
    ["a link to a directory", (path: string) => Deno.symlink("/", path)],
    ["a pipe", async (path: string) => void await new Deno.Command("mkfifo", { args: [path] }).output()],
  ] as const
) {
  Deno.test(`takeLock() refuses ${what} in place of the lock, at once`, () =>
    on("with tryLock", async (path) => {
      await plant(`${path}.lock`);
      const error = await assertRejects(() => takeLock(path, OPTIONS), FiefError, "is no regular file");
      assertEquals(error.code, "credentials_unwritable");
    }));
}

Deno.test({
  name: "changeCredentials() says once that a file system has no locks, and goes on",
  ignore: prototype.tryLock === undefined,
  fn: () =>
    on("with tryLock", async (path) => {
      const { tryLock } = prototype;
      // As Deno does on ENOLCK. No file system without locks is at hand.
      prototype.tryLock = () => Promise.reject(new Error("No locks available (os error 37)"));
      try {
        const notices: string[] = [];
        await changeCredentials(path, {}, { onNotice: (line) => notices.push(line) }, async ({ prepare, save }) => {
          await prepare();
          await save({ userinfo: { sub: "new" }, tokens: null });
        });
        assertEquals((await readCredentials(path))?.userinfo?.sub, "new");
        assertEquals(notices, [
          "This file system has no locks: programs that run at the same time may sign each other out",
        ]);
      } finally {
        prototype.tryLock = tryLock!;
      }
    }),
});
