// The documentation says what is: its tables, its links and its code.
import { assert, assertEquals } from "@std/assert";
import { appOf, optionsOf } from "../lib/cli/app.ts";
import { findCommand } from "../lib/cli/commands.ts";
import { GLOBAL_OPTIONS } from "../lib/cli/options.ts";
import { commandLinePage } from "../tools/docs.ts";
import { PERMISSION_TABLE } from "../lib/cli/permission_table.ts";
import { permissionsPage } from "../tools/permissions_page.ts";
import { providerFaultsPage } from "../tools/provider_faults_page.ts";

const ROOT = new URL("../", import.meta.url);
const pages = [
  "README.md",
  "CHANGELOG.md",
  ...[...Deno.readDirSync(new URL("docs/", ROOT))].map(({ name }) => `docs/${name}`),
]
  .filter((name) => name.endsWith(".md"));

Deno.test("docs/command-line.md is what the definitions say: deno task docs", async () => {
  assertEquals(await Deno.readTextFile(new URL("docs/command-line.md", ROOT)), await commandLinePage());
});

Deno.test("docs/provider-faults.md is what the table of the tests says: deno task docs", async () => {
  assertEquals(await Deno.readTextFile(new URL("docs/provider-faults.md", ROOT)), providerFaultsPage());
});

Deno.test("the table in docs/permissions.md is that of the code: deno task docs", async () => {
  const page = await Deno.readTextFile(new URL("docs/permissions.md", ROOT));
  assertEquals(page, permissionsPage(page));
  for (const { what } of PERMISSION_TABLE) assert(page.includes(what.replaceAll("PREFIX", "FIEF")), what);
});

Deno.test("docs/security.md counts the faults as the table does", async () => {
  const counted = providerFaultsPage().match(/\d+ kinds of faults, \d+ cases/)![0];
  const text = await Deno.readTextFile(new URL("docs/security.md", ROOT));
  assert(text.includes(counted.replace("faults,", "faults of a provider,")), counted);
});

for (const page of pages) {
  Deno.test(`every link in ${page} leads somewhere`, async () => {
    const text = await Deno.readTextFile(new URL(page, ROOT));
    for (const [, target] of text.matchAll(/\]\((?!https?:)([^)#]+)(#[^)]*)?\)/g)) {
      const url = new URL(target!, new URL(page, ROOT));
      assert((await Deno.stat(url).catch(() => undefined)) !== undefined, `${page} links to ${target}`);
    }
  });
}

/** Command lines in a text: what follows the program's name, up to what is the shell's, or another program's. */
function commandLines(text: string): string[][] {
  const lines = text.replaceAll(/\\\n\s*/g, " ").matchAll(
    /(?:\bfief-auth|task -q start) +((?:[a-z][a-z-]*)(?: [^\n|`)#;&]*)?)/g,
  );
  return [...lines].map(([, line]) => line!.split(/ -- | [<>] /)[0]!.trim().split(/ +/));
}

Deno.test("every command line of ours in the documentation has a command and options that there are", async () => {
  const app = appOf({ name: "fief-auth" }, "0.0.0");
  let count = 0;
  for (const page of pages.filter((name) => !/CHANGELOG|command-line/.test(name))) {
    for (const [name, ...words] of commandLines(await Deno.readTextFile(new URL(page, ROOT)))) {
      count++;
      const where = `${page}: fief-auth ${[name, ...words].join(" ")}`;
      if (name === "help" || name === "version") continue;
      const command = await findCommand(app, name!).catch(() => assert(false, where));
      const inner = name === "permissions" ? words.find((word) => /^[a-z]/.test(word)) : undefined;
      const known = {
        ...GLOBAL_OPTIONS,
        ...optionsOf(app, command!),
        ...inner === undefined ? {} : optionsOf(app, await findCommand(app, inner)),
      };
      for (const [option] of words.join(" ").matchAll(/(?<=^| )--[a-z-]+/g)) {
        assert(Object.hasOwn(known, option.slice(2)), `${where} has ${option}`);
      }
    }
  }
  assert(count > 30, `${count} command lines`);
});
