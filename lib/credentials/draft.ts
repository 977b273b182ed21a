import { dirname } from "@std/path";
import { FiefError } from "../errors.ts";
import { isBeingWritten, spaces, writeAll, writeInPlace } from "./in_place.ts";
import { openedLine } from "./read.ts";
import { reasonOf } from "./reason.ts";

/** Bytes that the next version is given room for: several times the largest session there is. */
const ROOM = 64 * 1024;

/** The next version of a file, `PATH.tmp`, until it takes the file's place. Disposing of it leaves nothing behind. */
export class Draft implements AsyncDisposable {
  readonly #target: string;
  readonly #path: string;
  readonly #onNotice: (line: string) => void;
  #file: Deno.FsFile | undefined;
  #made = false;

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
      await removeIfThere(this.#path);
      this.#file = await Deno.open(this.#path, { write: true, createNew: true, mode: 0o600 });
      this.#made = true;
      await this.#assertOwn(this.#file);
      await assertChangeable(this.#target);
      await writeAll(this.#file, spaces(ROOM));
      await this.#file.syncData(); // a network's file system says only now that there is no room
    });
  }

  /** Replaces the file by this text, whole: whoever reads sees the old one or the new one, also after a crash. */
  async publish(text: string): Promise<void> {
    await this.open();
    const bytes = new TextEncoder().encode(text);
    const exposed = await isReadableByOthers(this.#target);
    await this.#attempt(async () => {
      await this.#fill(bytes);
      try {
        await Deno.rename(this.#path, this.#target);
        this.#made = false;
      } catch (error) {
        if (!isRefusedRename(error)) throw error;
        await this.#writeInPlace(bytes);
      }
    });
    await this[Symbol.asyncDispose]();
    await syncDirectory(dirname(this.#target));
    if (!exposed) return;
    const stillExposed = await isReadableByOthers(this.#target);
    this.#onNotice(openedLine(this.#target, stillExposed));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#file?.close();
    this.#file = undefined;
    if (this.#made) await Deno.remove(this.#path).catch(() => {}); // the next one removes it
    this.#made = false;
  }

  async #fill(bytes: Uint8Array): Promise<void> {
    const file = this.#file!;
    await file.seek(0, Deno.SeekMode.Start);
    await writeAll(file, bytes);
    await file.truncate(bytes.length);
    await file.sync();
    file.close(); // Windows renames no open file
    this.#file = undefined;
  }

  async #writeInPlace(bytes: Uint8Array): Promise<void> {
    try {
      await writeInPlace(this.#target, bytes);
    } catch (error) {
      this.#made = !await isBeingWritten(this.#target); // else only the draft is whole: it stays
      throw error;
    }
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
      throw new FiefError(
        "credentials_unwritable",
        `Cannot write the credentials file "${this.#target}": ${reasonOf(error)}`,
        "Check that there is space, and who owns the directory and the file",
        { cause: error },
      );
    }
  }
}

/** A file that is mounted by itself, into a container say, can be written and not replaced. */
function isRefusedRename(error: unknown): boolean {
  return ["EBUSY", "EXDEV"].includes((error as { code?: string }).code ?? "");
}

/**
 * A file that is mounted read-only by itself, or made immutable, takes neither another in its place nor a change. Where only its mode says
 * no, another file can take its place all the same.
 */
async function assertChangeable(path: string): Promise<void> {
  try {
    (await Deno.open(path, { write: true })).close();
  } catch (error) {
    if (["EROFS", "EPERM"].includes((error as { code?: string }).code ?? "")) throw error;
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function isReadableByOthers(path: string): Promise<boolean> {
  const mode = await Deno.stat(path).then((info) => info.mode, () => null);
  return mode !== null && (mode & 0o077) !== 0;
}

/** So that the new name outlives a power cut. Where that is not possible the file itself is safe all the same. */
async function syncDirectory(path: string): Promise<void> {
  // Looked up and not just tried: in a terminal, Deno would ask the user for a permission that can be done without.
  if (Deno.permissions.querySync({ name: "read", path }).state !== "granted") return;
  try {
    using directory = await Deno.open(path, { read: true });
    await directory.sync();
  } catch {
    // Windows opens no directories, and some file systems sync none.
  }
}
