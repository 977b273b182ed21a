import { assertEquals, assertRejects } from "@std/assert";
import { resolveTarget } from "../../lib/credentials/target.ts";
import { FiefError } from "../../lib/errors.ts";
import { temporaryDirectory } from "../support/directory.ts";

/** Makes links and empty files, and says what a path stands for. */
async function resolve(path: string, links: Record<string, string>, files: string[] = []): Promise<string> {
  await using directory = await temporaryDirectory();
  const inside = (name: string) => `${directory.path}/${name}`;
  for (const name of files) {
    await Deno.mkdir(inside(name).replace(/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(inside(name), "");
  }
  for (const [name, target] of Object.entries(links)) await Deno.symlink(target, inside(name));
  return (await resolveTarget(inside(path))).replace(`${directory.path}/`, "");
}

const cases: [title: string, path: string, links: Record<string, string>, files: string[], target: string][] = [
  ["itself when it is a file", "a", {}, ["a"], "a"],
  ["itself when there is nothing", "a", {}, [], "a"],
  ["itself when its directory is not there", "none/a", {}, [], "none/a"],
  ["the file that a relative link names", "a", { a: "d/b" }, ["d/b"], "d/b"],
  ["the file at the end of several links", "a", { a: "b", b: "d/c" }, ["d/c"], "d/c"],
  [
    "the file that the system finds when a link leads up from a linked directory",
    "d/a",
    { d: "x/y", "x/y/a": "../b" },
    [
      "x/b",
      "x/y/other",
    ],
    "x/b",
  ],
  ["the missing file that a dangling link names", "a", { a: "d/b" }, ["d/other"], "d/b"],
  ["the missing file at the end of several links", "a", { a: "b", b: "c" }, [], "c"],
];
for (const [title, path, links, files, target] of cases) {
  Deno.test(`resolveTarget() is ${title}`, async () => {
    assertEquals(await resolve(path, links, files), target);
  });
}

Deno.test("resolveTarget() rejects when links lead in a circle", async () => {
  const error = await assertRejects(() => resolve("a", { a: "b", b: "a" }), FiefError, "leads in a circle");
  assertEquals(error.code, "credentials_unreadable");
});
