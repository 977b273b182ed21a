// What is in the binary, and what it leaves behind: read from the file that Deno wrote.
import { assert, assertEquals } from "@std/assert";
import { BINARY } from "../support/cli.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { embeddedIn } from "../support/compiled.ts";

const binary = BINARY ?? "";

Deno.test("the binary holds the modules that it needs and no others", async () => {
  const { files, importMap } = await embeddedIn(binary);
  const packages = new Set(
    files.flatMap((path) => path.match(/^\.deno_compile_node_modules\/[^/]+\/([^/]+)\//)?.[1] ?? []),
  );
  assertEquals([...packages].sort(), ["jose", "oauth4webapi", "uqr"]);
  const own = files.filter((path) => !path.startsWith(".deno_compile_node_modules/"));
  assertEquals(own.filter((path) => !/^(main\.ts|lib\/.*\.ts|tools\/offline\/\w+\.ts)$/.test(path)), []);
  assert(own.includes("lib/cli/commands/login.ts")); // loaded when it is needed
  const tests = ["oidc-provider", "puppeteer-core", "fast-check", "@std/assert"];
  assertEquals(tests.filter((name) => name in importMap), []);
});

Deno.test("the binary may read named variables only, and has no permission for what it never does", async () => {
  const { permissions } = await embeddedIn(binary);
  const { allow_env: variables, ...others } = permissions;
  assert(Array.isArray(variables) && variables.includes("FIEF_CREDENTIALS") && variables.includes("HOME"));
  assert(variables.length < 40, `${variables.length} variables`);
  const given = Object.entries(others).filter(([, value]) => value !== null && value !== false);
  // Bare ones are empty lists. What may be imported is Deno's own default; a binary has no loader for it.
  assertEquals(
    given.filter(([name]) => name !== "allow_import").map(([name, value]) => `${name}=${value}`).sort(),
    ["allow_net=", "allow_read=", "allow_run=", "allow_write="],
  );
});

Deno.test("the binary leaves no compiled code where anybody could have put something else", async () => {
  await using directory = await temporaryDirectory();
  const command = new Deno.Command(binary, {
    args: ["--help"],
    clearEnv: true,
    env: { HOME: directory.path, TMPDIR: directory.path },
  });
  assertEquals((await command.output()).code, 0);
  assertEquals([...Deno.readDirSync(directory.path)].map(({ name }) => name), []);
});
