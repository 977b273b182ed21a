// Other users of the machine: who may read, who owns, what they plant beside the file, and whoever holds the lock.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { CAN_REFUSE, MODES_COUNT, refusing, WITHOUT_RIGHTS } from "../support/circumstances.ts";
import { accessTokenIn, AGEING, type DiskSession, EXPIRED, startDisk } from "../support/disk.ts";
import { figure, LONG } from "../support/stress.ts";

const FRESH = 600;
const isUnix = Deno.build.os !== "windows";
const isRoot = Deno.build.os === "linux" && Deno.uid() === 0;
/** Somebody else. */
const STRANGER = 65534;

function modeOf(path: string): number {
  return Deno.statSync(path).mode! & 0o777;
}

for (const mode of [0o644, 0o640, 0o604, 0o666]) {
  Deno.test({
    name: `a file of mode 0${
      mode.toString(8)
    } is the user's alone after the first command that may write, and one line says so`,
    ignore: !isUnix,
    fn: async () => {
      await using disk = await startDisk();
      const line = `The credentials file "${disk.path}" could be read by others: now only you can\n`;
      for (
        const [left, args] of [
          [FRESH, ["token"]],
          [FRESH, ["token", "--min-valid", "1"]],
          [EXPIRED, ["token"]],
        ] as const
      ) {
        disk.put(left);
        Deno.chmodSync(disk.path, mode);
        for (const command of ["status", "hello"]) {
          assertEquals((await disk.cli([command])).stderr, "");
          assertEquals(modeOf(disk.path), mode, `${command} may not write`);
        }
        const first = await disk.cli([...args]);
        assertEquals([first.status, first.stderr, modeOf(disk.path)], [0, line, 0o600], args.join(" "));
        const second = await disk.cli([...args]);
        assertEquals([second.status, second.stderr], [0, ""]);
      }
      assertEquals(disk.refreshes(), 1);
    },
  });
}

Deno.test({
  name: "a file that is no credentials file keeps its mode, whoever can read it",
  ignore: !isUnix,
  fn: async () => {
    await using disk = await startDisk();
    Deno.writeTextFileSync(disk.path, "<h1>My home page</h1>", { mode: 0o644 });
    assertEquals((await disk.cli(["token"])).status, 6);
    assertEquals(modeOf(disk.path), 0o644);
  },
});

Deno.test({
  name: "a read-only file of the user's own is replaced, in a read-only directory nothing is sent",
  ignore: !MODES_COUNT,
  fn: async () => {
    await using disk = await startDisk();
    const through = WITHOUT_RIGHTS;
    disk.put(EXPIRED);
    Deno.chmodSync(disk.path, 0o400);
    const replaced = await disk.cli(["token"], { through });
    assertEquals([replaced.status, replaced.stderr, disk.refreshes(), modeOf(disk.path)], [0, "", 1, 0o600]);
    assertEquals(accessTokenIn(Deno.readTextFileSync(disk.path)), replaced.stdout.trim());

    disk.put(EXPIRED);
    const before = Deno.readTextFileSync(disk.path);
    for (const lock of ["with a lock file", "without a lock file"]) {
      if (lock === "without a lock file") Deno.removeSync(`${disk.path}.lock`);
      Deno.chmodSync(disk.place, 0o500);
      const { status, stdout, stderr } = await disk.cli(["token"], { through });
      assertEquals([status, stdout, disk.refreshes()], [6, "", 1], lock);
      assertStringIncludes(stderr, "access is denied");
      assertEquals(Deno.readTextFileSync(disk.path), before);
      Deno.chmodSync(disk.place, 0o700);
    }
    disk.put(AGEING);
    Deno.chmodSync(disk.place, 0o500);
    assertEquals(await disk.cli(["token"], { through }), { status: 0, stdout: `${disk.token}\n`, stderr: "" });
    Deno.chmodSync(disk.place, 0o700);
  },
});

for (const rights of ["as root", "as another user"] as const) {
  Deno.test({
    name: `a file that belongs to somebody else is never changed ${rights}, and nothing is sent for it`,
    ignore: !isRoot || !MODES_COUNT,
    fn: async () => {
      await using disk = await startDisk();
      disk.put(EXPIRED);
      Deno.chownSync(disk.path, STRANGER, STRANGER);
      Deno.chmodSync(disk.path, rights === "as root" ? 0o600 : 0o666);
      const before = Deno.readTextFileSync(disk.path);
      for (const command of ["token", "logout"]) {
        const { status, stderr } = await disk.cli([command], rights === "as root" ? {} : { through: WITHOUT_RIGHTS });
        assertEquals([status, disk.refreshes()], [6, 0], stderr);
        assertStringIncludes(stderr, "belongs to another user");
      }
      assertEquals([Deno.readTextFileSync(disk.path), Deno.statSync(disk.path).uid], [before, STRANGER]);
      assertEquals(disk.names(), ["c.json", "c.json.lock"]);
    },
  });
}

