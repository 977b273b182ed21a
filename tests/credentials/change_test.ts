import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { changeCredentials } from "../../lib/credentials/change.ts";
import type { Credentials } from "../../lib/credentials/format.ts";
import { readCredentials } from "../../lib/credentials/read.ts";
import { FiefError } from "../../lib/errors.ts";
import { temporaryDirectory } from "../support/directory.ts";

const OLD: Credentials = { userinfo: { sub: "old" }, tokens: null };
const NEW: Credentials = { userinfo: { sub: "new" }, tokens: null, editor: "kept" };

async function withFile(
  work: (path: string, directory: string) => Promise<void>,
  text: string | undefined = JSON.stringify(OLD),
): Promise<void> {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/credentials.json`;
  if (text !== undefined) await Deno.writeTextFile(path, text, { mode: 0o600 });
  await work(path, directory.path);
}

function save(path: string, next = NEW, notices: string[] = []): Promise<void> {
  return changeCredentials(path, {}, { onNotice: (line) => notices.push(line) }, async ({ prepare, save }) => {
    await prepare();
    await save(next);
  });
}

function names(directory: string): string[] {
  return [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
}

Deno.test("changeCredentials() makes file and directory for the user alone when there are none", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/a/b/credentials.json`;
  await save(path);
  assertEquals(await readCredentials(path), NEW);
  const modes = [path, `${path}.lock`, `${directory.path}/a/b`, `${directory.path}/a`].map((name) =>
    Deno.statSync(name).mode! & 0o777
  );
  assertEquals(modes, [0o600, 0o600, 0o700, 0o700]);
});

Deno.test("changeCredentials() changes no mode of a directory that it finds", () =>
  withFile(async (path, directory) => {
    await Deno.chmod(directory, 0o755);
    await save(path);
    assertEquals(Deno.statSync(directory).mode! & 0o777, 0o755);
  }));

Deno.test("changeCredentials() replaces the file and leaves nothing but the lock behind", () =>
  withFile(async (path, directory) => {
    const before = Deno.statSync(path).ino;
    await save(path);
    assert(Deno.statSync(path).ino !== before, "written in place");
    assertEquals(await readCredentials(path), NEW);
    assertEquals(names(directory), ["credentials.json", "credentials.json.lock"]);
  }));

Deno.test("changeCredentials() gives what the file says, under the lock", () =>
  withFile(async (path) => {
    assertEquals(await changeCredentials(path, {}, {}, ({ current }) => Promise.resolve(current)), OLD);
  }));

Deno.test("changeCredentials() keeps the old file and no draft when the change fails after prepare()", () =>
  withFile(async (path, directory) => {
    const failing = changeCredentials(path, {}, {}, async ({ prepare }) => {
      await prepare();
      assertEquals(names(directory), ["credentials.json", "credentials.json.lock", "credentials.json.tmp"]);
      throw new Error("the server failed");
    });
    await assertRejects(() => failing, Error, "the server failed");
    assertEquals(await readCredentials(path), OLD);
    assertEquals(names(directory), ["credentials.json", "credentials.json.lock"]);
  }));

Deno.test("changeCredentials() changes nothing when enough() is content with what the file says", () =>
  withFile(async (path) => {
    const sub = await changeCredentials(
      path,
      {},
      { enough: (current) => current?.userinfo?.sub },
      () => Promise.reject(new Error("changed")),
    );
    assertEquals(sub, "old");
  }));

Deno.test("changeCredentials() lets ten callers in one after the other", () =>
  withFile(async (path) => {
    let inside = 0;
    const order: number[] = [];
    await Promise.all(Array.from({ length: 10 }, (_, caller) =>
      changeCredentials(path, {}, {}, async ({ current, save }) => {
        assertEquals(++inside, 1);
        order.push(caller);
        await save({ ...current!, count: Number(current!["count"] ?? 0) + 1 });
        inside--;
      })));
    assertEquals([order.length, (await readCredentials(path))?.["count"]], [10, 10]);
  }));

