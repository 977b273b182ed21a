// What people read, as the real program prints it: all help, and the errors. A change shows as a difference to these files; after a look at
// it: deno task test tests/end_to_end/snapshots_test.ts -- --update
import { assertEquals } from "@std/assert";
import { appOf } from "../../lib/cli/app.ts";
import { commandNames } from "../../lib/cli/commands.ts";
import { freeCommand } from "../support/cli.ts";
import { startOwnPlace } from "../support/own_place.ts";
import { hasTerminal, inTerminal } from "../support/terminal.ts";

const SNAPSHOTS = new URL("snapshots/", import.meta.url);
const UPDATE = Deno.args.includes("--update");
const ignore = Deno.build.os !== "linux"; // paths of the credentials file are in the errors

async function assertSnapshot(name: string, text: string): Promise<void> {
  const file = new URL(`${name}.txt`, SNAPSHOTS);
  if (UPDATE) {
    await Deno.mkdir(SNAPSHOTS, { recursive: true });
    await Deno.writeTextFile(file, text);
  }
  assertEquals(text, await Deno.readTextFile(file).catch(() => "no such snapshot"), name);
}

const names = commandNames(appOf({ name: "fief-auth" }, "0.0.0"));

for (const name of ["", ...names]) {
  Deno.test({
    name: `help ${name || "of the program"} is as its snapshot`,
    ignore,
    async fn() {
      await using at = await startOwnPlace();
      const { status, stdout, stderr } = await at.run(["help", ...name ? [name] : []]);
      assertEquals([status, stderr], [0, ""]);
      await assertSnapshot(`help${name && "_"}${name.replaceAll("-", "_")}`, stdout);
    },
  });
}

Deno.test({
  name: "help in a terminal of 40 columns is as its snapshot",
  ignore: ignore || !hasTerminal(),
  async fn() {
    const env = Object.fromEntries(["PATH", "HOME", "DENO_DIR", "DENO_COVERAGE_DIR"].flatMap((name) => {
      const value = Deno.env.get(name);
      return value === undefined ? [] : [[name, value]];
    }));
    const command = freeCommand(["help", "call-api"]);
    const terminal = inTerminal(command, env, 40);
    assertEquals(await terminal.ended(), 0);
    await assertSnapshot("terminal_40_columns", terminal.shown().replaceAll("\r\n", "\n"));
  },
});

/** Wrong usage and settings, and files that are no credentials: nobody is asked for any of these. */
const ERRORS: { args: string[]; env?: Record<string, string>; file?: string }[] = [
  { args: [] },
  { args: ["lgoin"] },
  { args: ["frobnicate"] },
  { args: ["token", "--min-vlaid", "60"] },
  { args: ["token", "--min-valid"] },
  { args: ["token", "--min-valid", "soon"] },
  { args: ["token", "--quiet=yes"] },
  { args: ["token", "extra"] },
  { args: ["token"] },
  { args: ["token", "--json"] },
  { args: ["hello", "--profile", "work"] },
  { args: ["hello", "--profile", "a/b"] },
  { args: ["hello", "--profile", "a", "--credentials", "b"] },
  { args: ["hello", "--credentials", ""] },
  { args: ["hello"], file: "{" },
  { args: ["hello"], file: "[]" },
  { args: ["token"], env: { FIEF_ACCESS_TOKEN: "two words" } },
  { args: ["login"] },
  { args: ["login", "--profile", "work"] },
  { args: ["token", "--credentials", "my file.json"] },
  { args: ["login", "--base-url", "http://example.com", "--client-id", "x"] },
  { args: ["login", "--base-url", "https://example.com", "--client-id", "x", "--param", "prompt"] },
  { args: ["login", "--base-url", "https://example.com", "--client-id", "x", "--switch", "--param", "prompt=none"] },
  { args: ["login", "--base-url", "https://example.com", "--client-id", "x", "--api-origin", "api.example.com"] },
  { args: ["call-api"] },
  { args: ["call-api", "https://api.example.com/castles"] },
  { args: ["profiles", "use"] },
  { args: ["profiles", "use", "work"] },
  { args: ["profiles", "frob"] },
  { args: ["completions"] },
  { args: ["completions", "tcsh"] },
];

Deno.test({
  name: "errors are as their snapshot, with status and nothing on standard output",
  ignore,
  async fn() {
    const seen: string[] = [];
    for (const { args, env = {}, file } of ERRORS) {
      await using at = await startOwnPlace();
      await Deno.mkdir(at.directory, { mode: 0o700 });
      if (file !== undefined) await Deno.writeTextFile(`${at.directory}/credentials.json`, file, { mode: 0o600 });
      const { status, stdout, stderr } = await at.run(args, { env, flags: ["-A"] });
      const typed = Object.entries(env).map(([name, value]) => `${name}='${value}' `).join("");
      const line = `$ ${typed}fief-auth ${args.map((word) => word === "" ? "''" : word).join(" ")}`;
      const made = file === undefined ? [] : [`(credentials.json is ${file})`];
      seen.push(
        [...made, line, `${stdout}${stderr.replaceAll(at.config, "/home/anne/.config")}status ${status}`].join("\n"),
      );
    }
    await assertSnapshot("errors", `${seen.join("\n\n")}\n`);
  },
});
