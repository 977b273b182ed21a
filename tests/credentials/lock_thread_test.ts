import { assertEquals } from "@std/assert";
import { lockInThread } from "../../lib/credentials/lock_thread.ts";
import { temporaryDirectory } from "../support/directory.ts";

Deno.test("lockInThread() holds the lock until it is disposed of", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/c.json.lock`;
  using file = await Deno.create(path);
  const thread = lockInThread(path, await file.stat());
  assertEquals(await thread.state, "held");
  let ours = false;
  const locking = file.lock(true).then(() => ours = true);
  await new Promise((resolve) => setTimeout(resolve)); // a turn, in which it would
  assertEquals(ours, false);
  thread[Symbol.dispose]();
  await locking;
  file.unlockSync();
  using next = lockInThread(path, await file.stat());
  assertEquals(await next.state, "held");
});

Deno.test("lockInThread() locks no other file that has been put in its place", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/c.json.lock`;
  using file = await Deno.create(path);
  const looked = await file.stat();
  await Deno.rename(path, `${directory.path}/away`);
  await Deno.symlink("victim", path);
  {
    using thread = lockInThread(path, looked);
    assertEquals(await thread.state, "exchanged"); // and makes none
  }
  using victim = await Deno.create(`${directory.path}/victim`);
  using thread = lockInThread(path, looked);
  assertEquals(await thread.state, "exchanged");
  await victim.lock(true); // is free
});
