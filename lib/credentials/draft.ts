import { FiefError } from "../errors.ts";
import { permissionMissing } from "./permission.ts";

/** Bytes that the next version is given room for: several times the largest session there is. */
const ROOM = 64 * 1024;

/** The next version of a file, `PATH.tmp`, until it takes the file's place. Disposing of it leaves nothing behind. */
export class Draft implements AsyncDisposable {
  readonly #target: string;
  readonly #path: string;
  readonly #onNotice: (line: string) => void;
  #file: Deno.FsFile | undefined;

  constructor(target: string, onNotice: (line: string) => void) {
    this.#target = target;
    this.#path = `${target}.tmp`;
    this.#onNotice = onNotice;
  }

  /** Makes the file, with room for what will be written: a full disk must show now, not when a spent token has to be saved. */
  async open(): Promise<void> {
    if (this.#file !== undefined) return;
    await this.#attempt(async () => {
      // Left by a process that died, or planted: a link is removed itself, nothing that it points to.
      await Deno.remove(this.#path).catch((error) => {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      });
      this.#file = await Deno.open(this.#path, { write: true, createNew: true, mode: 0o600 });
      await this.#assertOwn(this.#file);
      await writeAll(this.#file, new Uint8Array(ROOM).fill(0x20));
    });
  }

  /** Replaces the file by this text, whole: whoever reads sees the old one or the new one, also after a crash. */
  async publish(text: string): Promise<void> {
    await this.open();
    const file = this.#file!;
    const bytes = new TextEncoder().encode(text);
    await this.#attempt(async () => {
      const others = await readableByOthers(this.#target);
      await overwrite(file, bytes);
      file.close(); // Windows renames no open file
      this.#file = undefined;
      try {
        await Deno.rename(this.#path, this.#target);
      } catch (error) {
        if (!isRefusedRename(error)) throw error;
        await writeInPlace(this.#target, bytes);
        await Deno.remove(this.#path);
      }
      if (others) this.#onNotice(`The credentials file "${this.#target}" could be read by others: now only you can`);
    });
    await syncDirectory(this.#target);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#file === undefined) return;
    this.#file.close();
    this.#file = undefined;
    await Deno.remove(this.#path).catch(() => {}); // the next one removes it
  }

  /** The new file has our owner: no question to the system is needed, which would take a permission of its own. */
  async #assertOwn(draft: Deno.FsFile): Promise<void> {
    const existing = await Deno.stat(this.#target).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    });
    const { uid } = await draft.stat();
    if (existing === undefined || existing.uid === uid) return;
    throw new FiefError(
      "credentials_unwritable",
      `The credentials file "${this.#target}" belongs to another user`,
      "Use a file of your own",
    );
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      await this[Symbol.asyncDispose]();
      if (error instanceof FiefError) throw error;
      if (error instanceof Deno.errors.NotCapable) {
        throw permissionMissing(/read access/.test(error.message) ? "read" : "write", this.#path);
      }
      const why = WHY[(error as { code?: string }).code ?? ""] ?? "writing failed";
      const hint = "The session that was there is kept. Check space, the directory and who owns it";
      throw new FiefError(
        "credentials_unwritable",
        `Cannot write the credentials file "${this.#target}": ${why}`,
        hint,
        { cause: error },
      );
    }
  }
}

const WHY: Record<string, string> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the quota is used up",
  EROFS: "the file system is read-only",
  EACCES: "access is denied",
  EPERM: "access is denied",
  ENOENT: "the directory is gone",
  EISDIR: "it is a directory",
};

/** A file that is mounted by itself, into a container say, can be written and not replaced. */
function isRefusedRename(error: unknown): boolean {
  return ["EBUSY", "EXDEV"].includes((error as { code?: string }).code ?? "");
}

async function readableByOthers(path: string): Promise<boolean> {
  const mode = await Deno.stat(path).then((info) => info.mode, () => null);
  return mode !== null && (mode & 0o077) !== 0;
}

async function overwrite(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  await file.seek(0, Deno.SeekMode.Start);
  await writeAll(file, bytes);
  await file.truncate(bytes.length);
  await file.sync();
}

async function writeInPlace(path: string, bytes: Uint8Array): Promise<void> {
  using file = await Deno.open(path, { write: true });
  await overwrite(file, bytes);
  if (Deno.build.os !== "windows") await Deno.chmod(path, 0o600);
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await file.write(rest));
}

/** So that the new name outlives a power cut. Where the directory may not be read, or has no such thing, the file itself is safe all the same. */
async function syncDirectory(target: string): Promise<void> {
  try {
    using directory = await Deno.open(target.replace(/[^/\\]*$/, "") || ".", { read: true });
    await directory.sync();
  } catch {
    // not allowed, or not possible here
  }
}
