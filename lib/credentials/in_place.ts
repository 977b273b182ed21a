// A file that cannot be replaced, because it is mounted by itself, is written in place. Its first byte says so while that goes on; the
// whole new version is in the draft all that time.
import type { Credentials } from "./format.ts";
import { parseCredentials, WRITING } from "./format.ts";
import { permissionMissing } from "./permission.ts";
import { resolveTarget } from "./target.ts";

/** Milliseconds between two looks at a file that is being written. */
const PAUSE = 20;
/** Looks; a writer takes a few milliseconds. */
const LOOKS = 50;

/**
 * Writes this version into the file. Whenever the process dies, the file is the old version, or the new one, or says by its first byte that
 * the new one is in the draft.
 *
 * @param bytes A JSON object, which the draft holds too.
 */
export async function writeInPlace(path: string, bytes: Uint8Array): Promise<void> {
  if (Deno.build.os !== "windows") await Deno.chmod(path, 0o600).catch(() => {}); // the draft says where that did not help
  using file = await Deno.open(path, { write: true });
  const { size } = await file.stat();
  const whole = spaces(Math.max(size, bytes.length));
  whole.set(bytes);
  // Room first, behind the old version: a full disk must show while that is still whole.
  await file.seek(0, Deno.SeekMode.End);
  await writeAll(file, spaces(bytes.length - size));
  // One byte is never half written. Each step is on the disk before the next one begins.
  await put(file, 0, new TextEncoder().encode(WRITING));
  await put(file, 1, whole.subarray(1));
  await put(file, 0, whole.subarray(0, 1));
  await file.truncate(bytes.length);
  await file.sync();
}

/** Completes what a process that died has begun. To be called under the lock. */
export async function finishWriting(target: string): Promise<void> {
  if (!await isBeingWritten(target)) return;
  const text = await draftOf(target);
  if (text !== undefined) await writeInPlace(target, new TextEncoder().encode(text));
}

/** What a file that is being written will say; `undefined` where its writer has died and has left no draft. */
export async function readBeingWritten(path: string): Promise<Credentials | undefined> {
  const target = await resolveTarget(path);
  for (let look = 0; look < LOOKS; look++) {
    const text = await draftOf(target);
    if (text !== undefined) return parseCredentials(text, path);
    // Without a draft there is only the file.
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    const now = await Deno.readTextFile(target);
    if (!now.startsWith(WRITING)) return parseCredentials(now, path);
  }
  return undefined;
}

/** The draft's text, where it is a whole session and only the file's owner could have put it there. */
async function draftOf(target: string): Promise<string | undefined> {
  const path = `${target}.tmp`;
  try {
    const [draft, file] = await Promise.all([Deno.lstat(path), Deno.stat(target)]);
    if (!draft.isFile || draft.uid !== file.uid || ((draft.mode ?? 0) & 0o077) !== 0) return undefined;
    const text = await Deno.readTextFile(path);
    if (!text.startsWith("{")) return undefined;
    parseCredentials(text, path);
    return text;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw permissionMissing("read", path);
    return undefined; // it is gone: the writer is done, or has left none
  }
}

/** Whether a version is being written into the file, or its writer has died. */
export async function isBeingWritten(path: string): Promise<boolean> {
  try {
    using file = await Deno.open(path);
    const first = new Uint8Array(1);
    return await file.read(first) === 1 && new TextDecoder().decode(first) === WRITING;
  } catch {
    return false; // told by whoever reads it
  }
}

async function put(file: Deno.FsFile, position: number, bytes: Uint8Array): Promise<void> {
  await file.seek(position, Deno.SeekMode.Start);
  await writeAll(file, bytes);
  await file.syncData();
}

/** So many blanks, which JSON takes anywhere. */
export function spaces(length: number): Uint8Array {
  return new Uint8Array(Math.max(length, 0)).fill(0x20);
}

/** Writes all of it. */
export async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await file.write(rest));
}
