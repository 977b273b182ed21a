// `doctor` on the credentials file, its directory and its lock, each beside a real `login` in the same circumstances.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { BINARY } from "../support/cli.ts";
import { MAY_MOUNT, MODES_COUNT, mounted, WITHOUT_RIGHTS } from "../support/circumstances.ts";
import { Running, writeProgram } from "../support/child.ts";
import { assertCheck, assertSameEnd, startDoctorScene } from "../support/doctor.ts";

const isLinux = Deno.build.os === "linux";

const files: [name: string, make: (path: string) => void, found: string][] = [
  ["is no JSON", (path) => Deno.writeTextFileSync(path, '{"tokens": '), "no JSON, or cut off"],
  ["is of another program", (path) => Deno.writeTextFileSync(path, '{"a": 1}'), "the file of another program"],
  ["is a directory", (path) => Deno.mkdirSync(path), "it is a directory"],
  ["is a link in a circle", (path) => Deno.symlinkSync(path, path), "leads in a circle"],
];
for (const [name, make, found] of files) {
  Deno.test(`doctor says what login says where the credentials file ${name}`, async () => {
    await using scene = await startDoctorScene();
    make(scene.credentials);
    const diagnosed = await scene.doctor();
    const login = await scene.login();
    assertEquals([diagnosed.status, login.status], [6, 6], login.stderr);
    const check = assertCheck(diagnosed, "file", "failed", found);
    assertStringIncludes(login.stderr, check.found.slice(0, 20));
    if (name === "is no JSON") {
      // Where nothing else names the server, the file is asked for it.
      const env = { FIEF_BASE_URL: "", FIEF_CLIENT_ID: "" };
      const { runCli } = await import("../support/cli.ts");
      const unnamed = await runCli(["doctor", "--json"], { credentials: scene.credentials, env });
      const refused = await runCli(["login"], { credentials: scene.credentials, env });
      assertEquals([unnamed.status, refused.status], [6, 6]);
      assertStringIncludes(unnamed.stdout, "they may be in the credentials file, which cannot be read");
    }
  });
}

Deno.test("doctor tells who else can read the file, whose session it is, and what a link leads to", async () => {
  await using scene = await startDoctorScene();
  assertEquals((await scene.login()).status, 0);
  const real = `${scene.directory}/real.json`;
  Deno.renameSync(scene.credentials, real);
  Deno.symlinkSync(real, scene.credentials);
  if (Deno.build.os !== "windows") Deno.chmodSync(real, 0o644);
  const args = ["--client-id", "another"];
  const setup = { facts: { credentialsPath: real, credentialsLink: scene.credentials } };
  const diagnosed = await scene.doctor(args, setup);
  assertEquals(diagnosed.status, 0, diagnosed.stdout);
  assertCheck(diagnosed, "file", "ok", `a symbolic link to "${real}"`);
  assertCheck(diagnosed, "file", "ok", "anne@example.com is signed in");
  assertCheck(diagnosed, "file", "warning", 'The saved session is of client "cli"');
  if (Deno.build.os === "windows") return;
  assertCheck(diagnosed, "file", "warning", "mode 0644, owner ");
  assertEquals(Deno.statSync(real).mode! & 0o777, 0o644); // it only looks
});

Deno.test({
  name: "doctor ends as login does in a directory that cannot be written to, and writes to none",
  ignore: !isLinux || !MODES_COUNT,
  async fn() {
    await using scene = await startDoctorScene();
    Deno.chmodSync(scene.directory, 0o500);
    try {
      const setup = { through: WITHOUT_RIGHTS };
      const diagnosed = await scene.doctor([], setup);
      const login = await scene.login([], setup);
      assertEquals([diagnosed.status, login.status], [6, 6], diagnosed.stdout + login.stderr);
      assertCheck(diagnosed, "directory", "failed", "access is denied");
      assertEquals(diagnosed.checks.find(({ name }) => name === "lock")?.status, "skipped");
      // Nor can one be made below it.
      const below = `${scene.directory}/new/credentials.json`;
      const all = { credentials: below, ...setup, flags: ["-A"] };
      const deep = await scene.doctor([], all);
      assertEquals([deep.status, (await scene.login([], all)).status], [6, 6], deep.stdout);
    } finally {
      Deno.chmodSync(scene.directory, 0o700);
    }
    assertEquals([...Deno.readDirSync(scene.directory)], []);
  },
});

