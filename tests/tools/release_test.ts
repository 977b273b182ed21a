// What a release is made of: the files, the notes, and what keeps one from being made.
import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { releaseFaults, releaseNotes } from "../../tools/release/check.ts";
import { NOTICES, thirdPartyNotices } from "../../tools/release/notices.ts";
import { archiveName, pack, programName } from "../../tools/release/pack.ts";
import { TARGETS } from "../../tools/compile/options.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { fakeProgram, makeComputer, startReleases } from "../support/release.ts";

const ROOT = new URL("../../", import.meta.url).pathname.replace(/\/$/, "");
const text = (name: string) => Deno.readTextFileSync(`${ROOT}/${name}`);
/** The version of an npm package in the lock file. */
function lockedVersion(name: string): string {
  const id = Object.keys(JSON.parse(text("deno.lock")).npm).find((each) => each.startsWith(`${name}@`))!;
  return id.slice(name.length + 1);
}
const ADDRESS = "https://github.com/fief-dev/fief-auth/releases";

const CHANGELOG = `# Changelog

## Unreleased

## 1.2.0 (2026-11-24)

A sentence that goes on
in a second line.

### Added

- One thing that is
  long.
- Another one.

## 1.1.0

- Old.
`;

Deno.test("releaseNotes() gives the section of a version, a paragraph or an item a line", () => {
  const notes = "A sentence that goes on in a second line.\n\n### Added\n\n- One thing that is long.\n- Another one.\n";
  assertEquals(releaseNotes(CHANGELOG, "1.2.0"), notes);
  assertEquals(releaseNotes(CHANGELOG.replace("1.2.0 (2026-11-24)", "[1.2.0] - 2026-11-24"), "1.2.0"), notes);
  assertEquals(releaseNotes(CHANGELOG, "1.1.0"), "- Old.\n");
  for (const none of ["1.2", "1.3.0", "Unreleased"]) assertEquals(releaseNotes(CHANGELOG, none), undefined);
});

Deno.test("releaseFaults() names all that does not fit together", () => {
  const good = {
    tag: "v1.2.0",
    version: "1.2.0",
    changelog: CHANGELOG,
    repository: "fief-dev/fief-auth",
    scripts: { "install.sh": text("install.sh"), "install.ps1": text("install.ps1") },
  };
  assertEquals(releaseFaults(good), []);
  assertEquals(releaseFaults({ ...good, tag: "v1.2.1", version: "1.2.0" }), [
    'The tag is "v1.2.1", and the version in deno.json 1.2.0: expected v1.2.0',
  ]);
  assertEquals(releaseFaults({ ...good, changelog: "# Changelog\n" }).length, 1);
  assertEquals(releaseFaults({ ...good, repository: "anne/fork" }), [
    "install.sh looks for releases elsewhere: expected https://github.com/anne/fork/releases",
    "install.ps1 looks for releases elsewhere: expected https://github.com/anne/fork/releases",
  ]);
});

Deno.test({
  name: "pack() makes five archives and their sums, the same twice, which install.sh installs",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await using directory = await temporaryDirectory();
    for (const target of TARGETS) {
      await Deno.mkdir(`${directory.path}/dist/${target}`, { recursive: true });
      await Deno.writeTextFile(`${directory.path}/dist/${target}/${programName(target)}`, fakeProgram("1.2.0"));
    }
    const cache = `${directory.path}/npm`;
    const jose = `jose/${lockedVersion("jose")}`;
    for (const path of [jose, "jose/0.0.1", `@types/oidc-provider/${lockedVersion("@types/oidc-provider")}`]) {
      await Deno.mkdir(`${cache}/registry.example/${path}`, { recursive: true });
      await Deno.writeTextFile(`${cache}/registry.example/${path}/LICENSE.md`, `The license of ${path}\n`);
    }
    const sums = [];
    for (const output of ["first", "second"]) {
      await pack(ROOT, "1.2.0", `${directory.path}/dist`, cache, `${directory.path}/${output}`);
      sums.push(await Deno.readTextFile(`${directory.path}/${output}/SHA256SUMS`));
    }
    assertEquals(sums[0], sums[1]);
    const files = [...Deno.readDirSync(`${directory.path}/first`)].map(({ name }) => name).sort();
    assertEquals(
      files,
      [
        "SHA256SUMS",
        ...TARGETS.map((target) => archiveName("1.2.0", target)),
        "install.ps1",
        "install.sh",
      ].sort(),
    );
    assertEquals(sums[0]!.trim().split("\n").map((line) => line.slice(66)), files.slice(1));
    const check = await new Deno.Command("sha256sum", {
      args: ["-c", "--strict", "SHA256SUMS"],
      cwd: `${directory.path}/first`,
    }).output();
    assert(check.success);
    const archive = `${directory.path}/first/${archiveName("1.2.0", TARGETS[0]!)}`;
    const notices = await new Deno.Command("tar", { args: ["-xOzf", archive, NOTICES] }).output();
    const told = new TextDecoder().decode(notices.stdout);
    assertStringIncludes(told, `The license of ${jose}\n`);
    assertStringIncludes(told, "The license of @types/oidc-provider/");
    assertEquals(told.includes("0.0.1"), false); // left over in the cache: no program has it
    for (const holder of ["the Deno authors", "the V8 project authors"]) assertStringIncludes(told, holder);

    await using releases = startReleases();
    await using computer = await makeComputer();
    for (const name of files) {
      const bytes = await Deno.readFile(`${directory.path}/first/${name}`);
      for (const place of ["latest/download", "download/v1.2.0"]) releases.files.set(`/${place}/${name}`, bytes);
    }
    const { code, stderr } = await computer.install(["sh"], [], { FIEF_AUTH_RELEASES: releases.url });
    assertEquals([code, stderr], [0, ""]);
    assertEquals(await Deno.readTextFile(computer.program), fakeProgram("1.2.0"));
  },
});

Deno.test("thirdPartyNotices() makes no file where a package, or its license, is missing", async () => {
  await using directory = await temporaryDirectory();
  await assertRejects(() => thirdPartyNotices(ROOT, `${directory.path}/npm`), Error, "compile first");
  await Deno.mkdir(`${directory.path}/npm/registry.example/jose/${lockedVersion("jose")}`, { recursive: true });
  await assertRejects(() => thirdPartyNotices(ROOT, `${directory.path}/npm`), Error, "The npm package jose@");
});

Deno.test("the addresses in install.sh, install.ps1 and the README are one", () => {
  assertStringIncludes(text("install.sh"), `\ndefault_releases=${ADDRESS}\n`);
  assertStringIncludes(text("install.ps1"), `"${ADDRESS}"`);
  for (const name of ["install.sh", "install.ps1"]) {
    assertStringIncludes(text("README.md"), `${ADDRESS}/latest/download/${name}`);
  }
});

Deno.test("install.ps1 says in its head that it was not tested here, and so does the README", () => {
  assertMatch(text("install.ps1").split("\n").slice(0, 5).join("\n"), /NOT TESTED HERE/);
  assertStringIncludes(text("README.md"), "not tested here");
});
