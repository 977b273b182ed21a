// The same bytes wherever and whenever it is compiled.
import { assertEquals, assertMatch } from "@std/assert";
import { BINARY } from "../support/cli.ts";
import { compileCli, embeddedIn } from "../support/compiled.ts";
import { temporaryDirectory } from "../support/directory.ts";

Deno.test("compiled again, elsewhere, with another cache and other variables, it has the same bytes", async () => {
  await using directory = await temporaryDirectory();
  const output = `${directory.path}/with another name`;
  const env = { OTEL_DENO: "true", HOME: directory.path, DENO_V8_FLAGS: "--max-old-space-size=500" };
  const { status, stdout, stderr } = await compileCli(["--check", "--output", output], env);
  assertEquals([status, stderr], [0, ""]);
  assertMatch(stdout, /Compiled twice, the same bytes: SHA-256 [0-9a-f]{64}\n$/);
  assertMatch(stdout, /\d MB, 1\.0\d\d times an empty program/);
  const [one, other] = await Promise.all([BINARY!, output].map((path) => Deno.readFile(path)));
  assertEquals(one!.length, other!.length);
  assertEquals(one!.findIndex((byte, index) => byte !== other![index]), -1);
  assertEquals((await embeddedIn(output)).times, [0]);
});
