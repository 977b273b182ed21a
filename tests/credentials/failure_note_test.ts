import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { changeCredentials } from "../../lib/credentials/change.ts";
import { lastFailure, noteFailure } from "../../lib/credentials/failure_note.ts";
import { FiefError } from "../../lib/errors.ts";
import { temporaryDirectory } from "../support/directory.ts";

const failed = new FiefError("provider_failed", "The server failed", "Try again");
const busy = new FiefError("provider_busy", "The server is busy", "Wait");

async function note(lockPath: string, error: FiefError): Promise<void> {
  using file = await Deno.open(lockPath, { write: true, create: true });
  await noteFailure(file, error);
}

Deno.test("lastFailure() gives the code of the last note, told from the one before also where the code is the same", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/lock`;
  assertEquals(await lastFailure(path), undefined);
  await note(path, failed);
  const first = await lastFailure(path);
  assertEquals(first?.code, "provider_failed");
  await note(path, failed);
  const second = await lastFailure(path);
  assertEquals(second?.code, "provider_failed");
  assertNotEquals(second?.id, first?.id);
  await note(path, busy); // shorter than what was there
  assertEquals((await lastFailure(path))?.code, "provider_busy");
});

const others: [what: string, make: (path: string) => Promise<unknown>][] = [
  ["empty", (path) => Deno.writeTextFile(path, "")],
  ["full of something else", (path) => Deno.writeTextFile(path, "x".repeat(10_000_000))],
  ["bytes that are no text", (path) => Deno.writeFile(path, new Uint8Array(100).fill(0xff))],
  ["half a note", (path) => Deno.writeTextFile(path, "provider_failed 12345")],
  ["a directory", (path) => Deno.mkdir(path)],
];
for (const [what, make] of others) {
  Deno.test(`lastFailure() is undefined where the lock is ${what}`, async () => {
    await using directory = await temporaryDirectory();
    await make(`${directory.path}/lock`);
    assertEquals(await lastFailure(`${directory.path}/lock`), undefined);
  });
}

Deno.test({
  name: "a pipe in place of the lock is refused, and nobody waits for its other end",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using directory = await temporaryDirectory();
    const path = `${directory.path}/credentials.json`;
    await new Deno.Command("mkfifo", { args: [`${path}.lock`] }).output();
    const error = await assertRejects(() => changeCredentials(path, {}, {}, () => Promise.resolve()), FiefError);
    assertEquals(error.code, "credentials_unwritable");
  },
});
