import { assert, assertEquals } from "@std/assert";
import { checkLock } from "../../lib/cli/doctor/lock.ts";
import { takeLock } from "../../lib/credentials/lock.ts";
import { temporaryDirectory } from "../support/directory.ts";

Deno.test("checkLock() gives the lock back before it tells that it is free, and makes none where there is none", async () => {
  await using directory = await temporaryDirectory();
  const target = `${directory.path}/credentials.json`;
  assertEquals((await checkLock(target, "acme"))[0]?.found, "free: nobody has made it yet");
  assertEquals([...Deno.readDirSync(directory.path)], []);
  Deno.writeTextFileSync(`${target}.lock`, "");
  assertEquals((await checkLock(target, "acme"))[0]?.found, "free");
  const taken = await takeLock(target, { timeout: 100, meanwhile: () => Promise.resolve(undefined) });
  assert("lock" in taken);
  taken.lock[Symbol.dispose]();
});
