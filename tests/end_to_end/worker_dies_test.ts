// A Worker that comes to its end while an answer is waited for: the command ends with words of its own, and the session is what it was.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { writeImportMap } from "../../tools/find_std.ts";
import { denoRunFlags } from "../support/cli.ts";
import { startCliSession } from "../support/cli_session.ts";
import { expire } from "../support/expire.ts";

/** An import map with this in the place of a package, when it is called; the rest of it is genuine. */
async function mapWith(directory: string, death: string): Promise<string> {
  const genuine = await writeImportMap("compile_import_map.json", denoRunFlags().includes("--import-map"));
  const base = new URL(genuine, "file:///");
  const { imports } = JSON.parse(await Deno.readTextFile(base)) as { imports: Record<string, string> };
  const absolute = Object.fromEntries(
    Object.entries(imports).map(([name, to]) => [name, to.startsWith(".") ? new URL(to, base).href : to]),
  );
  const source = `export * from "${absolute["oauth4webapi"]}";
export async function genericTokenEndpointRequest() {
  ${death}
  await new Promise(() => {});
}
`;
  await Deno.writeTextFile(`${directory}/dying.mjs`, source);
  const map = { imports: { ...absolute, oauth4webapi: `file://${directory}/dying.mjs` } };
  await Deno.writeTextFile(`${directory}/map.json`, JSON.stringify(map));
  return `${directory}/map.json`;
}

const DEATHS: [name: string, death: string][] = [
  ["throws where nobody catches it", `setTimeout(() => { throw new Error("s3cret-".repeat(9)); }, 0);`],
  ["rejects where nobody waits", `Promise.reject(new Error("s3cret-".repeat(9)));`],
];

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
