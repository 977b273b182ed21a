// What deno task compile says where it cannot.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { compileCli } from "../support/compiled.ts";
import { temporaryDirectory } from "../support/directory.ts";

/** Nothing can be downloaded. */
const OFFLINE = { HTTPS_PROXY: "http://127.0.0.1:1", https_proxy: "http://127.0.0.1:1" };

Deno.test("without a runtime it says which, and how to name one", async () => {
  await using directory = await temporaryDirectory();
  const output = `${directory.path}/fief-auth`;
  await Deno.writeTextFile(output, "the one before");
  const [none, wrong] = await Promise.all([
    compileCli(["--target", "x86_64-apple-darwin", "--output", output], OFFLINE),
    compileCli(["--output", output], { DENORT_BIN: "/nonexistent" }),
  ]);
  assertEquals([none.status, wrong.status], [1, 1]);
  assertMatch(
    none.stderr,
    /^There is no runtime of Deno 2\.6\.10 for x86_64-apple-darwin .* could not download it\.\nSet DENORT_BIN /,
  );
  assertStringIncludes(wrong.stderr, "could not find the one that DENORT_BIN names");
  assertEquals(await Deno.readTextFile(output), "the one before");
  assertEquals([...Deno.readDirSync(directory.path)].length, 1);
});

Deno.test("a runtime of another version is noticed: the binary would not start", async () => {
  if (Deno.version.deno === "2.6.10") return; // it fits
  await using directory = await temporaryDirectory();
  const runtime = decodeURIComponent(
    new URL("../../.cache/denort-2.6.10/x86_64-unknown-linux-gnu", import.meta.url).pathname,
  );
  const output = `${directory.path}/fief-auth`;
  const { status, stderr } = await compileCli(["--output", output], { DENORT_BIN: runtime }, {
    compiler: Deno.execPath(),
  });
  assertEquals(status, 1);
  assertMatch(
    stderr,
    /^The binary does not start: .*\nA runtime works with its own version of Deno only: see DENORT_BIN\n$/,
  );
  assertEquals([...Deno.readDirSync(directory.path)], []);
});

Deno.test("a program that is none of these CLIs is not compiled", async () => {
  await using directory = await temporaryDirectory();
  const app = `${directory.path}/other.ts`;
  await Deno.writeTextFile(app, "console.log(1);");
  const other = await compileCli(["--app", app]);
  assertEquals([other.status, other.stdout], [2, ""]);
  assertStringIncludes(other.stderr, 'does not call cli() of "@fief/auth/cli"');
  await Deno.writeTextFile(app, "Deno.readTextFileSync('/nonexistent');");
  const broken = await compileCli(["--app", app]);
  assertEquals(broken.status, 2);
  assertStringIncludes(broken.stderr, "could not be asked for its name and server");
  const missing = await compileCli(["--app", `${directory.path}/none.ts`]);
  assertEquals([missing.status, missing.stderr], [2, `There is no file "${directory.path}/none.ts" to compile\n`]);
});

Deno.test("a module that cannot go into a bundle is named", async () => {
  await using directory = await temporaryDirectory();
  const app = `${directory.path}/acme.ts`;
  await Deno.writeFile(`${directory.path}/castle.wasm`, new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
  const lines = ['import "./castle.wasm";', 'import { cli } from "@fief/auth/cli";', 'await cli({ name: "acme" });'];
  await Deno.writeTextFile(app, lines.join("\n"));
  const { status, stderr } = await compileCli(["--app", app, "--output", `${directory.path}/acme`]);
  assertEquals(status, 2);
  assertMatch(stderr, /^app\/castle\.wasm cannot be put into a bundle: it is neither a script nor JSON\n$/);
});
