import { join } from "node:path";

/** When all that is embedded was changed last: Deno embeds the time of each file. */
const TIME = 0;

/** Gives all files below a directory the same time. */
export async function setTimes(directory: string): Promise<void> {
  for await (const { name, isDirectory, isFile } of Deno.readDir(directory)) {
    const path = join(directory, name);
    if (isDirectory) await setTimes(path);
    if (isFile) await Deno.utime(path, TIME, TIME).catch(ignoreMissing); // another compilation may rename it now
  }
}

/** For what another compilation may have done already. */
export function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
