import { dirname, isAbsolute, join, relative } from "node:path";
import { importMap } from "../offline_map.ts";
import { deno } from "./deno.ts";
import { type DenoInfo, graphOf, prunedLock, prunedMap } from "./graph.ts";
import { CompileError } from "./options.ts";
import { ROOT } from "./root.ts";
import { setTimes } from "./times.ts";

/** A copy of what a program is made of, and of nothing else, that looks the same wherever and whenever it is made. */
export interface Stage {
  /** Where it is. */
  directory: string;
  /** The program, and modules that are started by their path; relative to it. */
  entries: string[];
  /** Its npm packages, `jose@6.2.18` say. */
  packages: string[];
}

/** Modules that the program starts as Workers: nothing imports them. */
const WORKERS = ["lib/cli/isolated/worker.ts"];

/**
 * Copies the program's modules into a directory, with a lock file of the npm packages that they import.
 *
 * @param app Absolute path of the program; outside of this project it imports `@fief/auth` by that name.
 * @param standIns Whether the stand-ins take the place of `@std`.
 * @param directory Where to.
 * @throws {CompileError} Where a module is missing.
 */
export async function stageProgram(app: string, standIns: boolean, directory: string): Promise<Stage> {
  const { imports } = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));
  const map = importMap(imports, standIns).imports;
  const workers = WORKERS.map((path) => join(ROOT, path));
  const graph = graphOf(await Promise.all([app, ...workers].map((entry) => inform(entry, map, directory))));
  const outside = commonDirectory(graph.files.filter((path) => !isWithin(ROOT, path)));
  const staged = (path: string) =>
    isWithin(ROOT, path) ? relative(ROOT, path) : join("app", relative(outside ?? dirname(app), path));
  for (const path of graph.files) {
    const target = join(directory, staged(path));
    await Deno.mkdir(dirname(target), { recursive: true });
    await Deno.writeFile(target, await Deno.readFile(path));
  }
  const used = Object.entries(prunedMap(map, graph.specifiers)).map((
    [name, target],
  ) => [name, target.replace(/^\.\.\//, "./")]);
  await writeJson(`${directory}/import_map.json`, { imports: Object.fromEntries(used) });
  const lock = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.lock`));
  await writeJson(`${directory}/deno.lock`, prunedLock(lock, graph.packages));
  await setTimes(directory);
  return { directory, entries: [app, ...workers].map(staged), packages: graph.packages };
}

/** The modules below an entry point. The lock file is a copy: Deno may add to it. */
async function inform(entry: string, map: Record<string, string>, directory: string): Promise<DenoInfo> {
  const own = await Deno.makeTempDir({ dir: directory });
  try {
    const absolute = Object.entries(map).map((
      [name, target],
    ) => [name, target.startsWith("../") ? `file://${encodeURI(join(ROOT, target.slice(3)))}` : target]);
    await writeJson(`${own}/import_map.json`, { imports: Object.fromEntries(absolute) });
    await Deno.copyFile(`${ROOT}/deno.lock`, `${own}/deno.lock`);
    const found = ["--no-config", "--import-map", `${own}/import_map.json`, "--lock", `${own}/deno.lock`];
    const info: DenoInfo = JSON.parse(await deno(["info", "--json", ...found, entry]));
    const broken = info.modules.find(({ error }) => error !== undefined);
    if (broken === undefined) return info;
    throw new CompileError(`${entry} imports what cannot be had: ${broken.error!.trim()}`);
  } finally {
    await Deno.remove(own, { recursive: true });
  }
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await Deno.writeTextFile(path, `${JSON.stringify(value, null, 2)}\n`);
}

function isWithin(directory: string, path: string): boolean {
  const from = relative(directory, path);
  return !from.startsWith("..") && !isAbsolute(from);
}

function commonDirectory(paths: string[]): string | undefined {
  return paths.map(dirname).reduce<string | undefined>((common, directory) => {
    let shared = common ?? directory;
    while (!isWithin(shared, directory)) shared = dirname(shared);
    return shared;
  }, undefined);
}
