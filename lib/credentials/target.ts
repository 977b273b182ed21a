import { dirname, join } from "@std/path";
import { FiefError } from "../errors.ts";
import { permissionMissing } from "./permission.ts";

/**
 * The file that a path stands for: where it is a symbolic link, what the link points to, whether that is there or not.
 *
 * @throws {FiefError} `credentials_unreadable`, `permission_missing`.
 */
export async function resolveTarget(path: string): Promise<string> {
  try {
    return await isLink(path) ? await Deno.realPath(path) : path;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return await endOfDanglingLink(path);
    if (error instanceof Deno.errors.NotCapable) throw permissionMissing("read", path);
    throw new FiefError(
      "credentials_unreadable",
      (error as { code?: string }).code === "ELOOP"
        ? `"${path}" is a symbolic link that leads in a circle`
        : `Cannot look at "${path}"`,
      "Check the path, and who owns the directory",
      { cause: error },
    );
  }
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await Deno.lstat(path)).isSymlink;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** The system gives no name to what is not there. It cannot be a circle: that would have been another error. */
async function endOfDanglingLink(path: string): Promise<string> {
  try {
    if (!await isLink(path)) return path;
    const link = await Deno.readLink(path);
    return await endOfDanglingLink(/^([/\\]|[A-Za-z]:)/.test(link) ? link : join(dirname(path), link));
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw permissionMissing("read", path);
    throw error;
  }
}
