// A file that is mounted by itself, into a container say, cannot be replaced: it is written in place.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { MAY_MOUNT, mounted } from "../support/circumstances.ts";
import { run, Running, writeProgram } from "../support/child.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { accessTokenIn, EXPIRED, startDisk } from "../support/disk.ts";
import { figure, sized } from "../support/stress.ts";

Deno.test({
  name: "a file that is mounted by itself is written in place by the real CLI, and its draft is gone afterwards",
  ignore: !MAY_MOUNT,
  fn: async () => {
    await using disk = await startDisk();
    const outside = `${disk.directory}/outside.json`;
    disk.put(EXPIRED, outside);
    Deno.writeTextFileSync(disk.path, "");
    const inode = Deno.statSync(outside).ino;
    await using mounts = await mounted(`mount --bind ${outside} ${disk.path}`);
    const { status, stdout, stderr } = await disk.cli(["token"], { through: mounts.through });
    assertEquals([status, stderr, disk.refreshes()], [0, "", 1]);
    assertEquals([accessTokenIn(Deno.readTextFileSync(outside)), Deno.statSync(outside).ino], [stdout.trim(), inode]);
    assertEquals((await disk.cli(["token"], { through: mounts.through })).stdout, stdout);
    assertEquals(disk.names(), ["c.json", "c.json.lock"]);
  },
});

Deno.test({
  name: "nothing is sent when a file that is mounted by itself is read-only, and the session lives",
  ignore: !MAY_MOUNT,
  fn: async () => {
    await using disk = await startDisk();
    const outside = `${disk.directory}/outside.json`;
    disk.put(EXPIRED, outside);
    const before = Deno.readTextFileSync(outside);
    Deno.writeTextFileSync(disk.path, "");
    await using mounts = await mounted(
      `mount --bind ${outside} ${disk.path}; mount -o remount,bind,ro ${disk.path}`,
    );
    const { status, stdout, stderr } = await disk.cli(["token"], { through: mounts.through });
    assertEquals([status, stdout, disk.refreshes(), Deno.readTextFileSync(outside)], [6, "", 0, before]);
    assertStringIncludes(stderr, "the file system is read-only");
  },
});

/** A version of several pages: half of it is not a quarter of a page. */
const version = (sub: string) => `{ userinfo: { sub: "${sub}" }, tokens: null, filler: "${sub}".repeat(3_000) }`;
/** Prints whose the session is, where it is whole. */
const WHOLE = `(({ userinfo: { sub }, filler }) => console.log(filler === sub.repeat(3_000) ? sub : "mixed"))`;

/** Saves a version, and dies when so many writes or syncs were done; before that it does half of the last write. */
const DYING = `
  import { changeCredentials } from "lib/credentials/change.ts";
  const [path, steps] = Deno.args;
  let left = Number(steps);
  const { write, sync, syncData } = Deno.FsFile.prototype;
  Deno.FsFile.prototype.write = async function (data) {
    if (left-- === 0) await write.call(this, data.subarray(0, data.length >> 1)), Deno.exit(9);
    return await write.call(this, data);
  };
  for (const [name, step] of Object.entries({ sync, syncData })) {
    Deno.FsFile.prototype[name] = async function () {
      if (left-- === 0) Deno.exit(9);
      await step.call(this);
    };
  }
  const { rename } = Deno;
  Deno.rename = async (from, to) => {
    if (left-- === 0) Deno.exit(9);
    await rename(from, to);
  };
  await changeCredentials(path, {}, {}, ({ save }) => save(${version("new")}));
  console.log("saved");`;

/** Makes room for a change, and dies. */
const PREPARING = `
  import { changeCredentials } from "lib/credentials/change.ts";
  await changeCredentials(Deno.args[0], {}, {}, async ({ prepare }) => {
    await prepare();
    Deno.exit(9);
  });`;

/** Says what the file holds, changes it, and says it again. */
const NEXT = `
  import { changeCredentials } from "lib/credentials/change.ts";
  import { readCredentials } from "lib/credentials/read.ts";
  const [path] = Deno.args;
  const whole = ${WHOLE};
  whole(await readCredentials(path));
  await changeCredentials(path, {}, {}, async ({ current, save }) => {
    whole(current);
    await save(${version("next")});
  });
  whole(await readCredentials(path));
  console.log([...Deno.readDirSync(path.replace(/[^/]*$/, ""))].map(({ name }) => name).sort().join(" "));`;

