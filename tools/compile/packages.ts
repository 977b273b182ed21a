import { join } from "node:path";
import { CompileError } from "./options.ts";
import { ignoreMissing, setTimes } from "./times.ts";

/**
 * Makes a cache of npm packages look the same wherever and whenever it was filled.
 *
 * @param directory The directory `npm` of a `DENO_DIR`.
 * @param packages Those that have to be in it, `jose@6.2.18` say.
 * @returns The directory of each.
 * @throws {CompileError} Where one is missing: Deno would compile without it, and say nothing.
 */
export async function settlePackages(directory: string, packages: string[]): Promise<Map<string, string>> {
  const places = new Map<string, string>();
  const registries = await Array.fromAsync(Deno.readDir(directory)).catch(() => []);
  for (const id of packages) {
    const path = id.replace(/_.*/, "").replace(/(?!^)@/, "/");
    const possible = registries.map(({ name }) => join(directory, name, path));
    const found = await Promise.all(possible.map(isDirectory));
    const place = possible[found.indexOf(true)];
    if (place === undefined) throw new CompileError(`The npm package ${id} could not be had from the registry`, 1);
    places.set(id, place);
  }
  await nameLicenses(directory).then(() => setTimes(directory)).catch(ignoreMissing);
  return places;
}

/**
 * Deno takes a file without an ending for a program, and embeds with which words, and at which path, it could not be read as one: a license
 * gets an ending.
 */
async function nameLicenses(directory: string): Promise<void> {
  for await (const { name, isDirectory, isFile } of Deno.readDir(directory)) {
    const path = join(directory, name);
    if (isDirectory) await nameLicenses(path);
    if (isFile && /^(LICEN[CS]E|COPYING|NOTICE|README|CHANGELOG|AUTHORS)$/i.test(name)) {
      await Deno.rename(path, `${path}.txt`).catch(ignoreMissing);
    }
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return await Deno.stat(path).then((info) => info.isDirectory, () => false);
}
