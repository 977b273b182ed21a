import { assert, assertEquals } from "@std/assert";
import { appOf } from "../../lib/cli/app.ts";
import { commandNames, findCommand } from "../../lib/cli/commands.ts";
import { commandHelp, programHelp } from "../../lib/cli/help.ts";

const app = appOf({ name: "fief-auth" }, "0.0.0");

/** All pages of help for a terminal of this width. */
async function pages(columns: number): Promise<[name: string, text: string][]> {
  const commands = await Promise.all(commandNames(app).map((name) => findCommand(app, name)));
  return [
    ["the program", programHelp(app, columns)],
    ...commands.map((command): [string, string] => [command.name, commandHelp(app, command, columns)]),
  ];
}

for (const columns of [40, 80, 132, 250]) {
  Deno.test(`help fits into ${columns} columns, whatever the command, and is of ASCII only`, async () => {
    for (const [name, text] of await pages(columns)) {
      for (const line of text.split("\n")) {
        // What has no blank in it stays whole, a URL say, and what stands in quotes.
        const breakable = columns >= 80 || !/^(\S+|'[^']*'|"[^"]*")( \\)?$/.test(line.trim());
        assert(line.length <= columns || !breakable, `${name}: ${line}`);
        assert(/^[\x20-\x7e]*$/.test(line), `${name}: ${line}`);
      }
    }
  });
}

Deno.test("brief help is the beginning of the whole help, and fits on a screen", () => {
  const [brief, whole] = [programHelp(app, 80, true), programHelp(app, 80)];
  const end = brief.indexOf("\n\nOptions, variables and exit statuses: fief-auth help\n");
  assert(end > 0 && whole.startsWith(brief.slice(0, end)));
  assert(brief.split("\n").length <= 30, brief);
});

Deno.test("help begins with examples, after one line that says what the command does", async () => {
  for (const [name, text] of await pages(80)) {
    const [first, empty, title, example] = text.split("\n");
    assert(first!.endsWith("."), name);
    assertEquals([empty, title], ["", name === "the program" ? "Start:" : "Examples:"]);
    assert(example!.startsWith("  fief-auth "), example);
  }
});

Deno.test("a long example goes on in a line of its own after a backslash, and means the same to a shell", async () => {
  const callApi = await findCommand(app, "call-api");
  const text = commandHelp(app, callApi, 50);
  const examples = text.slice(text.indexOf("Examples:\n") + 10, text.indexOf("\n\nUsage:")).replaceAll(/ \\\n +/g, " ");
  assertEquals(examples.split("\n").map((line) => line.trim()), callApi.examples.map((line) => `fief-auth ${line}`));
});
