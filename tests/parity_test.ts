// docs/coming-from-python.md promises names: each of ours is there. That none of Python's is missing is for tests/fief, which has Python.
import { assert, assertEquals } from "@std/assert";
import * as library from "../lib/mod.ts";
import { parityTable } from "./support/parity_table.ts";

const exported: Record<string, unknown> = { ...library };
const fief = new library.Fief("https://example.fief.dev", "cli");
/** What has members that are no methods. */
const instances: Record<string, object> = {
  Fief: fief,
  FiefAuth: new library.FiefAuth(fief, "./credentials.json"),
  FiefRequestError: new library.FiefRequestError(400, "why"),
};

/** Types are gone at run time: their source has them. */
async function membersOfType(name: string): Promise<string[] | undefined> {
  const source = await Deno.readTextFile(new URL("../lib/types.ts", import.meta.url));
  const body = source.match(new RegExp(`export interface ${name} \\{([^]*?)\n\\}`))?.[1];
  return body === undefined ? undefined : [...body.matchAll(/^ {2}(\w+)\??:/gm)].map(([, member]) => member!);
}

async function exists(name: string): Promise<boolean> {
  const [owner = "", member] = name.split(".");
  const type = await membersOfType(owner);
  if (member === undefined) return type !== undefined || owner in exported;
  if (type !== undefined) return type.includes(member);
  return member in (instances[owner] ?? exported[owner] as object);
}

Deno.test("docs/coming-from-python.md: each of our names exists, and each error that it names", async () => {
  const rows = await parityTable();
  assert(rows.length > 60, "the table is missing");
  for (const { python, ours, errors } of rows) {
    for (const name of ours) assert(await exists(name), `${name} does not exist`);
    const unknown = errors.filter((name) =>
      !(name in exported) && !(name in library.EXIT_STATUS) && !["refresh", "accessToken", "userinfo"].includes(name)
    );
    assertEquals(unknown, [], python);
  }
  assertEquals(await exists("Fief.authUri"), false);
  assertEquals(await exists("FiefUserInfo.mail"), false);
});

Deno.test("docs/coming-from-python.md: each class and each public method of ours is in it", async () => {
  const named = new Set((await parityTable()).flatMap(({ ours }) => ours));
  for (const owner of ["Fief", "FiefAuth"] as const) {
    const methods = Object.getOwnPropertyNames(library[owner].prototype).filter((name) => name !== "constructor");
    assertEquals(methods.filter((name) => !named.has(`${owner}.${name}`)), []);
  }
  const classes = Object.keys(exported).filter((name) => /^Fief/.test(name));
  assertEquals(classes.filter((name) => !named.has(name)), []);
});
