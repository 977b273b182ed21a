// Real file systems that refuse to write, each in a mount namespace of its own: what is mounted is gone with it.
import { assert, assertEquals, assertFalse, assertRejects, assertStringIncludes } from "@std/assert";
import { changeCredentials } from "../../lib/credentials/change.ts";
import { Draft } from "../../lib/credentials/draft.ts";
import { FiefError } from "../../lib/errors.ts";
import { run, writeProgram } from "../support/child.ts";
import { temporaryDirectory } from "../support/directory.ts";

const OLD = '{"userinfo":{"sub":"old"},"tokens":null}\n';
const NEW = `${JSON.stringify({ userinfo: { sub: "new" }, tokens: null }, null, 2)}\n`;

const SAVE = `
  import { changeCredentials } from "lib/credentials/change.ts";
  const [path, length] = Deno.args;
  await changeCredentials(path, {}, { onNotice: console.log }, async ({ prepare, save }) => {
    await prepare();
    console.log("sent");
    const filler = length === undefined ? {} : { filler: "x".repeat(Number(length)) };
    await save({ userinfo: { sub: "new" }, tokens: null, ...filler });
  }).then(() => console.log("saved"), ({ code, message }) => console.log(code, message));`;

const asRoot = Deno.build.os === "linux" && Deno.uid() === 0;
const mayMount = asRoot && new Deno.Command("unshare", { args: ["-m", "true"] }).outputSync().success;

async function withFile(work: (path: string, directory: string) => Promise<void>): Promise<void> {
  await using directory = await temporaryDirectory();
  await Deno.mkdir(`${directory.path}/d`);
  const path = `${directory.path}/d/c.json`;
  await Deno.writeTextFile(path, OLD, { mode: 0o600 });
  await work(path, directory.path);
}

/** Mounts, then saves, then looks: `$SAVE PATH [LENGTH]` in the script is a process that saves. */
async function unshared(directory: string, script: string, program = SAVE): Promise<string> {
  const save = await writeProgram(directory, program, ["--allow-read", "--allow-write"]);
  const { stdout, stderr } = await run([
    "unshare",
    "-m",
    "sh",
    "-ec",
    script.replaceAll("$SAVE", () => save.map(quoted).join(" ")),
  ]);
  assertEquals(stderr, "");
  return stdout;
}

