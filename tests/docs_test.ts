// The documentation says what is: its tables, its links and its code.
import { assert, assertEquals } from "@std/assert";
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