Deno.test("changeCredentials() lets go of the wait when a sibling has written what is enough", () =>
  withFile(async (path) => {
    const entered = Promise.withResolvers<void>();
    const leave = Promise.withResolvers<void>();
    const sibling = changeCredentials(path, {}, {}, async ({ save }) => {
      entered.resolve();
      await save(NEW);
      await leave.promise; // it holds the lock on and on
    });
    await entered.promise;
    const enough = (current: Credentials | undefined) => current?.userinfo?.sub === "new" ? "adopted" : undefined;
    assertEquals(await changeCredentials(path, {}, { enough }, () => Promise.resolve("changed")), "adopted");
    leave.resolve();
    await sibling;
  }));

Deno.test("changeCredentials() rejects with credentials_locked when a stranger holds the lock", () =>
  withFile(async (path) => {
    using stranger = await Deno.open(`${path}.lock`, { write: true, create: true });
    await stranger.lock(true);
    const error = await assertRejects(
      () => changeCredentials(path, {}, { timeout: 120 }, () => Promise.resolve()),
      FiefError,
    );
    assertEquals([error.code, error.exitStatus], ["credentials_locked", 6]);
    assertEquals(await readCredentials(path), OLD);
  }));

Deno.test("changeCredentials() ends its wait when the signal says so", () =>
  withFile(async (path) => {
    using stranger = await Deno.open(`${path}.lock`, { write: true, create: true });
    await stranger.lock(true);
    const controller = new AbortController();
    const waiting = changeCredentials(path, {}, { signal: controller.signal }, () => Promise.resolve());
    controller.abort(new Error("enough"));
    await assertRejects(() => waiting, Error, "enough");
  }));

Deno.test("changeCredentials() gives the lock back when the change fails", () =>
  withFile(async (path) => {
    await assertRejects(
      () => changeCredentials(path, {}, {}, () => Promise.reject(new Error("failed"))),
      Error,
      "failed",
    );
    assertEquals(await changeCredentials(path, {}, { timeout: 1000 }, () => Promise.resolve("in")), "in");
  }));

Deno.test("changeCredentials() finds the lock free when its holder was killed", () =>
  withFile(async (path) => {
    const program = `using f = await Deno.open(${
      JSON.stringify(`${path}.lock`)
    }, { write: true, create: true }); await f.lock(true); console.log("held"); await new Promise(() => setInterval(() => {}, 1000));`;
    const args = ["eval", "--no-config", program];
    const child = new Deno.Command(Deno.execPath(), { args, stdout: "piped", stderr: "null" }).spawn();
    const reader = child.stdout.getReader();
    assertStringIncludes(new TextDecoder().decode((await reader.read()).value), "held");
    await assertRejects(() => changeCredentials(path, {}, { timeout: 0 }, () => Promise.resolve()), FiefError);
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
    assertEquals(await changeCredentials(path, {}, { timeout: 5000 }, () => Promise.resolve("in")), "in");
  }));

Deno.test("changeCredentials() removes the draft of a process that died", () =>
  withFile(async (path, directory) => {
    await Deno.writeTextFile(`${path}.tmp`, "half of a sess");
    await save(path);
    assertEquals(await readCredentials(path), NEW);
    assertEquals(names(directory), ["credentials.json", "credentials.json.lock"]);
  }));

Deno.test("changeCredentials() keeps a symbolic link and changes what it points to", () =>
  withFile(async (path, directory) => {
    await Deno.mkdir(`${directory}/elsewhere`);
    await Deno.rename(path, `${directory}/elsewhere/real.json`);
    await Deno.symlink("elsewhere/real.json", path);
    await save(path);
    assertEquals(Deno.readLinkSync(path), "elsewhere/real.json");
    assertEquals(await readCredentials(`${directory}/elsewhere/real.json`), NEW);
    assertEquals(names(`${directory}/elsewhere`), ["real.json", "real.json.lock"]);
  }));

