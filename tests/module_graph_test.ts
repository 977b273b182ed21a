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

/** The modules that are loaded when main.ts is, without those that are imported when needed. */
async function staticGraph(flags: string[]): Promise<string[]> {
  const root = decodeURIComponent(new URL("../", import.meta.url).pathname);
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", ...flags, "main.ts"],
    cwd: root,
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

function assertLight(modules: string[]): void {
  assert(modules.some((name) => name.endsWith("/lib/cli/start.ts")), "the command itself is missing");
  assertEquals(modules.filter((name) => /^(node|npm):|npm\/|@std\/path|offline\/path|std\/path/.test(name)), []);
}

Deno.test("a cached token loads no node:, no npm package and no @std/path, with the @std that is in reach", async () => {
  assertLight(await staticGraph(denoRunFlags().filter((flag) => !flag.startsWith("--allow"))));
});

Deno.test("a cached token loads none of them with the stand-ins either", async () => {
  assertLight(await staticGraph(["--import-map", await writeImportMap("import_map.json", true)]));
});
