// Disks that take nothing, before a refresh and in the middle of one. The real CLI on real file systems.
import { assert, assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import { signInAt } from "../support/browser.ts";
import { runCli } from "../support/cli.ts";
import { CAN_REFUSE, MAY_MOUNT, mounted, refusing } from "../support/circumstances.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { accessTokenIn, AGEING, EXPIRED, startDisk } from "../support/disk.ts";
import { fakeMetadata, startFakeProvider } from "../support/fake_provider.ts";

const FILL = "head -c 100000000 /dev/zero > $D/filler 2> /dev/null || true";

const disks: [name: string, mount: string, spoil: string, mend: string, reason: string][] = [
  ["a full disk", "mount -t tmpfs -o size=256k tmpfs $D", FILL, "rm $D/filler", "the disk is full"],
  [
    "a disk without a free inode",
    "mount -t tmpfs -o nr_inodes=16 tmpfs $D",
    "i=0; while true > $D/n$i; do i=$((i+1)); done 2> /dev/null || true",
    "rm $D/n*",
    "the disk is full",
  ],
  [
    "a read-only mount",
    "mount -t tmpfs tmpfs $D",
    "mount -o remount,ro $D",
    "mount -o remount,rw $D",
    "the file system is read-only",
  ],
];
for (const [name, mount, spoil, mend, reason] of disks) {
  Deno.test({
    name: `on ${name} no refresh is sent, the session lives, and a token that is still good is given`,
    ignore: !MAY_MOUNT,
    fn: async () => {
      await using disk = await startDisk();
      const { path, place } = disk;
      const there = (script: string) => script.replaceAll("$D", place);
      await using mounts = await mounted(there(mount));
      const { through } = mounts;
      const put = (left: number) => mounts.sh(`umask 077; cat > ${path} << 'END'\n${disk.text(left)}\nEND`);
      await put(EXPIRED);
      await mounts.sh(there(spoil));
      const before = await mounts.sh(`cat ${path}`);

      for (const args of [["token"], ["call-api", disk.api.origin], ["logout"]]) {
        const { status, stdout, stderr } = await disk.cli(args, { through });
        assertEquals([status, stdout], [6, ""], stderr);
        assertStringIncludes(stderr, reason);
        assertEquals(stderr.trimEnd().split("\n").length, 2, stderr);
      }
      assertEquals((await disk.cli(["hello"], { through })).stdout, "Hello, anne@example.com\n");
      const login = disk.start(["login", "--no-browser"], { credentials: path, through });
      await Promise.all([
        login.untilStderr(reason),
        login.authorizationUrl().then((url) => signInAt(url, "bob@example.com")),
      ]);
      assertEquals((await login.result()).status, 6);
      assertEquals([disk.refreshes(), disk.api.requests.length], [0, 0]);
      assertEquals(await mounts.sh(`cat ${path}`), before);

      await mounts.sh(there(mend));
      await put(AGEING);
      await mounts.sh(there(spoil));
      assertEquals(await disk.cli(["token"], { through }), { status: 0, stdout: `${disk.token}\n`, stderr: "" });
      assertEquals((await disk.cli(["call-api", disk.api.origin], { through })).stdout, "castles");
      assertEquals(disk.refreshes(), 0);

      await mounts.sh(there(mend));
      await put(EXPIRED);
      const { status, stdout } = await disk.cli(["token"], { through });
      assertEquals([status, disk.refreshes()], [0, 1]);
      assertEquals(accessTokenIn(await mounts.sh(`cat ${path}`)), stdout.trim());
    },
  });
}

Deno.test({
  name: "a disk that fills up while the token request is under way still has the room that was made before",
  ignore: !MAY_MOUNT,
  fn: async () => {
    await using disk = await startDisk();
    const { path, place } = disk;
    await using mounts = await mounted(`mount -t tmpfs -o size=512k tmpfs ${place}; cp ${disk.credentials} ${path}`);
    await mounts.sh(`cat > ${path} << 'END'\n${disk.text(EXPIRED)}\nEND`);
    let free = "";
    disk.meanwhile = async () => free = await mounts.sh(`${FILL.replaceAll("$D", place)}; stat -f -c %a ${place}`);
    const { status, stdout, stderr } = await disk.cli(["token"], { through: mounts.through });
    assertEquals([status, stderr, disk.refreshes(), free], [0, "", 1, "0\n"]);
    assertNotEquals(stdout.trim(), disk.token);
    assertEquals(accessTokenIn(await mounts.sh(`cat ${path}`)), stdout.trim());
    assertEquals(await mounts.sh(`ls ${place}`), "c.json\nc.json.lock\nfiller\n");
  },
});

Deno.test({
  name:
    "a session that outgrows the room on a disk that has filled up serves this run, and one line says that it could not be kept",
  ignore: !MAY_MOUNT,
  fn: async () => {
    await using directory = await temporaryDirectory();
    const place = directory.path;
    const path = `${place}/c.json`;
    await using mounts = await mounted(`mount -t tmpfs -o size=512k tmpfs ${place}`);
    const long = "t".repeat(70_000);
    await using provider = startFakeProvider({
      metadata: (issuer) => Response.json(fakeMetadata(issuer)),
      token: async () => {
        await mounts.sh(FILL.replaceAll("$D", place));
        return Response.json({ access_token: long, token_type: "bearer", expires_in: 60, refresh_token: "r2" });
      },
    });
    const session = {
      userinfo: { sub: "anne" },
      tokens: { access_token: "old", token_type: "bearer", expires_in: 60, refresh_token: "r1" },
      fief_auth: {
        version: 1,
        base_url: provider.issuer,
        client_id: "cli",
        issuer: provider.issuer,
        token_endpoint: `${provider.issuer}/token`,
        expires_at: 1,
      },
    };
    await mounts.sh(`umask 077; cat > ${path} << 'END'\n${JSON.stringify(session)}\nEND`);
    const setup = { credentials: path, providerOrigin: provider.issuer, through: mounts.through };
    const { status, stdout, stderr } = await runCli(["token"], setup);
    assertEquals([status, stdout === `${long}\n`, provider.requests.length], [0, true, 1]);
    assertMatch(stderr, /^The session could not be kept: [^\n]*the disk is full\. [^\n]*needs a new sign-in\n$/);
    assertEquals(JSON.parse(await mounts.sh(`cat ${path}`)), session);
    assertEquals(await mounts.sh(`ls ${place}`), "c.json\nc.json.lock\nfiller\n");
  },
});

const refusals: [error: "EDQUOT" | "EIO" | "ESTALE", reason: string][] = [
  ["EDQUOT", "the quota is used up"],
  ["EIO", "the disk reports an error"],
  ["ESTALE", "the network's file system has lost sight of it"],
];
for (const [error, reason] of refusals) {
  Deno.test({
    name:
      `no refresh is sent where the system refuses the room for it with ${error}, and where it does so later the run goes on`,
    ignore: !CAN_REFUSE,
    fn: async () => {
      await using disk = await startDisk();
      disk.put(EXPIRED);
      const before = Deno.readTextFileSync(disk.path);
      // The draft's room is synced by fdatasync, its text by fsync.
      const early = await disk.cli(["token"], { through: refusing("fdatasync", error) });
      assertEquals([early.status, early.stdout, disk.refreshes()], [6, "", 0]);
      assertStringIncludes(early.stderr, reason);
      assertEquals(Deno.readTextFileSync(disk.path), before);

      const late = await disk.cli(["token"], { through: refusing("fsync", error) });
      assertEquals([late.status, disk.refreshes()], [0, 1]);
      assertNotEquals(late.stdout.trim(), disk.token);
      assertMatch(late.stderr, new RegExp(`^The session could not be kept: [^\\n]*${reason}[^\\n]*\\n$`));
      assertEquals(disk.names(), ["c.json", "c.json.lock"]);
    },
  });
}

Deno.test({
  name: "a limit on the size of files ends the program before a refresh is sent, and the session lives",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using disk = await startDisk();
    disk.put(EXPIRED);
    const before = Deno.readTextFileSync(disk.path);
    const limited = ["sh", "-c", 'ulimit -f 16; exec "$@"', "sh"];
    const { status, stdout } = await disk.cli(["token"], { through: limited });
    assert(status !== 0);
    assertEquals([stdout, disk.refreshes()], ["", 0]);
    assertEquals(Deno.readTextFileSync(disk.path), before);
    const next = await disk.cli(["token"]);
    assertEquals([next.status, next.stderr, disk.refreshes()], [0, "", 1]);
    assertEquals(disk.names(), ["c.json", "c.json.lock"]);
  },
});
