import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { bundle, type Contents, MAIN, workerFile } from "./bundle.ts";
import { deno } from "./deno.ts";
import { type DenoInfo, type LockFile, packagesImportedIn, packagesOf, prunedLock } from "./graph.ts";
import { settlePackages } from "./packages.ts";
import type { Stage } from "./stage.ts";
import { setTimes } from "./times.ts";

/** What is put into a binary. */
export interface Embedded {
  /** The file that the program starts with. */
  entry: string;
  /** Files that nothing imports. */
  included: string[];
  /** Flags of `deno compile`: import map and lock. */
  flags: string[];
}

/**
 * Makes what goes into the binary: a few files in place of many modules, as each that is loaded takes its time. Beside them there is what
 * they are made of, and under which licenses.
 *
 * @param stage The program.
 * @param output An empty directory.
 * @param cache The `DENO_DIR` of compilation.
 */
export async function embed({ directory, entries, packages }: Stage, output: string, cache: string): Promise<Embedded> {
  const at = (path: string) => join(directory, path);
  const common = ["--no-config", "--lock", at("deno.lock"), "--import-map", at("import_map.json")];
  const env = { DENO_DIR: cache };
  await deno(["cache", "-q", "--no-check", ...common, ...entries.map(at)], env);
  const places = await settlePackages(`${cache}/npm`, packages);
  const infos: DenoInfo[] = await Promise.all(
    entries.map(async (path) => JSON.parse(await deno(["info", "--json", ...common, at(path)], env))),
  );
  // Ours are known to be plain modules. Any other stays what it is: it may look for a file of its own.
  const bundled = packagesImportedIn(pathToFileURL(at("lib/")).href, infos);
  for (const id of bundled) await copy(places.get(id)!, at(`node_modules/${id.replace(/(?!^)@.*/, "")}`));
  const [program, ...workers] = entries.map((path, index) => ({ path, info: infos[index]! }));
  const contents = await bundle({ directory, program: program!, workers, packages: bundled, output });
  await Deno.writeTextFile(`${output}/contents.txt`, contentsText(contents));
  await Deno.writeTextFile(`${output}/licenses.txt`, await licensesOf(bundled, places));
  const flags = await resolutionFlags(directory, output, packagesOf(infos, bundled));
  await setTimes(output);
  const files = [...workers.map(({ path }) => workerFile(path)), "contents.txt", "licenses.txt"];
  return { entry: join(output, MAIN), included: files.map((name) => join(output, name)), flags };
}

/** The bundle names its modules itself. What is left is `@std`, by which the program tells what it was made with, and packages that stay some. */
async function resolutionFlags(directory: string, output: string, outside: string[]): Promise<string[]> {
  const read = async (name: string) => JSON.parse(await Deno.readTextFile(join(directory, name)));
  const write = (name: string, value: unknown) =>
    Deno.writeTextFile(join(output, name), `${JSON.stringify(value, null, 2)}\n`);
  const { imports }: { imports: Record<string, string> } = await read("import_map.json");
  const std = Object.entries(imports).filter(([name]) => name.startsWith("@std/"));
  await write("import_map.json", { imports: Object.fromEntries(std) });
  const map = ["--import-map", join(output, "import_map.json")];
  if (outside.length === 0) return [...map, "--no-lock"];
  const lock: LockFile = await read("deno.lock");
  await write("deno.lock", prunedLock(lock, outside));
  return [...map, "--lock", join(output, "deno.lock"), "--frozen"];
}

/** For people, and for the test that looks into a binary: each file with its modules. */
function contentsText(contents: Contents): string {
  return Object.entries(contents).map(([file, modules]) => [`${file}:`, ...modules].join("\n  ") + "\n").join("");
}

/** What the licenses ask for is that their text goes along. */
async function licensesOf(packages: string[], places: Map<string, string>): Promise<string> {
  const texts = packages.map(async (id) => {
    const place = places.get(id)!;
    const names = [...Deno.readDirSync(place)].map(({ name }) => name).filter((name) => /^licen[cs]e\b/i.test(name));
    return [id, ...await Promise.all(names.sort().map((name) => Deno.readTextFile(join(place, name))))].join("\n\n");
  });
  return `${(await Promise.all(texts)).join("\n\n\n")}\n`;
}

async function copy(from: string, to: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    const target = join(to, name);
    if (isDirectory) await copy(join(from, name), target);
    else {
      await Deno.mkdir(dirname(target), { recursive: true });
      await Deno.copyFile(join(from, name), target);
    }
  }
}
