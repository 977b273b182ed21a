import { assertEquals } from "@std/assert";
import { run, writeProgram } from "../support/child.ts";
import { temporaryDirectory } from "../support/directory.ts";

/** What is left of whole classes: in a process of its own, because nothing comes back. */
async function left(command: string, values: Record<string, unknown>, app: Record<string, unknown>): Promise<string> {
  await using directory = await temporaryDirectory();
  const program = `import { dropUnneeded } from "lib/cli/dropped.ts";
dropUnneeded(${JSON.stringify(app)}, ${JSON.stringify(command)}, ${JSON.stringify(values)});
const names = ["env", "net", "read", "run", "write"];
console.log(names.filter((name) => Deno.permissions.querySync({ name }).state === "granted").join(" "));`;
  const allow = ["--allow-env", "--allow-net", "--allow-read", "--allow-run", "--allow-write"];
  const { stdout, stderr } = await run(await writeProgram(directory.path, program, allow));
  return stdout.trim() || stderr;
}

const ALL = "env net read run write";
const cases: [command: string, values: Record<string, unknown>, left: string][] = [
  ["status", {}, "env read write"],
  ["token", {}, "env net read write"],
  ["logout", {}, "env net read write"],
  ["logout", { "browser-session": true }, ALL],
  ["login", {}, ALL],
  ["login", { "no-browser": true }, "env net read write"],
  ["login", { device: true }, "env net read write"],
  ["exec", {}, ALL],
  ["doctor", {}, ALL],
  ...["profiles", "completions"].map((name): [string, Record<string, unknown>, string] => [name, {}, "env read write"]),
  ...["hello", "whoami", "call-api", "credential"].map((
    name,
  ): [string, Record<string, unknown>, string] => [name, {}, "env net read write"]),
];

for (const [command, values, expected] of cases) {
  Deno.test(`${[command, ...Object.keys(values)].join(" --")} leaves of what was granted: ${expected}`, async () => {
    assertEquals(await left(command, values, { isolated: true, commands: {} }), expected);
  });
}

Deno.test("a command of a CLI's own, and a CLI that isolates nothing, keep what was granted", async () => {
  assertEquals(await left("status", {}, { isolated: true, commands: { status: {} } }), ALL);
  assertEquals(await left("status", {}, { isolated: false, commands: {} }), ALL);
});
