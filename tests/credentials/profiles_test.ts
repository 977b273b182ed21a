import { assert, assertEquals, assertFalse, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { chosenProfile, defaultCredentialsPath, profileChoicePath } from "../../lib/credentials/path.ts";
import { keepChoice, profileNames, removeCredentials } from "../../lib/credentials/profiles.ts";
import { takeLock } from "../../lib/credentials/lock.ts";
import { FiefError } from "../../lib/errors.ts";
import { temporaryDirectory } from "../support/directory.ts";

const SESSION = JSON.stringify({ userinfo: null, tokens: null });

/** A directory for settings, as a CLI named acme has it. */
async function place() {
  const directory = await temporaryDirectory();
  await Deno.mkdir(`${directory.path}/acme`, { mode: 0o700 });
  const host = { os: "linux" as const, env: (name: string) => name === "XDG_CONFIG_HOME" ? directory.path : undefined };
  const write = (file: string, text = SESSION) =>
    Deno.writeTextFile(`${directory.path}/acme/${file}`, text, { mode: 0o600 });
  const names = () => [...Deno.readDirSync(`${directory.path}/acme`)].map(({ name }) => name).sort();
  return {
    host,
    write,
    names,
    path: `${directory.path}/acme`,
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

Deno.test("profileNames() gives the profiles that have a file, the usual one first, and nothing else that lies there", async () => {
  await using at = await place();
  assertEquals(await profileNames("acme", at.host), []);
  for (
    const file of [
      "credentials.work.json",
      "credentials.a.b.json",
      "credentials.json",
      "credentials.json.lock",
      "credentials.work.json.tmp",
      "credentials.work.json.lock",
      "credentials.default.json",
      "credentials..hidden.json",
      "credentials.a b.json",
      "other.json",
      "profile",
    ]
  ) await at.write(file);
  await Deno.mkdir(`${at.path}/credentials.directory.json`);
  assertEquals(await profileNames("acme", at.host), ["default", "a.b", "work"]);
});

Deno.test("profileNames() is empty where there is no directory, and says where there is no right to read it", async () => {
  await using at = await place();
  assertEquals(await profileNames("nobody", at.host), []);
  await Deno.writeTextFile(`${at.path}/../file`, "");
  const error = await assertRejects(() => profileNames("file", at.host), FiefError);
  assertEquals(error.code, "credentials_unreadable");
});

Deno.test("keepChoice() keeps the choice in a file that is the owner's alone, and none for the usual profile", async () => {
  await using at = await place();
  assertEquals(chosenProfile("acme", at.host), undefined);
  await keepChoice("acme", at.host, "work");
  assertEquals(chosenProfile("acme", at.host), "work");
  assertEquals(at.names(), ["profile"]);
  if (Deno.build.os !== "windows") assertEquals((await Deno.stat(`${at.path}/profile`)).mode! & 0o777, 0o600);
  await keepChoice("acme", at.host, "other");
  assertEquals(chosenProfile("acme", at.host), "other");
  await keepChoice("acme", at.host, "default");
  await keepChoice("acme", at.host, "default");
  assertEquals([at.names(), chosenProfile("acme", at.host)], [[], undefined]);
});

Deno.test("keepChoice() writes through no link that somebody has put in the way of its draft", async () => {
  await using at = await place();
  await Deno.writeTextFile(`${at.path}/victim`, "untouched");
  await Deno.symlink(`${at.path}/victim`, `${at.path}/profile.tmp`);
  await keepChoice("acme", at.host, "work");
  assertEquals(await Deno.readTextFile(`${at.path}/victim`), "untouched");
  assertEquals(chosenProfile("acme", at.host), "work");
});

for (const text of ["", " ", "../up", "a/b", "x".repeat(300), '{"a":1}', "work\nother"]) {
  Deno.test(`chosenProfile() refuses a choice that says ${JSON.stringify(text.slice(0, 12))}`, async () => {
    await using at = await place();
    await at.write("profile", text);
    const error = assertThrows(() => chosenProfile("acme", at.host), FiefError);
    assertEquals([error.code, error.hint], ["credentials_invalid", "Choose a profile again: acme profiles use NAME"]);
  });
}

Deno.test("chosenProfile() does not wait for a pipe or a directory in place of the choice", async () => {
  await using at = await place();
  await Deno.mkdir(profileChoicePath("acme", at.host));
  assertThrows(() => chosenProfile("acme", at.host), FiefError, "does not hold");
});

Deno.test("the profile default is the usual one: no other file can take its place", async () => {
  await using at = await place();
  assertEquals(defaultCredentialsPath("acme", at.host, "default"), `${at.path}/credentials.json`);
});

Deno.test("removeCredentials() removes the file, its draft and its lock, and nothing of the profiles beside it", async () => {
  await using at = await place();
  for (const file of ["credentials.work.json", "credentials.work.json.tmp", "credentials.work.json.lock"]) {
    await at.write(file);
  }
  await at.write("credentials.work2.json");
  await at.write("credentials.json");
  assertEquals(await removeCredentials(`${at.path}/credentials.work.json`), undefined);
  assertEquals(at.names(), ["credentials.json", "credentials.work2.json"]);
});

Deno.test("removeCredentials() leaves all as it was when it is told no, having shown what the file says", async () => {
  await using at = await place();
  await at.write("credentials.json");
  const path = `${at.path}/credentials.json`;
  const work = removeCredentials(path, (current) => {
    assertEquals(current?.tokens, null);
    throw new Error("no");
  });
  await assertRejects(() => work, Error, "no");
  assertEquals(at.names(), ["credentials.json", "credentials.json.lock"]);
});

Deno.test("removeCredentials() waits for whoever changes the file, and no two ever hold the lock while it goes and comes", async () => {
  await using at = await place();
  await at.write("credentials.json");
  const path = `${at.path}/credentials.json`;
  const take = () => takeLock(path, { timeout: 60_000, meanwhile: () => Promise.resolve(undefined) });
  const first = await take();
  assert("lock" in first);
  let holders = 0;
  const inLine = Array.from({ length: 6 }, async () => {
    const taken = await take();
    assert("lock" in taken && taken.lock.exclusive);
    assertEquals(++holders, 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    holders--;
    taken.lock[Symbol.dispose]();
  });
  const removal = removeCredentials(path);
  assertEquals(at.names(), ["credentials.json", "credentials.json.lock"]);
  first.lock[Symbol.dispose]();
  await Promise.all([removal, ...inLine]);
  assertFalse(at.names().includes("credentials.json"));
});

Deno.test("removeCredentials() removes a link and says what it led to", async () => {
  await using at = await place();
  await at.write("target.json");
  await Deno.symlink(`${at.path}/target.json`, `${at.path}/credentials.json`);
  const left = await removeCredentials(`${at.path}/credentials.json`);
  assertMatch(left ?? "", /target\.json$/);
  assertEquals(at.names(), ["target.json", "target.json.lock"]);
});
