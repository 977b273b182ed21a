import { dirname, join } from "@std/path";
import { FiefError } from "../errors.ts";
import { permissionMissing } from "./permission.ts";

/** As Linux has it: a longer chain of links is a circle. */
const MOST_LINKS = 40;

/**
 * The file that a path stands for: where it is a symbolic link, what the link points to, whether that is there or not.
 *
 * @throws {FiefError} `credentials_unreadable`, `permission_missing`.
 */
export async function resolveTarget(path: string): Promise<string> {
  let target = path;
  for (let links = 0; links < MOST_LINKS; links++) {
    try {
      const info = await Deno.lstat(target);
      if (!info.isSymlink) return target;
      const link = await Deno.readLink(target);
      target = /^([/\\]|[A-Za-z]:)/.test(link) ? link : join(dirname(target), link);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return target;
      if (error instanceof Deno.errors.NotCapable) throw permissionMissing("read", target);
      throw new FiefError(
        "credentials_unreadable",
        `Cannot look at "${target}"`,
        "Check the path, and who owns the directory",
        { cause: error },
      );
    }
  }
  throw new FiefError(
    "credentials_unreadable",
    `"${path}" is a symbolic link that leads in a circle`,
    "Remove the link",
  );
}