/** A directory for everybody, as /tmp is, that somebody else owns; and a file of the user's own that must not be harmed. */
async function inSharedDirectory(work: (disk: DiskSession, victim: string) => Promise<void>): Promise<void> {
  await using disk = await startDisk();
  disk.put(EXPIRED);
  Deno.chmodSync(disk.place, 0o1777);
  Deno.chownSync(disk.place, STRANGER, STRANGER);
  const victim = `${disk.directory}/victim`;
  Deno.writeTextFileSync(victim, "precious", { mode: 0o644 });
  const before = Deno.readTextFileSync(disk.path);
  await work(disk, victim);
  assertEquals([Deno.readTextFileSync(victim), modeOf(victim)], ["precious", 0o644]);
  if (disk.refreshes() === 0) assertEquals(Deno.readTextFileSync(disk.path), before);
}

const plants: [what: string, plant: (victim: string, at: string) => void][] = [
  ["a link", (victim, at) => Deno.symlinkSync(victim, at)],
  ["a hard link", (victim, at) => Deno.linkSync(victim, at)],
  ["a dangling link", (victim, at) => Deno.symlinkSync(`${victim}.new`, at)],
];
for (const [what, plant] of plants) {
  for (const owner of ["a stranger", "the user"] as const) {
    // Who has planted a hard link does not show: its owner is that of the file.
    if (what === "a hard link" && owner === "a stranger") continue;
    const mine = (at: string) =>
      owner === "a stranger" && new Deno.Command("chown", { args: ["-h", `${STRANGER}`, at] }).outputSync();
    Deno.test({
      name: `${what} that ${owner} has planted at .tmp in a shared directory is never followed`,
      ignore: !isRoot || !MODES_COUNT,
      fn: () =>
        inSharedDirectory(async (disk, victim) => {
          plant(victim, `${disk.path}.tmp`);
          mine(`${disk.path}.tmp`);
          const { status, stderr } = await disk.cli(["token"], { through: WITHOUT_RIGHTS });
          // In such a directory nobody removes what is somebody else's.
          assertEquals([status, disk.refreshes()], owner === "a stranger" ? [6, 0] : [0, 1], stderr);
          if (owner === "a stranger") assertStringIncludes(stderr, "access is denied");
          assert(![...Deno.readDirSync(disk.directory)].some(({ name }) => name === "victim.new"));
        }),
    });
    Deno.test({
      name: `${what} that ${owner} has planted at .lock in a shared directory is never followed nor emptied`,
      ignore: !isRoot || !MODES_COUNT,
      fn: () =>
        inSharedDirectory(async (disk, victim) => {
          plant(victim, `${disk.path}.lock`);
          mine(`${disk.path}.lock`);
          const { status, stderr } = await disk.cli(["token"], { through: WITHOUT_RIGHTS });
          // To lock a file by another of its names does it no harm.
          assertEquals([status, disk.refreshes()], what === "a hard link" ? [0, 1] : [6, 0], stderr);
          if (what !== "a hard link") assertStringIncludes(stderr, "is no regular file");
          assert(![...Deno.readDirSync(disk.directory)].some(({ name }) => name === "victim.new"));
        }),
    });
  }
}

Deno.test("a stranger who holds the lock: a token that is still good is given in time, and nothing is sent", async () => {
  await using disk = await startDisk();
  using stranger = await Deno.open(`${disk.path}.lock`, { write: true, create: true });
  await stranger.lock(true);
  disk.put(4);
  const { status, stdout, stderr } = await disk.cli(["token"]);
  assertEquals([status, stdout, stderr, disk.refreshes()], [0, `${disk.token}\n`, "", 0]);
});

if (LONG) {
  Deno.test("a stranger who holds the lock on and on: status 6 after 60 s, and nothing is sent", async () => {
    await using disk = await startDisk();
    using stranger = await Deno.open(`${disk.path}.lock`, { write: true, create: true });
    await stranger.lock(true);
    disk.put(EXPIRED);
    const before = Deno.readTextFileSync(disk.path);
    const started = performance.now();
    const { status, stdout, stderr } = await disk.cli(["token"]);
    const seconds = (performance.now() - started) / 1000;
    figure("a stranger holds the lock: seconds until status 6", seconds.toFixed(1));
    assertEquals([status, stdout, disk.refreshes()], [6, "", 0]);
    assertStringIncludes(stderr, `Other processes have held the lock "${disk.path}.lock" for 60 s`);
    assert(seconds >= 60 && seconds < 75, `${seconds} s`);
    assertEquals(Deno.readTextFileSync(disk.path), before);
  });
}

for (const error of ["ENOLCK", "ENOTSUP"] as const) {
  Deno.test({
    name: `a file system without locks (${error}) is told of once, and the refresh goes on with the rename alone`,
    ignore: !CAN_REFUSE,
    fn: async () => {
      await using disk = await startDisk();
      disk.put(EXPIRED);
      const { status, stdout, stderr } = await disk.cli(["call-api", disk.api.origin], {
        through: refusing("flock", error),
      });
      assertEquals([status, stdout, disk.refreshes()], [0, "castles", 1]);
      assertMatch(stderr, /^This file system has no locks: [^\n]*\n$/);
      assertEquals(disk.names(), ["c.json", "c.json.lock"]);
      assert(accessTokenIn(Deno.readTextFileSync(disk.path)) !== disk.token);
    },
  });
}
