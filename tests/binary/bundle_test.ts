// What a program of somebody else is bundled into: it does what it did as many modules.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { compileCli, embeddedIn } from "../support/compiled.ts";
import { temporaryDirectory } from "../support/directory.ts";

const MODULES: Record<string, string> = {
  "acme.ts": `
import { cli, command } from "@fief/auth/cli";
import castles from "./castles.json" with { type: "json" };
import { told } from "./told.ts";
const visit = command({
  name: "visit",
  summary: "Visit a castle",
  withoutSession: true,
  async run({ output }) {
    const { castle } = await import("./castle.ts");
    await output.result({}, [castles[0], told, castle(castles[0]!)].join(" "));
    castle(castles[1]!);
  },
});
Deno.exit(await cli({ name: "acme", version: "1.0.0", commands: { visit } }));
`,
  "castles.json": `["Blois", "Chambord"]`,
  // Beside others in one file it is still not the main module.
  "told.ts": `export const told: string = import.meta.main ? "told by itself" : "told";`,
  // An error of the library is the one that the program knows, and a package of the program's own stays whole.
  "castle.ts": `
import { FiefError } from "@fief/auth";
import ms from "npm:ms@2.1.3";
export function castle(name: string): string {
  if (name === "Chambord") throw new FiefError("usage_invalid", \`\${name} opens in \${ms("1m")} ms\`, "Try another");
  return name;
}
`,
};

Deno.test("a program with JSON, parts loaded later and a package of its own does as one binary what it did", async () => {
  await using directory = await temporaryDirectory();
  for (const [name, text] of Object.entries(MODULES)) await Deno.writeTextFile(`${directory.path}/${name}`, text);
  const output = `${directory.path}/acme`;
  const made = await compileCli(["--app", `${directory.path}/acme.ts`, "--output", output]);
  assertEquals([made.status, made.stderr], [0, ""]);

  const { contents, files, textOf } = await embeddedIn(output);
  const main = contents["main.js"]!.filter((path) => path.startsWith("app/"));
  assertEquals(main, ["app/acme.ts", "app/castles.json", "app/told.ts"]);
  const late = Object.keys(contents).find((file) => contents[file]!.includes("app/castle.ts"))!;
  assertStringIncludes(textOf(late), '"npm:ms@2.1.3"');
  assert(files.some((path) => path.endsWith("/ms/2.1.3/index.js")));

  const command = new Deno.Command(output, { args: ["visit"], clearEnv: true, env: { HOME: directory.path } });
  const { code, stdout, stderr } = await command.output();
  const [printed, said] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assertEquals(printed, "Blois told Blois\n");
  assertEquals([code, said], [2, "acme: Chambord opens in 60000 ms\nTry another\n"]);
});
