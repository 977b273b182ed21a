// What a path may be besides a file: links of all kinds, and things that are no files.
import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { signInAt } from "../support/browser.ts";
import type { CliResult } from "../support/cli.ts";
import { accessTokenIn, AGEING, type DiskSession, EXPIRED, startDisk } from "../support/disk.ts";

const isUnix = Deno.build.os !== "windows";

for (const [name, links] of [["a link", 1], ["a chain of five links", 5]] as const) {
  Deno.test({
    name: `${name} to a file elsewhere stays: lock and draft are beside the file`,
    ignore: !isUnix,
    fn: async () => {
      await using disk = await startDisk();
      const target = `${disk.directory}/elsewhere/real.json`;
      Deno.mkdirSync(`${disk.directory}/elsewhere`);
      disk.put(EXPIRED, target);
      const paths = [...Array.from({ length: links - 1 }, (_, index) => `${disk.place}/l${index}`), disk.path];
      paths.forEach((path, index) =>
        Deno.symlinkSync(index === 0 ? "../elsewhere/real.json" : paths[index - 1]!, path)
      );
      const before = disk.names();
      let seen: string[] = [];
      disk.meanwhile = () => {
        seen = [...Deno.readDirSync(`${disk.directory}/elsewhere`)].map(({ name }) => name).sort();
      };
      const { status, stdout, stderr } = await disk.cli(["token"], {
        facts: { credentialsPath: target, credentialsLink: disk.path },
      });
      assertEquals([status, stderr, disk.refreshes()], [0, "", 1]);
      assertEquals(accessTokenIn(Deno.readTextFileSync(target)), stdout.trim());
      assertEquals([disk.names(), Deno.lstatSync(disk.path).isSymlink], [before, true]);
      assertEquals(seen, ["real.json", "real.json.lock", "real.json.tmp"]);
    },
  });
}

Deno.test({
  name: "a dangling link stays, and a sign-in makes the file that it points to",
  ignore: !isUnix,
  fn: async () => {
    await using disk = await startDisk();
    Deno.symlinkSync("later.json", disk.path);
    assertEquals((await disk.cli(["token"])).status, 3);
    const facts = { credentialsPath: `${disk.place}/later.json`, credentialsLink: disk.path };
    const server = ["--base-url", disk.provider.issuer, "--client-id", "cli"];
    const login = disk.start(["login", "--no-browser", ...server], { credentials: disk.path, facts });
    await signInAt(await login.authorizationUrl(), "bob@example.com");
    const { status, stderr } = await login.result();
    assertEquals(status, 0, stderr);
    assertEquals(disk.names(), ["c.json", "later.json", "later.json.lock"]);
    assertEquals([(await disk.cli(["token"], { facts })).status, Deno.lstatSync(disk.path).isSymlink], [0, true]);
  },
});

Deno.test({
  name: "a hard link: this name gets the new session, and the other keeps the old one, whole",
  ignore: !isUnix,
  fn: async () => {
    await using disk = await startDisk();
    disk.put(EXPIRED);
    const before = Deno.readTextFileSync(disk.path);
    Deno.linkSync(disk.path, `${disk.directory}/other.json`);
    const { status, stdout } = await disk.cli(["token"]);
    assertEquals([status, accessTokenIn(Deno.readTextFileSync(disk.path))], [0, stdout.trim()]);
    assertEquals(Deno.readTextFileSync(`${disk.directory}/other.json`), before);
  },
});

const things: [name: string, make: (path: string, directory: string) => unknown, what: string][] = [
  [
    "a FIFO that nobody writes to",
    (path) => new Deno.Command("mkfifo", { args: [path] }).outputSync(),
    "it is no regular file",
  ],
  ["a directory", (path) => Deno.mkdirSync(path), "it is a directory"],
  ["a device without an end", (path) => Deno.symlinkSync("/dev/zero", path), "it is no regular file"],
  ["a device without anything", (path) => Deno.symlinkSync("/dev/null", path), "it is no regular file"],
  ["a socket", (path) => Deno.listen({ transport: "unix", path }), "it is no regular file"],
  ["a file of 1 GB", (path) => {
    using file = Deno.createSync(path);
    file.truncateSync(1e9);
  }, "it is larger than 1 MB"],
  ["a link that leads in a circle", (path, directory) => {
    Deno.symlinkSync(path, `${directory}/back`);
    Deno.symlinkSync(`${directory}/back`, path);
  }, ""],
];
for (const [name, make, what] of things) {
  Deno.test({
    name: `in place of the file, ${name} is refused at once by every command, and left as it is`,
    ignore: !isUnix,
    fn: async () => {
      await using disk = await startDisk();
      using _ = disposable(make(disk.path, disk.directory));
      const { mode, size } = Deno.lstatSync(disk.path);
      // Everything is allowed: it is the CLI that refuses, not Deno.
      const facts = ["-A"];
      for (const command of ["token", "hello", "status", "logout", "login"]) {
        const args = [
          command,
          ...command === "login" ? ["--base-url", disk.provider.issuer, "--client-id", "cli", "--no-browser"] : [],
        ];
        const started = performance.now();
        const { status, stdout, stderr } = await disk.cli(args, { flags: facts });
        assertEquals([status, stdout], [6, ""], `${command}: ${stderr}`);
        assertStringIncludes(stderr, what);
        assert(performance.now() - started < 8_000, `${command} took its time`);
      }
      assertEquals([disk.refreshes(), disk.names()], [0, ["c.json"]]);
      const after = Deno.lstatSync(disk.path);
      assertEquals([after.mode, after.size], [mode, size]);
    },
  });
}

