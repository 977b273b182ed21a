// install.sh on computers of all kinds: what is missing, what is there already, where nothing may be written.
import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import {
  type Computer,
  fakeProgram,
  makeComputer,
  pathOf,
  type Releases,
  startReleases,
  SUMMER,
  TARGET,
} from "../support/release.ts";

const SHELL = ["sh"];
const ignore = Deno.build.os === "windows";

/** A release 0.1.0 and a computer; the environment names the release. */
function test(
  name: string,
  fn: (computer: Computer, releases: Releases, env: Record<string, string>) => Promise<void>,
  missing = false,
) {
  Deno.test({
    name: `install.sh ${name}`,
    ignore: ignore || missing,
    fn: async () => {
      await using releases = startReleases();
      await using computer = await makeComputer();
      await releases.add("0.1.0");
      await fn(computer, releases, { FIEF_AUTH_RELEASES: releases.url });
    },
  });
}

/** Installs, and it fails with this message, and leaves nothing. */
async function fails(computer: Computer, message: string, args: string[], env: Record<string, string>, status = 1) {
  const before = computer.files();
  const { code, stderr } = await computer.install(SHELL, args, env);
  assertEquals(code, status, stderr);
  assertStringIncludes(stderr, message);
  assertEquals(computer.files(), before);
}

