// What is in the binary, and what it leaves behind: read from the file that Deno wrote.
import { assert, assertEquals } from "@std/assert";
import { BINARY } from "../support/cli.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { embeddedIn } from "../support/compiled.ts";

const binary = BINARY ?? "";

Deno.test("the binary holds the modules that it needs and no others, and the licenses of those that are not ours", async () => {
  const { files, contents, textOf, importMap } = await embeddedIn(binary);
  assertEquals(files.toSorted(), [...Object.keys(contents), "contents.txt", "licenses.txt"].sort());
  const modules = Object.values(contents).flat();
  const foreign = modules.filter((path) => path.startsWith("node_modules/"));
  const packages = [...new Set(foreign.map((path) => path.split("/")[1]!))].sort();
  assertEquals(packages, ["jose", "oauth4webapi", "uqr"]);
  const own = modules.filter((path) => !path.startsWith("node_modules/"));
  assertEquals(own.filter((path) => !/^(main\.ts|lib\/.*\.ts|tools\/offline\/\w+\.ts)$/.test(path)), []);
  assert(own.includes("lib/cli/commands/login.ts")); // loaded when it is needed
  assertEquals(Object.keys(importMap).filter((name) => !name.startsWith("@std/")), []);
  const licenses = textOf("licenses.txt");
  for (const name of packages) {
    assert(new RegExp(`^${name}@[^]+?Permission is hereby granted`, "m").test(licenses), name);
  }
});

Deno.test("no file that reads what is the user's has code of a package in it, and only one that is a Worker joins them", async () => {
  const { "worker.js": worker, ...others } = (await embeddedIn(binary)).contents;
  const isForeign = (path: string) => path.startsWith("node_modules/");
  assert(worker!.some(isForeign) && worker!.includes("lib/cli/isolated/worker.ts"));
  // Without the Worker, as a CLI of somebody else may have it, the rooms that speak with a server load packages by themselves.
  const own = Object.values(others).filter((modules) => modules.some(isForeign)).flat().filter((path) =>
    !isForeign(path)
  );
  assertEquals(own.filter((path) => !/^lib\/(provider|signin)\//.test(path)), []);
});

Deno.test("no module is in the binary twice, but for the copies that the Worker has: an error is known by its class", async () => {
  const { "worker.js": _, ...others } = (await embeddedIn(binary)).contents;
  const modules = Object.values(others).flat();
  assertEquals(modules.filter((path, index) => modules.indexOf(path) !== index), []);
});

Deno.test("a cached token loads three files, and nothing that a command runs on", async () => {
  const { contents, textOf } = await embeddedIn(binary);
  const loaded = new Set<string>();
  const load = (file: string) => {
    if (loaded.has(file)) return;
    loaded.add(file);
    for (const [, name] of textOf(file).matchAll(/(?:^|;|\})import(?:\{[^}]*\}from)?"\.\/([^"]+)"/g)) load(name!);
  };
  load("main.js");
  const modules = [...loaded].flatMap((file) => contents[file]!);
  for (const path of ["main.ts", "lib/cli/start.ts", "lib/credentials/read.ts"]) assert(modules.includes(path), path);
  assert(loaded.size <= 3 && modules.length <= 12, `${[...loaded].join(" ")}: ${modules.join(" ")}`);
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
