/** The file of an archive that names what is in the program beside our own code. */
export const NOTICES = "THIRD_PARTY.txt";

/**
 * The notices of all that is in a program beside our own code: their licenses (MIT, BSD) ask for them in every copy.
 *
 * @param root The repository.
 * @param cache The npm packages that a program was compiled with: the directory `npm` of a `DENO_DIR`.
 * @throws {Error} Where there are none, or one of them has no license to show.
 */
export async function thirdPartyNotices(root: string, cache: string): Promise<string> {
  const locked = Object.keys(JSON.parse(await Deno.readTextFile(`${root}/deno.lock`)).npm);
  const packages = (await packagesIn(cache)).filter(({ id }) => locked.includes(id));
  if (packages.length === 0) throw new Error(`No npm package is in ${cache}: compile first`);
  const runtime = await Deno.readTextFile(`${root}/tools/release/runtime_notices.txt`);
  const parts = await Promise.all(
    packages.map(async ({ id, path }) => `== ${id} ==\n\n${(await licenseIn(path, id)).trim()}\n`),
  );
  return [`fief-auth is under the license in the file LICENSE. In the program there are also:\n`, ...parts, runtime]
    .join("\n");
}

/** Those in all registries of a cache, in order. */
async function packagesIn(cache: string): Promise<{ id: string; path: string }[]> {
  const found: { id: string; path: string }[] = [];
  for (const registry of await directoriesIn(cache)) {
    for (const name of await directoriesIn(`${cache}/${registry}`)) {
      const names = name.startsWith("@")
        ? (await directoriesIn(`${cache}/${registry}/${name}`)).map((each) => `${name}/${each}`)
        : [name];
      for (const each of names) {
        const path = `${cache}/${registry}/${each}`;
        for (const version of await directoriesIn(path)) {
          found.push({ id: `${each}@${version}`, path: `${path}/${version}` });
        }
      }
    }
  }
  return found.toSorted((a, b) => a.id < b.id ? -1 : 1);
}

async function directoriesIn(path: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(path)).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  });
  return entries.filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
}

async function licenseIn(path: string, id: string): Promise<string> {
  for await (const { name, isFile } of Deno.readDir(path)) {
    if (isFile && /^(licen[cs]e|copying)(\.\w+)?$/i.test(name)) return await Deno.readTextFile(`${path}/${name}`);
  }
  throw new Error(`The npm package ${id} has no file with its license: add its notice by hand`);
}
