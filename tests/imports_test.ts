// The layout is a promise: imports point one way, importing does nothing, no file is two things.
import { assert, assertEquals } from "@std/assert";
import { denoRunFlags } from "./support/cli.ts";

const ROOT = decodeURIComponent(new URL("../", import.meta.url).pathname);

/** Rooms and what each may import beside itself; everybody may import the files every room shares. */
const ROOMS: Record<string, string[]> = {
  shared: [],
  provider: ["shared"],
  credentials: ["shared"],
  signin: ["provider", "shared"],
  auth: ["signin", "credentials", "provider", "shared"],
  cli: ["auth", "signin", "credentials", "provider", "shared"],
  library: ["auth", "signin", "provider", "shared"],
  main: ["cli"],
};
const SHARED = [
  "lib/countdown.ts",
  "lib/errors.ts",
  "lib/host.ts",
  "lib/proxy.ts",
  "lib/types.ts",
  "lib/readable.ts",
  "lib/version.ts",
];

function roomOf(file: string): string {
  if (SHARED.includes(file)) return "shared";
  if (file === "main.ts") return "main";
  if (file === "lib/mod.ts") return "library";
  if (file === "lib/auth.ts") return "auth";
  return file.split("/")[1]!;
}

function sources(directory = "lib"): string[] {
  return [...Deno.readDirSync(ROOT + directory)].flatMap(({ name, isDirectory }) =>
    isDirectory ? sources(`${directory}/${name}`) : name.endsWith(".ts") ? [`${directory}/${name}`] : []
  ).sort();
}

/** What a file imports, statically, by type only or when needed: paths from the root, and names of packages. */
function importsOf(file: string): string[] {
  const text = Deno.readTextFileSync(ROOT + file).replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
  const found = [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, specifier]) => specifier!);
  return found.map((specifier) =>
    specifier.startsWith(".") ? new URL(specifier, `file:///${file}`).pathname.slice(1) : specifier
  );
}

const files = ["main.ts", ...sources()];

for (const [room, allowed] of Object.entries(ROOMS)) {
  Deno.test(`the room "${room}" imports ${allowed.join(", ") || "nobody"} and itself only`, () => {
    const own = files.filter((file) => roomOf(file) === room);
    assert(own.length > 0, "the room is empty");
    for (const file of own) {
      for (const target of importsOf(file)) {
        if (!target.endsWith(".ts")) continue;
        assert(roomOf(target) === room || allowed.includes(roomOf(target)), `${file} imports ${target}`);
      }
    }
  });
}

Deno.test("a file of another project's name is in no room", () => {
  assertEquals(files.filter((file) => !(roomOf(file) in ROOMS)), []);
});

Deno.test("no file imports itself by way of others", () => {
  const visiting: string[] = [];
  const done = new Set<string>();
  const visit = (file: string) => {
    assert(!visiting.includes(file), `a circle: ${[...visiting, file].join(" -> ")}`);
    if (done.has(file)) return;
    visiting.push(file);
    // What is imported by type only is gone when the program runs.
    const text = Deno.readTextFileSync(ROOT + file).replaceAll(/import type [\s\S]*?;/g, "").replaceAll(
      /\/\*[\s\S]*?\*\//g,
      "",
    );
    for (const [, specifier] of text.matchAll(/from\s*"(\.[^"]+)"/g)) {
      visit(new URL(specifier!, `file:///${file}`).pathname.slice(1));
    }
    visiting.pop();
    done.add(file);
  };
  for (const file of files) visit(file);
});

Deno.test("nothing under lib/ knows of the stand-ins, and no file of ours names a package by its registry", () => {
  for (const file of files) {
    for (const target of importsOf(file)) {
      assert(!/tools\/|^(npm|jsr|https?):/.test(target), `${file} imports ${target}`);
    }
  }
});

Deno.test("importing any module does nothing: it needs no permission and prints nothing", async () => {
  // A Worker is a program: it is never imported.
  const program = files.filter((file) => file !== "lib/cli/isolated/worker.ts").map((file) =>
    `import "${new URL(file, import.meta.resolve("../"))}";`
  ).join("\n");
  const directory = await Deno.makeTempDir();
  const path = `${directory}/imports.ts`;
  await Deno.writeTextFile(path, `${program}\nconsole.log("imported");`);
  const flags = denoRunFlags().filter((flag) => !flag.startsWith("--allow"));
  const args = ["run", "-q", "--no-prompt", "--no-check", `--config=${ROOT}deno.json`, ...flags, path];
  const { stdout, stderr, code } = await new Deno.Command(Deno.execPath(), { args, clearEnv: true, env: environment() })
    .output();
  await Deno.remove(directory, { recursive: true });
  const text = new TextDecoder();
  assertEquals([code, text.decode(stdout), text.decode(stderr)], [0, "imported\n", ""]);
});

function environment(): Record<string, string> {
  return Object.fromEntries(["HOME", "DENO_DIR", "PATH", "DENO_TLS_CA_STORE"].flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }));
}

Deno.test("no file has more than 400 lines of code", () => {
  for (const file of files) {
    const text = Deno.readTextFileSync(ROOT + file).replaceAll(/\/\*[\s\S]*?\*\//g, "");
    const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.trim().startsWith("//")).length;
    assert(lines <= 400, `${file} has ${lines}`);
  }
});

Deno.test("lib/version.ts says the version of deno.json", async () => {
  const { VERSION } = await import("../lib/version.ts");
  assertEquals(JSON.parse(Deno.readTextFileSync(`${ROOT}deno.json`)).version, VERSION);
});