test("replaces a program that runs, and is never seen half", async (computer, releases, env) => {
  const long = (version: string) => fakeProgram(version) + "# padding\n".repeat(200_000);
  await releases.add("0.1.0", long("0.1.0"));
  await releases.add("0.2.0", long("0.2.0"));
  await computer.install(SHELL, ["--version", "0.1.0"], env);
  using old = await Deno.open(computer.program);
  const inode = old.statSync().ino;
  const seen = new Set<number>();
  let done = false;
  const watch = async () => {
    while (!done) {
      const text = await Deno.readTextFile(computer.program);
      seen.add(text === long("0.1.0") ? 1 : text === long("0.2.0") ? 2 : 0);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  const watching = watch();
  // Two at once: both are whole, and one of them is last.
  const [a, b] = await Promise.all([computer.install(SHELL, [], env), computer.install(SHELL, [], env)]);
  done = true;
  await watching;
  assertEquals([a.code, b.code], [0, 0]);
  assert(!seen.has(0));
  assertNotEquals(Deno.statSync(computer.program).ino, inode);
  assertEquals(await new Response(old.readable).text(), long("0.1.0"));
  assertEquals(await Deno.readTextFile(computer.program), long("0.2.0"));
  assertEquals((await Deno.readTextFile(computer.record)).split("\n").length, 2);
});

const ANOTHER_USER = Deno.build.os === "linux" && Deno.uid() === 0 ? pathOf("setpriv") : undefined;
test("says that it may not write, before it downloads", async (computer, releases, env) => {
  const shut = `${computer.home}/shut`;
  await Deno.mkdir(shut, { mode: 0o555 });
  for (const path of [`${computer.home}/..`, `${computer.home}`]) await Deno.chmod(path, 0o755);
  const shell = ANOTHER_USER === undefined
    ? SHELL
    : ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", pathOf("sh")!];
  for (const [dir, message] of [[shut, "cannot be written to"], [`${shut}/a/b`, "cannot be made"]] as const) {
    const { code, stderr } = await computer.install(shell, ["--dir", dir], env);
    assertEquals([code, stderr], [1, `install.sh: ${dir} ${message}: choose another with --dir\n`]);
  }
  assertEquals([releases.asked, computer.files()], [[], ["shut/"]]);
}, Deno.build.os !== "windows" && Deno.uid() === 0 && ANOTHER_USER === undefined);

test("keeps what was there where the record cannot be written", async (computer, _releases, env) => {
  await Deno.mkdir(`${computer.home}/.local`);
  await Deno.writeTextFile(`${computer.home}/.local/share`, "no directory");
  await fails(computer, "/.local/share/fief-auth cannot be made", [], env);
});

test("downloads with wget where there is no curl", async (computer, releases, env) => {
  await Deno.remove(`${computer.home}/../bin/curl`);
  await fails(computer, "install curl or wget", [], env);
  await computer.has("wget");
  const { code, stderr } = await computer.install(SHELL, [], env);
  assertEquals([code, stderr], [0, ""]);
  releases.archives = "broken";
  await releases.add("0.2.0");
  await fails(computer, "cannot be downloaded: nothing was installed", [], env);
}, pathOf("wget") === undefined);

test("trusts the wget of BusyBox on this machine only", async (computer, _releases, env) => {
  await Deno.remove(`${computer.home}/../bin/curl`);
  await computer.has("wget", `#!/bin/sh\nexec ${pathOf("busybox")} wget "$@"\n`);
  await fails(computer, "This wget does not check certificates for sure", [], {
    FIEF_AUTH_RELEASES: "https://127.0.0.1:1",
  });
  const { code, stderr } = await computer.install(SHELL, [], env);
  assertEquals([code, stderr], [0, ""]);
}, pathOf("busybox") === undefined);

for (const [summer, args] of [["sha256sum", ""], ["shasum", "-a 256"], ["openssl", "dgst -sha256"]] as const) {
  test(`verifies with ${summer}`, async (computer, releases, env) => {
    await Deno.remove(`${computer.home}/../bin/${SUMMER}`);
    await fails(computer, "No checksum can be verified: install sha256sum, shasum or openssl", [], env);
    assertEquals(releases.asked, []);
    // shasum is a Perl program, which finds Perl by itself.
    await computer.has(summer, `#!/bin/sh\nexec ${pathOf(summer)} ${args && '"$@"'}\n`);
    assertEquals((await computer.install(SHELL, [], env)).code, 0);
    const sums = new TextDecoder().decode(releases.files.get("/latest/download/SHA256SUMS"));
    const wrong = sums.replaceAll(/[0-9a-f]{64}/g, "5".repeat(64)).replaceAll("0.1.0", "0.1.1");
    releases.files.set("/latest/download/SHA256SUMS", new TextEncoder().encode(wrong));
    const archive = releases.files.get(`/download/v0.1.0/fief-auth-0.1.0-${TARGET}.tar.gz`)!;
    releases.files.set(`/download/v0.1.1/fief-auth-0.1.1-${TARGET}.tar.gz`, archive);
    await fails(computer, `expected ${"5".repeat(64)}. Nothing was installed`, [], env);
  }, pathOf(summer) === undefined);
}

const PLATFORMS: [system: string, machine: string, bits: string, message: string][] = [
  [
    "FreeBSD",
    "amd64",
    "64",
    "There is no program for FreeBSD on amd64. The README says how to run fief-auth from source",
  ],
  ["Linux", "armv7l", "32", "There is no program for Linux on armv7l."],
  ["Linux", "riscv64", "64", "There is no program for Linux on riscv64."],
  ["Linux", "aarch64", "32", "There is no program for Linux on aarch64 (32 bit)."],
  ["MINGW64_NT-10.0-26100", "x86_64", "64", "On Windows, run install.ps1 in PowerShell"],
  ["Darwin", "x86_64", "64", "has no checksum for x86_64-apple-darwin"],
  ["Darwin", "arm64", "64", "has no checksum for aarch64-apple-darwin"],
];
for (const [system, machine, bits, message] of PLATFORMS) {
  test(`knows ${system} on ${machine}, ${bits} bit`, async (computer, _releases, env) => {
    await computer.has("uname", `#!/bin/sh\n[ "$1" = -s ] && echo ${system} || echo ${machine}\n`);
    await computer.has("getconf", `#!/bin/sh\necho ${bits}\n`);
    await fails(computer, message, [], env);
  }, Deno.build.os === "darwin");
}

test("knows a translated shell on Apple silicon", async (computer, _releases, env) => {
  await computer.has("uname", '#!/bin/sh\n[ "$1" = -s ] && echo Darwin || echo x86_64\n');
  await computer.has("sysctl", "#!/bin/sh\necho 1\n");
  await fails(computer, "has no checksum for aarch64-apple-darwin", [], env);
}, Deno.build.os === "darwin");

const PROGRAMS: [what: string, program: string, message: string][] = [
  [
    "does not run",
    "#!/bin/sh\necho it has no glibc >&2; exit 127\n",
    "fief-auth 0.2.0 does not run on this system: nothing was installed",
  ],
  ["is another version", fakeProgram("0.1.9"), "holds version 0.1.9, not 0.2.0: nothing was installed"],
];
for (const [what, program, message] of PROGRAMS) {
  test(`refuses a program that ${what}`, async (computer, releases, env) => {
    await releases.add("0.2.0", program);
    await computer.has("ldd", "#!/bin/sh\necho glibc\n");
    await fails(computer, message, [], env);
  });
}

test("says what a program lacks on a system with musl", async (computer, releases, env) => {
  await releases.add("0.2.0", "#!/bin/sh\nexit 127\n");
  await computer.has("ldd", "#!/bin/sh\necho 'musl libc (x86_64)' >&2; exit 1\n");
  await fails(computer, "fief-auth needs glibc, and this system has musl", [], env);
});

test("replaces a fief-auth that was put there by hand, and nothing else", async (computer, _releases, env) => {
  const bin = `${computer.home}/.local/bin`;
  await Deno.mkdir(bin, { recursive: true });
  for (const other of ["#!/bin/sh\necho something else 1.0\n", "no program at all"]) {
    await Deno.writeTextFile(computer.program, other, { mode: 0o755 });
    await fails(computer, `${computer.program} is there, and is no fief-auth`, [], env);
    assertEquals(await Deno.readTextFile(computer.program), other);
  }
  await Deno.writeTextFile(computer.program, fakeProgram("0.0.9"), { mode: 0o755 });
  const { code, stdout } = await computer.install(SHELL, [], env);
  assertEquals(code, 0);
  assertStringIncludes(stdout, `fief-auth 0.0.9 -> 0.1.0 in ${computer.program}\n`);
  await Deno.mkdir(`${computer.home}/there/fief-auth`, { recursive: true });
  await fails(computer, `/there/fief-auth is a directory`, ["--dir", "there"], env);
});

test("--uninstall removes nothing that it did not install", async (computer, _releases, env) => {
  await fails(computer, `installed nothing in ${computer.home}/.local/bin: nothing was removed`, ["--uninstall"], env);
  await computer.install(SHELL, ["--dir", "one place"], env);
  await computer.install(SHELL, ["--dir=two's"], env);
  await computer.install(SHELL, [], env);

  const elsewhere = await computer.install(SHELL, ["--uninstall", "--dir", "three"], env);
  assertEquals(elsewhere.code, 1);
  for (const dir of ["one place", "two's", ".local/bin"]) {
    assertStringIncludes(elsewhere.stdout, `\n  ${computer.home}/${dir}\n`);
  }

  await Deno.writeTextFile(computer.program, fakeProgram("0.1.0") + "# mine\n");
  const message = `${computer.program} is not the file that this script put there: nothing was removed`;
  await fails(computer, message, ["--uninstall"], env);
  await Deno.remove(computer.program);
  const gone = await computer.install(SHELL, ["--uninstall"], env);
  assertEquals(gone.code, 0);
  assertStringIncludes(gone.stdout, `${computer.program} is gone already\n`);

  for (const dir of ["one place", "two's"]) {
    assertEquals((await computer.install(SHELL, ["--uninstall", "--dir", dir], env)).code, 0);
  }
  assertEquals(computer.files(), [".local/", ".local/bin/", ".local/share/", "one place/", "two's/"]);
});

test("says how the directory comes into PATH, in words of the shell that is used", async (computer, _releases, env) => {
  const hint = async (shell: string, dir: string, more: Record<string, string> = {}) => {
    const { stdout } = await computer.install(SHELL, ["--dir", dir], { ...env, SHELL: shell, ...more });
    return stdout.split("\n").slice(1).join("\n");
  };
  const bin = `${computer.home}/bin`;
  const head = `${bin} is not in PATH.\nAdd it, and open a new terminal:\n`;
  await hint("", bin);
  assertEquals(await hint("/usr/bin/fish", bin), `${head}  fish_add_path "$HOME/bin"\n`);
  const line = `  echo 'export PATH="$HOME/bin:$PATH"' >> `;
  assertEquals(await hint("/bin/zsh", bin), `${head}${line}~/.zshrc\n`);
  assertEquals(await hint("/bin/zsh", bin, { ZDOTDIR: "/z" }), `${head}${line}/z/.zshrc\n`);
  assertEquals(await hint("", bin), `${head}${line}~/.profile\n`);
  const odd = `${computer.home}/it's "odd"`;
  assertEquals((await hint("", odd)).split("\n").slice(1).join("\n"), `${odd} is not in PATH.\n`);

  const path = `${computer.home}/../bin`;
  assertEquals(await hint("", bin, { PATH: `${path}:${bin}` }), "");
  await Deno.writeTextFile(`${computer.home}/../bin/fief-auth`, fakeProgram("9.9.9"), { mode: 0o755 });
  assertEquals(
    await hint("", bin, { PATH: `${path}:${bin}` }),
    `Another one comes first in PATH: ${path}/fief-auth\n`,
  );
});

test("takes releases from https, and from http on this machine only", async (computer, _releases) => {
  for (
    const url of [
      "http://example.com",
      "http://localhost.example.com/",
      "ftp://localhost:1",
      "http://127.0.0.1.example.com:1",
    ]
  ) {
    await fails(computer, "has to begin with https://; http is for this machine only", [], { FIEF_AUTH_RELEASES: url });
  }
  for (const url of ["https://anne:secret@example.com", "http://localhost:80@example.com"]) {
    await fails(computer, "may not hold a user or a password", [], { FIEF_AUTH_RELEASES: url });
  }
});

test("needs no root, and wants none by accident", async (computer, _releases, env) => {
  await computer.has("id", "#!/bin/sh\necho 0\n");
  await fails(computer, "No root is needed: run it without sudo", [], { ...env, SUDO_USER: "anne" });
  assertEquals((await computer.install(SHELL, ["--dir", "all"], { ...env, SUDO_USER: "anne" })).code, 0);
});

test("says what is wrong with a command line", async (computer, releases, env) => {
  const lines: [args: string[], message: string][] = [
    [["--frobnicate"], 'There is no option "--frobnicate". See --help'],
    [["0.1.0"], 'There is no option "0.1.0"'],
    [["--dir"], "--dir needs a value"],
    [["--dir="], "--dir needs a value"],
    [["--dir", ""], "--dir needs a value"],
    [["--version"], "--version needs a value"],
    [["--version", "../../evil"], '"../../evil" is no version'],
    [["--dir", "a\nb"], "may not hold a line break"],
  ];
  for (const [args, message] of lines) await fails(computer, message, args, env, 2);
  await fails(computer, "HOME is not set", [], { ...env, HOME: "" });
  await fails(computer, "/download/v7.0.0/SHA256SUMS cannot be downloaded", ["--version", "7.0.0"], env);
  const of010 = releases.files.get("/latest/download/SHA256SUMS")!;
  releases.files.set("/download/v0.2.0/SHA256SUMS", of010);
  await fails(computer, "is for version 0.1.0, not 0.2.0", ["--version=0.2.0"], env);
  const help = await computer.install(SHELL, ["--help"]);
  assertEquals([help.code, help.stderr], [0, ""]);
  for (const word of ["--version", "--dir", "--uninstall", "FIEF_AUTH_RELEASES"]) {
    assertStringIncludes(help.stdout, word);
  }
});
