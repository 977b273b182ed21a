// Each under the exact permissions named, in a process of its own.
import { assertEquals } from "@std/assert";
import { run, writeProgram } from "../support/child.ts";
import { temporaryDirectory } from "../support/directory.ts";

const READ = `
  import { readCredentials } from "lib/credentials/read.ts";
  const [path] = Deno.args;
  await readCredentials(path).then(() => console.log("read"), ({ code, message, hint }) => console.log(code, message, hint));`;

const CHANGE = `
  import { changeCredentials } from "lib/credentials/change.ts";
  const [path] = Deno.args;
  await changeCredentials(path, {}, {}, async ({ prepare, save }) => {
    await prepare();
    console.log("sent");
    await save({ userinfo: null, tokens: null });
  }).then(() => console.log("saved"), ({ code, message, hint }) => console.log(code, message, hint));`;

const ALL = "PATH,PATH.tmp,PATH.lock";

const cases: [title: string, program: string, allow: string[], output: string][] = [
  [
    "readCredentials() names the flag when it may not read",
    READ,
    [],
    'permission_missing Deno does not allow read access to "PATH" Add this flag to deno run: --allow-read=PATH',
  ],
  ["readCredentials() takes nothing but the file itself", READ, ["--allow-read=PATH"], "read"],
  [
    "changeCredentials() names both flags, with all that it takes, when it may only read the file",
    CHANGE,
    ["--allow-read=PATH"],
    'permission_missing Deno does not allow read access to "PATH.tmp" ' +
    `Add this to the flags of deno run: --allow-read=${ALL} --allow-write=${ALL}`,
  ],
  [
    "changeCredentials() names the flag when it may not write",
    CHANGE,
    [`--allow-read=${ALL}`],
    `permission_missing Deno does not allow write access to "PATH" Add this to the flags of deno run: --allow-write=${ALL}`,
  ],
  [
    "changeCredentials() sends nothing when it could not put the new file in place of the old one",
    CHANGE,
    [`--allow-read=${ALL}`, "--allow-write=PATH.tmp,PATH.lock"],
    `permission_missing Deno does not allow write access to "PATH" Add this to the flags of deno run: --allow-write=${ALL}`,
  ],
  [
    "changeCredentials() takes nothing but the file, its draft and its lock",
    CHANGE,
    [`--allow-read=${ALL}`, `--allow-write=${ALL}`],
    "sent\nsaved",
  ],
];
for (const [title, program, allow, output] of cases) {
  Deno.test(title, async () => {
    await using directory = await temporaryDirectory();
    const path = `${directory.path}/c.json`;
    await Deno.writeTextFile(path, "{}", { mode: 0o600 });
    const named = (text: string) => text.replaceAll("PATH", path);
    const command = await writeProgram(directory.path, program, allow.map(named));
    const { stdout, stderr } = await run([...command, path]);
    assertEquals([stdout, stderr], [`${named(output)}\n`, ""]);
  });
}

Deno.test("changeCredentials() names the directory when it may not make it", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/new/c.json`;
  const allow = ["read", "write"].map((kind) => `--allow-${kind}=${ALL.replaceAll("PATH", path)}`);
  const { stdout } = await run([...await writeProgram(directory.path, CHANGE, allow), path]);
  assertEquals(
    stdout,
    `permission_missing Deno does not allow write access to "${directory.path}/new" ` +
      `Add this flag to deno run: --allow-write=${directory.path}/new\n`,
  );
});

Deno.test("changeCredentials() names a path with a space so that a shell takes it for one", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/a b.json`;
  const { stdout } = await run([...await writeProgram(directory.path, READ, []), path]);
  assertEquals(stdout.endsWith(`--allow-read="${path}"\n`), true, stdout);
});
