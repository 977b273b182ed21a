import { dirname } from "@std/path";
import { FiefError } from "../errors.ts";
import type { Host } from "../host.ts";
import type { Credentials } from "./format.ts";
import { takeLock } from "./lock.ts";
import { defaultCredentialsPath, isProfileName, profileChoicePath, USUAL_PROFILE } from "./path.ts";
import { permissionMissing, requirePermissions } from "./permission.ts";
import { readCredentials } from "./read.ts";
import { reasonOf } from "./reason.ts";
import { resolveTarget } from "./target.ts";

/** Milliseconds to wait for whoever changes a profile that is to be removed. */
const PATIENCE = 10_000;

/** Where the profiles of a CLI are, and which system it is. */
type Place = Pick<Host, "env" | "os">;

/** The directory of a CLI's profiles. */
export function profilesDirectory(name: string, host: Place): string {
  return dirname(defaultCredentialsPath(name, host));
}

/**
 * Names of the profiles that have a file, the usual one first.
 *
 * @throws {FiefError} `credentials_unreadable`, `permission_missing`.
 */
export async function profileNames(name: string, host: Place): Promise<string[]> {
  const directory = profilesDirectory(name, host);
  const found = new Set<string>();
  try {
    for await (const entry of Deno.readDir(directory)) {
      const profile = profileOf(entry.name);
      if (profile !== undefined && !entry.isDirectory) found.add(profile);
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    if (error instanceof Deno.errors.NotCapable) throw permissionMissing("read", directory);
    throw new FiefError(
      "credentials_unreadable",
      `Cannot read the directory "${directory}"`,
      "Check the path, and who owns the directory",
      { cause: error },
    );
  }
  return [...found].sort((a, b) => Number(b === USUAL_PROFILE) - Number(a === USUAL_PROFILE) || (a < b ? -1 : 1));
}

/** The profile whose credentials a file of this name holds. What stands for the usual one under its own name belongs to nobody. */
function profileOf(file: string): string | undefined {
  if (file === "credentials.json") return USUAL_PROFILE;
  const name = file.match(/^credentials\.(.+)\.json$/s)?.[1];
  return name !== undefined && name !== USUAL_PROFILE && isProfileName(name) ? name : undefined;
}

/**
 * Keeps which profile later runs use. The usual one needs no file to say so.
 *
 * @throws {FiefError} `credentials_unwritable`, `permission_missing`.
 */
export async function keepChoice(name: string, host: Place, profile: string): Promise<void> {
  const path = profileChoicePath(name, host);
  await changing(path, async () => {
    if (profile === USUAL_PROFILE) return await removeIfThere(path);
    const draft = `${path}.tmp`;
    requirePermissions(["write"], [path, draft]);
    // Left by a process that died, or planted: a link is removed itself, nothing that it points to.
    await removeIfThere(draft);
    await Deno.writeTextFile(draft, `${profile}\n`, { createNew: true, mode: 0o600 });
    await Deno.rename(draft, path);
  });
}

/**
 * Removes a credentials file with its draft and its lock. Of a symbolic link nothing but the link itself is removed.
 *
 * @param path Path of the file.
 * @param allow Asked under the lock; throws where the file has to stay. Without it nobody looks into the file.
 * @returns The file that a link has led to, and that stays.
 * @throws {FiefError} `credentials_unwritable`, `credentials_locked`, `permission_missing`, and what `allow` throws.
 */
export async function removeCredentials(
  path: string,
  allow?: (current: Credentials | undefined) => void,
): Promise<string | undefined> {
  const target = await resolveTarget(path);
  // Half of it must not be gone when Deno says no.
  requirePermissions(["write"], target === path ? [path, `${path}.tmp`, `${path}.lock`] : [path, `${target}.lock`]);
  const taken = await takeLock(target, { timeout: PATIENCE, meanwhile: () => Promise.resolve(undefined) });
  if (!("lock" in taken)) return undefined;
  using _ = taken.lock;
  allow?.(await readCredentials(path));
  return await changing(path, async () => {
    await removeIfThere(path);
    if (target !== path) return target;
    await removeIfThere(`${path}.tmp`);
    // Whoever waits for it looks again whether it is still the one that has this name.
    await removeIfThere(`${path}.lock`);
    return undefined;
  });
}

async function removeIfThere(path: string): Promise<void> {
  await Deno.remove(path).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

async function changing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof FiefError) throw error;
    if (error instanceof Deno.errors.NotCapable) throw permissionMissing("write", path);
    throw new FiefError(
      "credentials_unwritable",
      `Cannot change "${path}": ${reasonOf(error)}`,
      "Check who owns the directory, and that there is space",
      { cause: error },
    );
  }
}