for (const isMounted of [false, true]) {
  const how = isMounted ? "writing in place" : "a change";
  Deno.test({
    name:
      `a process that dies at any step of ${how} leaves the old version or the new one, whole, for everybody who reads`,
    ignore: !MAY_MOUNT,
    fn: async () => {
      await using directory = await temporaryDirectory();
      const path = `${directory.path}/d/c.json`;
      const outside = isMounted ? `${directory.path}/outside.json` : path;
      await Deno.mkdir(`${directory.path}/d`);
      await Deno.writeTextFile(path, "");
      await Deno.writeTextFile(outside, "", { mode: 0o600 });
      await using mounts = await mounted(isMounted ? `mount --bind ${outside} ${path}` : "");
      const allow = ["--allow-read", "--allow-write"];
      const dying = [...mounts.through, ...await writeProgram(directory.path, DYING, allow), path];
      const preparing = [...mounts.through, ...await writeProgram(directory.path, PREPARING, allow), path];
      const next = [...mounts.through, ...await writeProgram(directory.path, NEXT, allow), path];
      const old = JSON.stringify({ userinfo: { sub: "old" }, tokens: null, filler: "old".repeat(3_000) });
      const outcomes: string[] = [];
      for (let steps = 0;; steps++) {
        await Deno.writeTextFile(outside, old);
        const { stdout } = await run([...dying, String(steps)]);
        assertEquals((await run(preparing)).code, 9); // the next one dies as well
        const after = await run(next);
        assertEquals(after.stderr, "", `after ${steps} steps`);
        const [read = "", locked, changed, names] = after.stdout.split("\n");
        assertEquals([locked, changed, names], [read, "next", "c.json c.json.lock"], `after ${steps} steps`);
        outcomes.push(read);
        if (stdout === "saved\n") break;
        assert(steps < 30);
      }
      figure(`steps of ${how}, and what was found after a death at each of them`, outcomes.join(" "));
      assertEquals(outcomes.filter((read) => read !== "old" && read !== "new"), []);
      assertEquals(outcomes, outcomes.toSorted().reverse(), "never back to the old one");
      const found = (version: string) => outcomes.filter((read) => read === version).length;
      assert(found("old") > 3 && found("new") > (isMounted ? 3 : 0), "it died at one step only");
    },
  });
}

Deno.test({
  name: "whoever reads while a file is written in place, or after its writer was killed, meets a whole version",
  ignore: !MAY_MOUNT,
  fn: async () => {
    await using directory = await temporaryDirectory();
    const path = `${directory.path}/d/c.json`;
    const outside = `${directory.path}/outside.json`;
    await Deno.mkdir(`${directory.path}/d`);
    await Deno.writeTextFile(path, "");
    await Deno.writeTextFile(
      outside,
      JSON.stringify({ userinfo: { sub: "a" }, tokens: null, filler: "a".repeat(3_000) }),
      {
        mode: 0o600,
      },
    );
    await using mounts = await mounted(`mount --bind ${outside} ${path}`);
    const allow = ["--allow-read", "--allow-write"];
    const writer = await writeProgram(
      directory.path,
      `
      import { changeCredentials } from "lib/credentials/change.ts";
      console.log("begun");
      for (let round = 0;; round++) {
        const sub = "abc"[round % 3];
        const next = { userinfo: { sub }, tokens: null, filler: sub.repeat(3_000) };
        await changeCredentials(Deno.args[0], {}, {}, ({ save }) => save(next));
        console.log(round);
      }`,
      allow,
    );
    const reader = await writeProgram(
      directory.path,
      `
      import { readCredentials } from "lib/credentials/read.ts";
      let over = false;
      Deno.stdin.read(new Uint8Array(1)).then(() => over = true);
      let reads = 0;
      for (; !over; reads++) {
        const { userinfo: { sub }, filler } = await readCredentials(Deno.args[0]);
        if (filler !== sub.repeat(3_000)) throw new Error("mixed");
        if (reads % 50 === 0) await new Promise((resolve) => setTimeout(resolve));
      }
      console.log(reads);`,
      allow,
    );
    await using reading = new Running([...mounts.through, ...reader, path]);
    const deaths = sized(5, 100);
    for (let death = 0; death < deaths; death++) {
      await using writing = new Running([...mounts.through, ...writer, path]);
      await writing.line();
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
      await writing.kill();
    }
    await reading.go();
    const reads = Number(await reading.line());
    assert(reads > 0, "a reader met something else than a whole version");
    figure(
      `reads of a file that is written in place by processes of which ${deaths} were killed, all of them whole`,
      reads,
    );
  },
});