/** `token` on an expired session, and something that happens to its file while the refresh is under way. */
async function refreshWhile(change: (disk: DiskSession) => void): Promise<{ disk: DiskSession; result: CliResult }> {
  const disk = await startDisk();
  disk.put(EXPIRED);
  disk.meanwhile = () => change(disk);
  const result = await disk.cli(["token"]);
  disk.meanwhile = undefined;
  return { disk, result };
}

Deno.test("a directory that is removed during a refresh: the new token serves this run, and one line says that it is all", async () => {
  const { disk, result } = await refreshWhile(({ place }) => Deno.removeSync(place, { recursive: true }));
  await using _ = disk;
  assertEquals([result.status, disk.refreshes()], [0, 1]);
  assertNotEquals(result.stdout.trim(), disk.token);
  assertEquals(result.stderr.trimEnd().split("\n").length, 1, result.stderr);
  assertStringIncludes(result.stderr, "Another program has changed the credentials file during the refresh");
  assertEquals((await disk.cli(["token"])).status, 3);
});

Deno.test("another program's sign-in during a refresh stays, and this run goes on as the user it began with", async () => {
  const theirs = JSON.stringify({
    userinfo: { sub: "bob", email: "bob@example.com" },
    tokens: { access_token: "theirs", token_type: "bearer", expires_in: 60, refresh_token: "theirs" },
  });
  const { disk, result } = await refreshWhile(({ path, provider }) => {
    const record = {
      version: 1,
      base_url: provider.issuer,
      client_id: "cli",
      expires_at: Math.floor(Date.now() / 1000) + 60,
    };
    Deno.writeTextFileSync(path, JSON.stringify({ ...JSON.parse(theirs), fief_auth: record }));
  });
  await using _ = disk;
  assertEquals([result.status, disk.refreshes(), result.stderr.trimEnd().split("\n").length], [0, 1, 1]);
  assert(result.stdout !== "theirs\n" && result.stdout !== `${disk.token}\n`);
  assertStringIncludes(result.stderr, "Another program has changed the credentials file during the refresh: it stays");
  assertEquals(accessTokenIn(Deno.readTextFileSync(disk.path)), "theirs");
  assertEquals((await disk.cli(["hello"])).stdout, "Hello, bob@example.com\n");
});

Deno.test("whoever removes the file during a refresh is signed out, and stays so", async () => {
  const { disk, result } = await refreshWhile(({ path }) => Deno.removeSync(path));
  await using _ = disk;
  assertEquals([result.status, disk.refreshes()], [0, 1]);
  assertEquals(disk.names(), ["c.json.lock"]);
  assertEquals((await disk.cli(["token"])).status, 3);
});

Deno.test("the Python client that writes the same session during a refresh does not cost the new tokens", async () => {
  const { disk, result } = await refreshWhile(({ path }) => {
    const { fief_auth: _, ...theirs } = JSON.parse(Deno.readTextFileSync(path));
    Deno.writeTextFileSync(path, JSON.stringify(theirs));
  });
  await using _ = disk;
  assertEquals([result.status, result.stderr, disk.refreshes()], [0, "", 1]);
  assertEquals(accessTokenIn(Deno.readTextFileSync(disk.path)), result.stdout.trim());
  assertEquals((await disk.cli(["token"])).stdout, result.stdout);
});

Deno.test("half a file that somebody leaves during a refresh is replaced by the whole session", async () => {
  const { disk, result } = await refreshWhile(({ path }) => Deno.writeTextFileSync(path, '{"userinfo": {"su'));
  await using _ = disk;
  assertEquals([result.status, result.stderr], [0, ""]);
  assertEquals(accessTokenIn(Deno.readTextFileSync(disk.path)), result.stdout.trim());
});

Deno.test("a token that is about to end is given where the file's lock has become a directory", async () => {
  await using disk = await startDisk();
  disk.put(AGEING);
  Deno.mkdirSync(`${disk.path}.lock`);
  assertEquals(await disk.cli(["token"]), { status: 0, stdout: `${disk.token}\n`, stderr: "" });
  disk.put(EXPIRED);
  const { status, stderr } = await disk.cli(["token"]);
  assertEquals([status, disk.refreshes()], [6, 0]);
  assertStringIncludes(stderr, "is no regular file");
});

function disposable(value: unknown): Disposable {
  return { [Symbol.dispose]: () => (value as Partial<Deno.Listener> | undefined)?.close?.() };
}
