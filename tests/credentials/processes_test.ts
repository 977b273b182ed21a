// What happens when many processes share a file, and when one of them dies.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { changeCredentials } from "../../lib/credentials/change.ts";
import { readCredentials } from "../../lib/credentials/read.ts";
import { FiefError } from "../../lib/errors.ts";
import { run, Running, writeProgram } from "../support/child.ts";
import { temporaryDirectory } from "../support/directory.ts";

const OLD = JSON.stringify({ userinfo: { sub: "old" }, tokens: null });

async function withFile(work: (path: string, directory: string) => Promise<void>): Promise<void> {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/c.json`;
  await Deno.writeTextFile(path, OLD, { mode: 0o600 });
  await work(path, directory.path);
}

Deno.test("changeCredentials() changes once when ten processes want the same change at the same moment", () =>
  withFile(async (path, directory) => {
    const program = await writeProgram(
      directory,
      `
      import { changeCredentials } from "lib/credentials/change.ts";
      const [path] = Deno.args;
      console.log("ready");
      await Deno.stdin.read(new Uint8Array(1)); // until all are
      const enough = (current) => current?.userinfo?.sub === "new" ? "adopted" : undefined;
      console.log(await changeCredentials(path, {}, { enough }, async ({ current, prepare, save }) => {
        await prepare();
        await save({ ...current, userinfo: { sub: "new" }, changes: (current.changes ?? 0) + 1 });
        return "changed";
      }));`,
      ["--allow-read", "--allow-write"],
    );
    await using all = new AsyncDisposableStack();
    const processes = Array.from({ length: 10 }, () => all.use(new Running([...program, path])));
    await Promise.all(processes.map((process) => process.line()));
    await Promise.all(processes.map((process) => process.go()));
    const results = await Promise.all(processes.map((process) => process.line()));
    assertEquals(results.sort(), [...Array(9).fill("adopted"), "changed"]);
    assertEquals((await readCredentials(path))?.["changes"], 1);
  }));

Deno.test("changeCredentials() keeps the old file and finds the lock free when a process was killed in its change", () =>
  withFile(async (path, directory) => {
    const program = await writeProgram(
      directory,
      `
      import { changeCredentials } from "lib/credentials/change.ts";
      const [path] = Deno.args;
      await changeCredentials(path, {}, {}, async ({ prepare }) => {
        await prepare();
        console.log("prepared");
        await new Promise(() => setInterval(() => {}, 1_000));
      });`,
      ["--allow-read", "--allow-write"],
    );
    await using holder = new Running([...program, path]);
    assertEquals(await holder.line(), "prepared");
    const busy = await assertRejects(() => changeCredentials(path, {}, { timeout: 0 }, () => Promise.resolve()));
    assert(busy instanceof FiefError && busy.code === "credentials_locked");
    await holder.kill();
    assertEquals(await Deno.readTextFile(path), OLD);
    await changeCredentials(
      path,
      {},
      { timeout: 10_000 },
      ({ save }) => save({ userinfo: null, tokens: null, next: 1 }),
    );
    assertEquals((await readCredentials(path))?.["next"], 1);
    const names = [...Deno.readDirSync(directory)].map(({ name }) => name).filter((name) => name.startsWith("c.json"));
    assertEquals(names.sort(), ["c.json", "c.json.lock"]);
  }));

Deno.test("readCredentials() always meets a whole file while a process changes it, and after it was killed", () =>
  withFile(async (path, directory) => {
    const program = await writeProgram(
      directory,
      `
      import { changeCredentials } from "lib/credentials/change.ts";
      const [path] = Deno.args;
      for (let round = 1;; round++) {
        const filler = "x".repeat(round % 2 ? 10 : 30_000);
        await changeCredentials(path, {}, {}, ({ save }) => save({ userinfo: null, tokens: null, round, filler }));
        console.log(round);
      }`,
      ["--allow-read", "--allow-write"],
    );
    await using writer = new Running([...program, path]);
    let rounds = 0;
    const counting = (async () => {
      while (rounds < 20) rounds = Number(await writer.line());
    })();
    while (rounds < 20) {
      assert(await readCredentials(path) !== undefined);
      await new Promise((resolve) => setTimeout(resolve)); // lets the lines in
    }
    await counting;
    await writer.kill();
    assert(Number((await readCredentials(path))?.["round"]) >= 20);
  }));

Deno.test("changeCredentials() lets its process end when a stranger holds the lock on and on", () =>
  withFile(async (path, directory) => {
    using stranger = await Deno.open(`${path}.lock`, { write: true, create: true });
    await stranger.lock(true);
    const program = await writeProgram(
      directory,
      `
      import { changeCredentials } from "lib/credentials/change.ts";
      const [path] = Deno.args;
      await changeCredentials(path, {}, { timeout: 100 }, () => {}).catch(({ code }) => console.log(code));`,
      ["--allow-read", "--allow-write"],
    );
    assertEquals((await run([...program, path])).stdout, "credentials_locked\n");
  }));
