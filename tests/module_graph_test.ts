// What a cached `token` loads, as Deno itself tells: nothing of Node, of npm or of @std/path.
import { assert, assertEquals } from "@std/assert";
import { writeImportMap } from "../tools/find_std.ts";
import { denoRunFlags } from "./support/cli.ts";

interface Graph {
  roots: string[];
  modules: {
    specifier: string;
    dependencies?: { specifier: string; code?: { specifier?: string }; isDynamic?: boolean }[];
  }[];
}

/** The modules that are loaded when this one is, without those that are imported when needed. */
async function staticGraph(flags: string[], root = "main.ts"): Promise<string[]> {
  const cwd = decodeURIComponent(new URL("../", import.meta.url).pathname);
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", ...flags, root],
    cwd,
  }).output();
  const graph: Graph = JSON.parse(new TextDecoder().decode(stdout));
  const modules = new Map(graph.modules.map((module) => [module.specifier, module]));
  const seen = new Set<string>();
  const visit = (specifier: string) => {
    if (seen.has(specifier)) return;
    seen.add(specifier);
    for (const { code, isDynamic, specifier: name } of modules.get(specifier)?.dependencies ?? []) {
      if (!isDynamic && code !== undefined) visit(code.specifier ?? name);
    }
  };
  visit(graph.roots[0]!);
  return [...seen];
}

function assertLight(modules: string[], own = "/lib/cli/start.ts"): void {
  assert(modules.some((name) => name.endsWith(own)), "the module itself is missing");
  assertEquals(modules.filter((name) => /^(node|npm):|npm\/|@std\/path|offline\/path|std\/path/.test(name)), []);
}

Deno.test("a cached token loads no node:, no npm package and no @std/path, with the @std that is in reach", async () => {
  assertLight(await staticGraph(denoRunFlags().filter((flag) => !flag.startsWith("--allow"))));
});

Deno.test("a cached token loads none of them with the stand-ins either", async () => {
  assertLight(await staticGraph(["--import-map", await writeImportMap("import_map.json", true)]));
});

Deno.test("the list of commands is shown without loading them, and without the session", async () => {
  const flags = denoRunFlags().filter((flag) => !flag.startsWith("--allow"));
  for (const root of ["lib/cli/mod.ts", "lib/cli/help.ts"]) {
    const modules = await staticGraph(flags, root);
    assertLight(modules, `/${root}`);
    const commands = modules.flatMap((name) => name.match(/\/lib\/cli\/commands\/(\w+)\.ts$/)?.[1] ?? []);
    assertEquals(commands, ["token"]); // scripts ask for it all the time
    assertEquals(modules.filter((name) => /\/lib\/(auth|cli\/run)\.ts$/.test(name)), []);
  }
});

Deno.test("what every command runs on is loaded at once, and without the Worker and what speaks with it", async () => {
  const flags = denoRunFlags().filter((flag) => !flag.startsWith("--allow"));
  const modules = await staticGraph(flags, "lib/cli/run.ts");
  assertLight(modules, "/lib/cli/isolated/isolated_fief.ts");
  assertEquals(modules.filter((name) => /\/(provider_side|provider_thread|worker|guard)\.ts$/.test(name)), []);
  const all = new Set([...await staticGraph(flags, "lib/cli/mod.ts"), ...await staticGraph(flags)]);
  const more = modules.filter((module) => !all.has(module));
  assert(more.length <= 8, `run.ts loads ${more.length} modules: ${more.join(" ")}`);
});

Deno.test("what --help reads of a command loads no more than a few modules, whatever the command loads to run", async () => {
  const flags = denoRunFlags().filter((flag) => !flag.startsWith("--allow"));
  const all = new Set(await staticGraph(flags, "lib/cli/mod.ts"));
  for (const name of await staticGraph(flags, "main.ts")) all.add(name);
  const directory = new URL("../lib/cli/commands/", import.meta.url);
  for (const { name } of Deno.readDirSync(directory)) {
    const root = `lib/cli/commands/${name}`;
    const modules = await staticGraph(flags, root);
    assertLight(modules, `/${root}`);
    const more = modules.filter((module) => !all.has(module));
    assert(more.length <= 6, `${name} loads ${more.length} modules: ${more.join(" ")}`);
  }
});
