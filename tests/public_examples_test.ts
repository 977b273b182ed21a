// Whoever reads the documentation of a public symbol finds an example; `deno task ok` runs them all.
import { assert, assertEquals } from "@std/assert";
import { denoRunFlags } from "./support/cli.ts";
import { temporaryDirectory } from "./support/directory.ts";

const ROOT = decodeURIComponent(new URL("../", import.meta.url).pathname);
const ENTRIES = ["lib/mod.ts", "lib/cli/mod.ts"];

interface Documented {
  name: string;
  jsDoc?: { tags?: { kind: string; doc?: string }[] };
}

interface Class {
  extends?: string;
  methods?: (Documented & { kind: string })[];
}

/** A symbol, as `deno doc --json` tells of it: `def` since 2.7, `classDef` before. */
type PublicSymbol = Documented & { kind: string; def?: Class; classDef?: Class };

async function denoDoc(args: string[]): Promise<string> {
  const flags = denoRunFlags().filter((flag) => !flag.startsWith("--allow"));
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", ...args, ...flags, ...ENTRIES],
    cwd: ROOT,
  }).output();
  const text = new TextDecoder();
  assertEquals(code, 0, text.decode(stderr));
  return text.decode(stdout);
}

async function publicSymbols(): Promise<PublicSymbol[]> {
  const { nodes } = JSON.parse(await denoDoc(["--json"]));
  if (Array.isArray(nodes)) return nodes;
  const modules = Object.values(nodes) as { symbols: { name: string; declarations: PublicSymbol[] }[] }[];
  return modules.flatMap(({ symbols }) =>
    symbols.flatMap(({ name, declarations }) => declarations.map((each) => ({ ...each, name })))
  );
}

function examplesOf({ jsDoc }: Documented): string[] {
  return (jsDoc?.tags ?? []).filter(({ kind }) => kind === "example").map(({ doc }) => doc ?? "");
}

Deno.test("every public class, function and method has an example", async () => {
  const symbols = (await publicSymbols()).filter(({ kind }) => kind === "class" || kind === "function");
  const missing: string[] = [];
  for (const symbol of symbols) {
    const definition = symbol.def ?? symbol.classDef ?? {};
    const examples = examplesOf(symbol);
    // The kinds of errors differ in their name only: the example of their base is theirs too.
    const isError = /^Fief(Auth)?Error$/.test(definition.extends ?? "");
    if (examples.length === 0 && !isError) missing.push(symbol.name);
    for (const method of (definition.methods ?? []).filter(({ kind }) => kind === "method")) {
      // One of its own, or its part in a story of the class.
      const shown = examples.some((example) =>
        example.includes(`.${method.name}(`) || example.includes(` ${method.name}(`)
      );
      if (examplesOf(method).length === 0 && !shown) missing.push(`${symbol.name}.${method.name}`);
    }
  }
  assertEquals(missing, []);
  const names = symbols.map(({ name }) => name);
  for (const name of ["Fief", "FiefAuth", "FiefError", "stepUpChallenge", "cli", "command"]) {
    assert(names.includes(name), name);
  }
});

Deno.test("deno doc --html builds, with a page for each public class", async () => {
  await using directory = await temporaryDirectory();
  await denoDoc(["--html", "--name=fief-auth", `--output=${directory.path}`]);
  const pages: string[] = [];
  const walk = (path: string) => {
    for (const { name, isDirectory } of Deno.readDirSync(path)) {
      if (isDirectory) walk(`${path}/${name}`);
      else pages.push(name);
    }
  };
  walk(directory.path);
  for (const name of ["index.html", "Fief.html", "FiefAuth.html", "cli.html"]) assert(pages.includes(name), name);
});