function names(directory: string): string[] {
  return [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
}

Deno.test({
  name: "Draft sends nothing and keeps the session when the disk is full",
  ignore: !mayMount,
  fn: () =>
    withFile(async (path, directory) => {
      const output = await unshared(
        directory,
        `mount -t tmpfs -o size=64k tmpfs ${directory}/d
         printf '%s' '${OLD}' > ${path}
         $SAVE ${path}
         cat ${path}; ls ${directory}/d`,
      );
      assertEquals(
        output,
        `credentials_unwritable Cannot write the credentials file "${path}": the disk is full\n${OLD}c.json\nc.json.lock\n`,
      );
    }),
});

Deno.test({
  name: "Draft sends nothing and keeps the session when the file system is read-only",
  ignore: !mayMount,
  fn: () =>
    withFile(async (path, directory) => {
      const output = await unshared(
        directory,
        `mount --bind ${directory}/d ${directory}/d; mount -o remount,bind,ro ${directory}/d; $SAVE ${path}`,
      );
      assertEquals(
        output,
        `credentials_unwritable Cannot make the lock "${path}.lock": the file system is read-only\n`,
      );
      assertEquals(await Deno.readTextFile(path), OLD);
    }),
});

for (const [name, before] of [["longer", OLD.replace("old", "o".repeat(500))], ["shorter", "{}"]] as const) {
  Deno.test({
    name: `Draft writes in place when the file is mounted by itself and the old version is ${name}`,
    ignore: !mayMount,
    fn: () =>
      withFile(async (path, directory) => {
        const outside = `${directory}/outside.json`;
        await Deno.writeTextFile(outside, before, { mode: 0o644 });
        const inode = (await Deno.stat(outside)).ino;
        const output = await unshared(directory, `mount --bind ${outside} ${path}; $SAVE ${path}`);
        assertEquals(
          output,
          `sent\nThe credentials file "${path}" could be read by others: now only you can\nsaved\n`,
        );
        assertEquals(await Deno.readTextFile(outside), NEW);
        const { ino, mode } = await Deno.stat(outside);
        assertEquals([ino, mode! & 0o777], [inode, 0o600]);
        assertEquals(names(`${directory}/d`), ["c.json", "c.json.lock"]);
      }),
  });
}

Deno.test({
  name: "Draft keeps the old version whole when it is mounted by itself and its disk is full",
  ignore: !mayMount,
  fn: () =>
    withFile(async (path, directory) => {
      await Deno.mkdir(`${directory}/disk`);
      const output = await unshared(
        directory,
        `mount -t tmpfs -o size=64k tmpfs ${directory}/disk
         printf '%s' '${OLD}' > ${directory}/disk/outside.json; chmod 600 ${directory}/disk/outside.json
         head -c 100000 /dev/zero > ${directory}/disk/filler 2> ${directory}/full || true
         mount --bind ${directory}/disk/outside.json ${path}
         $SAVE ${path} 50000
         cat ${path}; ls ${directory}/d`,
      );
      assertStringIncludes(output, "sent\ncredentials_unwritable");
      assertStringIncludes(output, "the disk is full\n");
      const [, kept] = output.split("the disk is full\n");
      assertEquals(JSON.parse(kept!.slice(0, kept!.indexOf("c.json"))), JSON.parse(OLD)); // spaces behind it do no harm
      assertFalse(output.includes("c.json.tmp"));
    }),
});

Deno.test({
  name: "Draft tells that others can still read the file when its file system keeps no modes",
  ignore: !mayMount,
  fn: () =>
    withFile(async (path, directory) => {
      await Deno.writeTextFile(`${directory}/outside.json`, OLD, { mode: 0o644 });
      const output = await unshared(
        directory,
        `mount --bind ${directory}/outside.json ${path}; $SAVE ${path}`,
        // No such file system is at hand.
        `Deno.chmod = () => Promise.reject(new Error("Operation not permitted (os error 1)")); ${SAVE}`,
      );
      const line =
        `The credentials file "${path}" could be read by others: this file system does not let us change that`;
      assertEquals(output, `sent\n${line}\nsaved\n`);
      assertEquals(await Deno.readTextFile(`${directory}/outside.json`), NEW);
    }),
});

Deno.test({
  name: "Draft refuses a file that belongs to somebody else, and leaves nothing behind",
  ignore: !asRoot,
  fn: () =>
    withFile(async (path, directory) => {
      await Deno.chown(path, 65534, 65534);
      const saving = changeCredentials(path, {}, {}, async ({ prepare }) => {
        await prepare();
        throw new Error("sent");
      });
      const error = await assertRejects(() => saving, FiefError, "belongs to another user");
      assertEquals(error.code, "credentials_unwritable");
      assertEquals(await Deno.readTextFile(path), OLD);
      assertEquals(names(`${directory}/d`), ["c.json", "c.json.lock"]);
    }),
});

Deno.test({
  name: "Draft sends nothing when the directory may not be written to",
  ignore: !asRoot,
  fn: () =>
    withFile(async (path, directory) => {
      // What the other user needs: to reach the file, and a cache of their own for Deno.
      await Deno.chmod(directory, 0o755);
      await Deno.mkdir(`${directory}/cache`);
      await Deno.chown(`${directory}/cache`, 65534, 65534);
      await Deno.chmod(`${directory}/d`, 0o755);
      await Deno.chown(path, 65534, 65534);
      const save = await writeProgram(directory, SAVE, ["--allow-read", "--allow-write"]);
      const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env"];
      const { stdout } = await run([...nobody, `DENO_DIR=${directory}/cache`, ...save, path]);
      assertEquals(stdout, `credentials_unwritable Cannot make the lock "${path}.lock": access is denied\n`);
    }),
});

Deno.test("Draft leaves nothing behind when the new file cannot take the place of the old one", () =>
  withFile(async (path, directory) => {
    await using draft = new Draft(path, () => {});
    await draft.open();
    await Deno.remove(path);
    await Deno.mkdir(path);
    const error = await assertRejects(() => draft.publish(NEW), FiefError, "it is a directory");
    assertEquals(error.code, "credentials_unwritable");
    assertEquals(names(`${directory}/d`), ["c.json"]);
  }));

Deno.test("Draft never follows a link that is planted at the last moment", () =>
  withFile(async (path, directory) => {
    const { remove } = Deno;
    // Between the look and the opening: a stranger who is as fast as can be.
    Deno.remove = async (name) => {
      await remove(name).catch(() => {});
      await Deno.symlink(`${directory}/victim`, name);
    };
    try {
      await using draft = new Draft(path, () => {});
      await assertRejects(() => draft.open(), FiefError);
    } finally {
      Deno.remove = remove;
    }
    assertFalse(names(directory).includes("victim"));
  }));

Deno.test("Draft has room for the largest session before anything is sent, for the user alone", () =>
  withFile(async (path) => {
    await using draft = new Draft(path, () => {});
    await draft.open();
    const { size, mode } = await Deno.stat(`${path}.tmp`);
    assert(size >= 64 * 1024);
    assertEquals(mode! & 0o777, 0o600);
  }));

/** A word of a shell script, whatever is in it. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
