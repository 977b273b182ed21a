import { takeLock } from "../../credentials/lock.ts";
import { FiefError } from "../../errors.ts";
import { failed, type Finding, ok, warning } from "./finding.ts";

/** Milliseconds that somebody may hold the lock meanwhile: a refresh takes less. */
const PATIENCE = 5_000;

/** The lock of a credentials file: whether it is free. Where it can be had it is given back at once. */
export async function checkLock(target: string, app: string): Promise<Finding[]> {
  const path = `${target}.lock`;
  const before = await Deno.lstat(path).catch(() => undefined);
  if (before === undefined) return [ok("lock", "free: nobody has made it yet")];
  try {
    const started = performance.now();
    const taken = await takeLock(target, { timeout: PATIENCE, meanwhile: () => Promise.resolve(undefined) });
    const waited = performance.now() - started;
    if (!("lock" in taken)) return [];
    using lock = taken.lock;
    if (!lock.exclusive) {
      const met = "this file system has no locks: programs that run at the same time may sign each other out";
      return [warning("lock", met, "Keep the credentials file on a disk of this machine: --credentials PATH")];
    }
    return [ok("lock", waited < 1_000 ? "free" : `free, after ${Math.round(waited / 1000)} s`)];
  } catch (error) {
    if (!(error instanceof FiefError) || error.code !== "credentials_locked") return [failed("lock", error, app)];
    const finding = failed("lock", error, app);
    return [{ ...finding, found: `${finding.found}${await holderOf(path, before)}` }];
  }
}

/** Who holds it, where Linux tells: Deno lets programs with all permissions only look there. */
async function holderOf(path: string, { ino }: Deno.FileInfo): Promise<string> {
  try {
    const locks = await Deno.readTextFile("/proc/locks");
    const [, pid] = locks.match(new RegExp(`FLOCK +ADVISORY +WRITE (\\d+) \\S+:${ino} `)) ?? [];
    if (pid === undefined) return "";
    const name = (await Deno.readTextFile(`/proc/${pid}/comm`)).trim();
    const started = (await Deno.stat(`/proc/${pid}`)).mtime;
    const since = started === null ? "" : `, which runs since ${started.toISOString().replace(/\.\d+Z$/, "Z")}`;
    return `: process ${pid} (${name})${since}`;
  } catch {
    return ` (who holds it: fuser ${path})`;
  }
}