Deno.test({
  name: "doctor ends as login does at a file of another user",
  ignore: !isLinux || Deno.uid() !== 0,
  async fn() {
    await using scene = await startDoctorScene();
    Deno.writeTextFileSync(scene.credentials, "{}", { mode: 0o600 });
    Deno.chownSync(scene.credentials, 65534, 65534);
    const diagnosed = await scene.doctor();
    assertSameEnd(diagnosed, await scene.login(), 6);
    assertCheck(diagnosed, "directory", "failed", "belongs to another user");
    assertCheck(diagnosed, "file", "ok", "owner 65534");
  },
});

const mounts: [name: string, script: (path: string) => string, found: string][] = [
  ["a full disk", (path) => `mount -t tmpfs -o size=16k tmpfs ${path}`, "the disk is full"],
  [
    "a disk without inodes",
    (path) => `mount -t tmpfs -o nr_inodes=2 tmpfs ${path}; touch ${path}/other`,
    "the disk is full",
  ],
  [
    "a read-only disk",
    (path) => `mount -t tmpfs tmpfs ${path}; mount -o remount,ro ${path}`,
    "the file system is read-only",
  ],
];
for (const [name, script, found] of mounts) {
  Deno.test({
    name: `doctor ends as login does on ${name}`,
    ignore: !MAY_MOUNT,
    async fn() {
      await using scene = await startDoctorScene();
      await using place = await mounted(script(scene.directory));
      const setup = { through: place.through };
      const look = `stat -c '%a %y %z' ${scene.directory}; ls -lA --time-style=full-iso ${scene.directory}`;
      const before = await place.sh(look);
      const diagnosed = await scene.doctor([], setup);
      assertEquals(await place.sh(look), before);
      const login = await scene.login([], setup);
      assertEquals([diagnosed.status, login.status], [6, 6], diagnosed.stdout + login.stderr);
      assertCheck(diagnosed, "directory", "failed", found);
      assertStringIncludes(login.stderr, found);
    },
  });
}

Deno.test({
  name: "doctor ends with the status of login where another process holds the lock, and says which where it may look",
  ignore: !isLinux,
  async fn() {
    await using scene = await startDoctorScene();
    const lock = `${scene.credentials}.lock`;
    const holder = await writeProgram(
      scene.directory,
      `using file = Deno.openSync(${JSON.stringify(lock)}, { write: true, create: true });
       file.lockSync(true);
       console.log(Deno.pid);
       await new Response(Deno.stdin.readable).text();`,
      [`--allow-read=${lock}`, `--allow-write=${lock}`],
    );
    let pid: string | undefined;
    {
      await using held = new Running(holder);
      pid = await held.line();
      const started = performance.now();
      const [named, unnamed] = await Promise.all([scene.doctor([], { flags: ["-A"] }), scene.doctor()]);
      assert(performance.now() - started < 30_000);
      // login waits a minute, and then ends with this: tests/stress/disk_strangers_test.ts
      assertEquals([named.status, unnamed.status], [6, 6], unnamed.stdout);
      const { found } = assertCheck(named, "lock", "failed", "held the lock");
      // Deno shows what the system keeps in /proc to those who have all permissions: a binary has not.
      if (BINARY === undefined) assertMatch(found, new RegExp(`: process ${pid} \\(deno\\), which runs since \\d{4}-`));
      assertCheck(unnamed, "lock", "failed", `(who holds it: fuser ${lock})`);
    }
    const free = await scene.doctor();
    assertEquals(free.status, 0);
    assertCheck(free, "lock", "ok", "free");
  },
});

Deno.test("doctor ends as login does where something else is in the place of the lock", async () => {
  await using scene = await startDoctorScene();
  Deno.mkdirSync(`${scene.credentials}.lock`);
  const diagnosed = await scene.doctor();
  assertSameEnd(diagnosed, await scene.login(), 6);
  assertCheck(diagnosed, "lock", "failed", "is no regular file");
});
