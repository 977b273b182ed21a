import { assertEquals } from "@std/assert";

const MODULE = new URL("../../tools/find_std.ts", import.meta.url);

/** `findStd()` in a process of its own, as it changes the environment: twice, and what it leaves for others. */
async function find(answers: boolean, known?: string) {
  const program = `const { findStd, knownFlags } = await import("${MODULE}");
    let asked = 0;
    const ask = () => (asked++, Promise.resolve(${answers}));
    const flags = [await findStd(ask), await findStd(ask)];
    console.log(JSON.stringify({ flags, known: knownFlags(), asked }));`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", "-q", program],
    env: known === undefined ? {} : { FIEF_AUTH_DENO_FLAGS: known },
    clearEnv: known === undefined,
  }).output();
  const text = new TextDecoder();
  return { ...JSON.parse(text.decode(stdout)), lines: text.decode(stderr).split("\n").length - 1 };
}

const path = (name: string) => decodeURIComponent(new URL(`../../${name}`, import.meta.url).pathname);

Deno.test("findStd() passes nothing where JSR answers, and asks once", async () => {
  assertEquals(await find(true), { flags: [[], []], known: [], asked: 1, lines: 0 });
});

Deno.test("findStd() passes an import map where JSR does not answer, says so in one line, and asks once", async () => {
  const flags = ["--import-map", path(".offline/import_map.json")];
  const known = [...flags, `--allow-read=${path("tools/offline")}`];
  assertEquals(await find(false), { flags: [flags, flags], known, asked: 1, lines: 1 });
});

Deno.test("findStd() asks nobody where it was found before, and knows paths with blanks", async () => {
  const flags = ["--import-map", "/a b/map.json"];
  assertEquals(await find(false, "--import-map /a%20b/map.json --allow-read=/a%20b"), {
    flags: [flags, flags],
    known: [...flags, "--allow-read=/a b"],
    asked: 0,
    lines: 0,
  });
});
