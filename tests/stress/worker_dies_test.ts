// A Worker that comes to its end while an answer is waited for: the command ends with words of its own, and the session is what it was.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { startCliSession } from "../support/cli_session.ts";
import { mapWith } from "../support/dying_package.ts";
import { expire } from "../support/expire.ts";
import { LONG } from "../support/stress.ts";

const DEATHS: [name: string, death: string][] = [
  ["throws where nobody catches it", `setTimeout(() => { throw new Error("s3cret-".repeat(9)); }, 0);`],
  ["rejects where nobody waits", `Promise.reject(new Error("s3cret-".repeat(9)));`],
];
// The command waits for it for a minute.
if (LONG) DEATHS.push(["ends it and says nothing", "self.close();"]);

for (const [name, death] of DEATHS) {
  Deno.test(`token ends with status 1, and keeps the session, where a package in the Worker ${name}`, async () => {
    await using session = await startCliSession();
    assertEquals((await session.signIn()).status, 0);
    expire(session.credentials);
    const before = session.file();
    const importMap = await mapWith(session.directory, death);
    const whole = ["--allow-env", "--allow-read", "--allow-write", "--allow-net", "--unstable-worker-options"];
    const { status, stdout, stderr } = await session.run(["token"], {
      importMap,
      flags: [...whole, "--no-check", "--no-lock"],
    });
    assertEquals([status, stdout], [1, ""], stderr);
    assertStringIncludes(stderr, "fief-auth: The part of the program that speaks with the server has stopped\n");
    assertEquals([stderr.includes("s3cret"), stderr.includes(" at ")], [false, false], stderr);
    assertEquals(session.file(), before);
    assertEquals(session.provider.requestsTo(session.provider.tokenPath), 1); // the code exchange
    // The lock is free, and the session lives.
    assertEquals((await session.run(["token"])).status, 0);
  });
}