Deno.test("changeCredentials() makes the file that a dangling link points to", () =>
  withFile(async (path, directory) => {
    await Deno.remove(path);
    await Deno.symlink(`${directory}/later.json`, path);
    await save(path);
    assertEquals(await readCredentials(`${directory}/later.json`), NEW);
  }));

Deno.test("changeCredentials() rejects when links lead in a circle", () =>
  withFile(async (path, directory) => {
    await Deno.remove(path);
    await Deno.symlink(`${directory}/b`, path);
    await Deno.symlink(path, `${directory}/b`);
    assertEquals((await assertRejects(() => save(path), FiefError)).code, "credentials_unreadable");
  }));

Deno.test("changeCredentials() replaces one name of a hard link and leaves the other", () =>
  withFile(async (path, directory) => {
    await Deno.link(path, `${directory}/other`);
    await save(path);
    assertEquals((await readCredentials(`${directory}/other`))?.userinfo?.sub, "old");
  }));

for (const ending of ["lock", "tmp"]) {
  Deno.test(`changeCredentials() neither follows nor empties a link that was planted at .${ending}`, () =>
    withFile(async (path, directory) => {
      await Deno.writeTextFile(`${directory}/victim`, "precious");
      await Deno.symlink(`${directory}/victim`, `${path}.${ending}`);
      if (ending === "lock") {
        assertEquals((await assertRejects(() => save(path), FiefError)).code, "credentials_unwritable");
      } else await save(path);
      assertEquals(await Deno.readTextFile(`${directory}/victim`), "precious");
    }));
}

Deno.test("changeCredentials() never makes what a dangling link planted at .lock points to", () =>
  withFile(async (path, directory) => {
    await Deno.symlink(`${directory}/made`, `${path}.lock`);
    assertEquals((await assertRejects(() => save(path), FiefError)).code, "credentials_unwritable");
    assertEquals(names(directory).includes("made"), false);
  }));

Deno.test("changeCredentials() never empties a lock file, whatever is in it", () =>
  withFile(async (path) => {
    await Deno.writeTextFile(`${path}.lock`, "a note");
    await save(path);
    assertEquals(await Deno.readTextFile(`${path}.lock`), "a note");
  }));

Deno.test("changeCredentials() goes on with the lock file that is there when ours was removed while we waited", () =>
  withFile(async (path) => {
    const holder = await Deno.open(`${path}.lock`, { write: true, create: true });
    await holder.lock(true);
    const waiting = changeCredentials(
      path,
      {},
      { timeout: 5_000 },
      ({ current }) => Promise.resolve(current?.userinfo?.sub),
    );
    await Deno.remove(`${path}.lock`);
    holder.close();
    assertEquals(await waiting, "old");
  }));

Deno.test("changeCredentials() tells that others could read the file, once, and sees to it that they no longer can", () =>
  withFile(async (path) => {
    await Deno.chmod(path, 0o644);
    const notices: string[] = [];
    await save(path, NEW, notices);
    await save(path, NEW, notices);
    assertEquals(notices, [`The credentials file "${path}" could be read by others: now only you can`]);
    assertEquals(Deno.statSync(path).mode! & 0o777, 0o600);
  }));

for (const [name, text] of [["another program's file", '{"auths":{}}'], ["a truncated file", '{"userinfo":']]) {
  Deno.test(`changeCredentials() leaves ${name} as it is`, () =>
    withFile(async (path) => {
      assertEquals((await assertRejects(() => save(path), FiefError)).code, "credentials_invalid");
      assertEquals(await Deno.readTextFile(path), text);
    }, text));
}

Deno.test("changeCredentials() rejects when the path is a directory, or lies in a file", () =>
  withFile(async (path, directory) => {
    await Deno.mkdir(`${directory}/d`);
    assertEquals((await assertRejects(() => save(`${directory}/d`), FiefError)).code, "credentials_unreadable");
    assertEquals((await assertRejects(() => save(`${path}/c.json`), FiefError)).exitStatus, 6);
  }));
