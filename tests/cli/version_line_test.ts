import { assertEquals, assertStringIncludes } from "@std/assert";
import { appOf } from "../../lib/cli/app.ts";
import { versionFacts, versionLine } from "../../lib/cli/version_line.ts";
import { VERSION } from "../../lib/version.ts";

const MODULE = new URL("../../lib/cli/version_line.ts", import.meta.url).href;
const RUNTIME = { deno: Deno.version.deno, target: Deno.build.target };

Deno.test("versionFacts() says version, Deno, target, and which fief-auth another CLI is built on", () => {
  const { std: _, ...own } = versionFacts(appOf({ name: "fief-auth" }, VERSION));
  assertEquals(own, { name: "fief-auth", version: VERSION, ...RUNTIME });
  const { std: __, ...acme } = versionFacts(appOf({ name: "acme", version: "3.0.0" }, VERSION));
  assertEquals(acme, { name: "acme", version: "3.0.0", fief_auth: VERSION, ...RUNTIME });
  assertStringIncludes(
    versionLine(appOf({ name: "acme", version: "3.0.0" }, VERSION)),
    `acme 3.0.0 (fief-auth ${VERSION}, Deno ${Deno.version.deno}, ${Deno.build.target}`,
  );
});

/** The line of a program of its own, where `@std` is what this import map says. */
async function lineWith(std: string | undefined): Promise<string> {
  const map = { imports: std === undefined ? {} : { "@std/cli/parse-args": std } };
  const program =
    `import { versionLine } from "${MODULE}"; console.log(versionLine({ name: "fief-auth", version: "1.0.0" }));`;
  const source = `data:application/javascript,${encodeURIComponent(program)}`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-q",
      "--no-config",
      "--no-lock",
      "--import-map",
      `data:application/json,${JSON.stringify(map)}`,
      source,
    ],
  }).output();
  const text = new TextDecoder();
  assertEquals(text.decode(stderr), "");
  return text.decode(stdout).trim();
}

Deno.test("versionLine() names the stand-ins for @std, and nothing where it is the real one or a package from JSR", async () => {
  const plain = `fief-auth 1.0.0 (Deno ${Deno.version.deno}, ${Deno.build.target})`;
  assertEquals(await lineWith("jsr:@std/cli@1.0.32/parse-args"), plain);
  assertEquals(await lineWith("https://jsr.io/@std/cli/1.0.32/parse_args.ts"), plain);
  assertEquals(await lineWith(undefined), plain);
  assertEquals(await lineWith("file:///stand-in.ts"), plain.replace(/\)$/, ", with stand-ins for @std)"));
});
