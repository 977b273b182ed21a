// install.sh in each shell that is here, against releases on a file server of this machine.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { archiveName, fakeProgram, makeComputer, pathOf, sha256, startReleases, TARGET } from "../support/release.ts";

/** `sh` is one of the others on most systems, and on macOS a bash of old. */
const SHELLS = [["dash"], ["bash"], ["zsh"], ["busybox", "sh"], ...Deno.build.os === "linux" ? [] : [["sh"]]];
const SUPPORTED = Deno.build.os !== "windows";
const encoder = new TextEncoder();

for (const shell of SHELLS) {
  const test = (name: string, fn: () => Promise<void>) =>
    Deno.test({
      name: `install.sh in ${shell.join(" ")} ${name}`,
      ignore: !SUPPORTED || pathOf(shell[0]!) === undefined,
      fn,
    });

  test("installs the latest version, replaces it, and uninstalls what it installed", async () => {
    await using releases = startReleases();
    await using computer = await makeComputer();
    const env = { FIEF_AUTH_RELEASES: releases.url };
    const { program, record } = computer;

    await releases.add("0.1.0");
    const first = await computer.install(shell, [], env);
    assertEquals([first.code, first.stderr], [0, ""]);
    assertEquals(
      first.stdout,
      `Downloading fief-auth 0.1.0 for ${TARGET}\nfief-auth 0.1.0 is in ${program}\n${computer.home}/.local/bin is not in ` +
        `PATH.\nAdd it, and open a new terminal:\n  echo 'export PATH="$HOME/.local/bin:$PATH"' >> ` +
        (Deno.build.os === "darwin" ? "~/.bash_profile\n" : "~/.bashrc\n"),
    );
    assertEquals(await Deno.readTextFile(program), fakeProgram("0.1.0"));
    assertEquals(Deno.statSync(program).mode! & 0o777, 0o755);
    const sum = await sha256(encoder.encode(fakeProgram("0.1.0")));
    assertEquals(await Deno.readTextFile(record), `${sum} 0.1.0 ${program}\n`);
    const all = [
      ".local/",
      ".local/bin/",
      ".local/bin/fief-auth",
      ".local/share/",
      ".local/share/fief-auth/",
      ".local/share/fief-auth/installed",
    ];
    assertEquals(computer.files(), all);

    const again = await computer.install(shell, [], env);
    assertEquals([again.code, again.stderr], [0, ""]);
    assertStringIncludes(again.stdout, `fief-auth 0.1.0 is there already: ${program}\n`);
    assertEquals(releases.asked.filter((path) => path.endsWith(".tar.gz")).length, 1);

    await releases.add("0.2.0-beta.1");
    const second = await computer.install(shell, [], env);
    assertEquals([second.code, second.stderr], [0, ""]);
    assertStringIncludes(second.stdout, `fief-auth 0.1.0 -> 0.2.0-beta.1 in ${program}\n`);
    const back = await computer.install(shell, ["--version", "v0.1.0"], env);
    assertStringIncludes(back.stdout, `fief-auth 0.2.0-beta.1 -> 0.1.0 in ${program}\n`);
    assertEquals(await Deno.readTextFile(program), fakeProgram("0.1.0"));
    assertEquals(computer.files(), all);

    await Deno.mkdir(`${computer.home}/.config/fief-auth`, { recursive: true });
    await Deno.writeTextFile(`${computer.home}/.config/fief-auth/credentials.json`, "{}");
    const removed = await computer.install(shell, ["--uninstall"], { ...env, XDG_CONFIG_HOME: "" });
    assertEquals([removed.code, removed.stderr], [0, ""]);
    assertStringIncludes(removed.stdout, `Removed fief-auth 0.1.0 from ${computer.home}/.local/bin\n`);
    if (Deno.build.os !== "darwin") {
      assertStringIncludes(removed.stdout, `Credentials stay in ${computer.home}/.config/fief-auth: `);
    }
    assertEquals(computer.files(), [
      ".config/",
      ".config/fief-auth/",
      ".config/fief-auth/credentials.json",
      ".local/",
      ".local/bin/",
      ".local/share/",
    ]);
  });

  test("leaves nothing behind where the sum is wrong, sums are missing or the download breaks off", async () => {
    await using releases = startReleases();
    await using computer = await makeComputer();
    const env = { FIEF_AUTH_RELEASES: releases.url };
    await releases.add("0.1.0");
    const sums = releases.files.get("/latest/download/SHA256SUMS")!;
    const archive = `/download/v0.1.0/${archiveName("0.1.0")}`;
    const bytes = releases.files.get(archive)!;

    const fails = async (message: string) => {
      const { code, stderr } = await computer.install(shell, [], env);
      assertEquals(code, 1, stderr);
      assertStringIncludes(stderr, message);
      assertEquals(computer.files(), []);
    };

    releases.files.set(archive, new Uint8Array([...bytes, 0]));
    await fails(`is not what the release says: its SHA-256 sum is ${await sha256(new Uint8Array([...bytes, 0]))}`);
    releases.files.set(archive, bytes);

    releases.files.set("/latest/download/SHA256SUMS", sums.subarray(0, sums.length / 2));
    await fails(`has no checksum for ${TARGET}: nothing was installed`);
    releases.files.set("/latest/download/SHA256SUMS", encoder.encode("<h1>Welcome to the hotel</h1>"));
    await fails(`has no checksum for ${TARGET}: nothing was installed`);
    const twice = new TextDecoder().decode(sums) + `${"1".repeat(64)}  ${archiveName("0.3.0")}\n`;
    releases.files.set("/latest/download/SHA256SUMS", encoder.encode(twice));
    await fails(`has more than one checksum for ${TARGET}: nothing was installed`);
    releases.files.delete("/latest/download/SHA256SUMS");
    await fails(`latest/download/SHA256SUMS cannot be downloaded: without checksums nothing is installed`);
    releases.files.set("/latest/download/SHA256SUMS", sums);

    releases.archives = "broken";
    await fails(`${archive} cannot be downloaded: nothing was installed`);
  });

  for (const [signal, status] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const) {
    test(`ends at once on ${signal} during a download, and leaves what was there`, async () => {
      await using releases = startReleases();
      await using computer = await makeComputer();
      const env = { FIEF_AUTH_RELEASES: releases.url };
      await releases.add("0.1.0");
      await computer.install(shell, [], env);
      const before = computer.files();
      await releases.add("0.2.0");
      releases.archives = "stuck";
      const child = computer.start(shell, [], env);
      await releases.halfSent();
      child.kill(signal);
      const { code, stderr } = await child.output();
      assertEquals(code, status);
      assertStringIncludes(new TextDecoder().decode(stderr), "Stopped: nothing was changed\n");
      assertEquals(computer.files(), before);
      assertEquals(await Deno.readTextFile(computer.program), fakeProgram("0.1.0"));
    });
  }

  test("does nothing when the script itself comes in part", async () => {
    await using releases = startReleases();
    await using computer = await makeComputer();
    await releases.add("0.1.0");
    const script = await Deno.readTextFile(new URL("../../install.sh", import.meta.url));
    const ends = [...script.matchAll(/\n/g)].map(({ index }) => index + 1).filter((_, line) => line % 23 === 0);
    // Of the last lines every length: they hold the call.
    for (let length = script.length - 45; length < script.length - 1; length++) ends.push(length);
    const cut = `${computer.home}/../cut.sh`;
    // As `curl ... | sh -s -- ARGS` does.
    const piped = (args: string[]) =>
      new Deno.Command("sh", {
        args: ["-c", 'cat cut.sh | "$@"', "sh", pathOf(shell[0]!)!, ...shell.slice(1), "-s", "--", ...args],
        cwd: `${computer.home}/..`,
        clearEnv: true,
        env: { HOME: computer.home, PATH: Deno.env.get("PATH")!, FIEF_AUTH_RELEASES: releases.url },
        stdin: "null",
      }).output();
    for (const end of ends) {
      await Deno.writeTextFile(cut, script.slice(0, end));
      const { stdout } = await piped([]);
      assertEquals([new TextDecoder().decode(stdout), releases.asked, computer.files()], ["", [], []], `cut at ${end}`);
    }
    await Deno.writeTextFile(cut, script);
    assertEquals((await piped(["--dir", "here"])).code, 0);
    assertEquals(await Deno.readTextFile(`${computer.home}/../here/fief-auth`), fakeProgram("0.1.0"));
  });
}
