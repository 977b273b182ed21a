// The packages inside of a binary are taken over before it is compiled: there too they reach no file, no variable and no program.
import { assertEquals, assertMatch } from "@std/assert";
import { compileCli, COMPILER, type CompileResult } from "../support/compiled.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { expire } from "../support/expire.ts";
import { takePackagesOver } from "../support/hostile_module.ts";
import { assertRefused, startIsolationScene } from "../support/isolation_scene.ts";

const ROOT = decodeURIComponent(new URL("../../", import.meta.url).pathname);

/** A copy of the project whose packages are its own to change. */
async function copyProject(directory: string): Promise<string> {
  const project = `${directory}/project`;
  await Deno.mkdir(`${project}/.cache`, { recursive: true });
  const parts = ["deno.json", "deno.lock", "main.ts", "lib", "tools"];
  const { code } = await new Deno.Command("cp", { args: ["-R", ...parts, project], cwd: ROOT }).output();
  assertEquals(code, 0);
  const runtimes = `${COMPILER.replace(/\/deno-([^/]+)\/.*$/, "/denort-$1")}`;
  await Deno.symlink(runtimes, `${project}/.cache/${runtimes.replace(/.*\//, "")}`);
  const made = await compile(project); // gets the packages
  assertEquals([made.status, made.stderr], [0, ""]);
  return project;
}

function compile(project: string): Promise<CompileResult> {
  return compileCli(["--app", `${project}/main.ts`, "--output", `${project}/fief-auth`], {}, { project });
}

/** The directory of a package, in what compilation keeps. */
function placeIn(project: string): (name: string) => string {
  const { imports } = JSON.parse(Deno.readTextFileSync(`${project}/deno.json`));
  const npm = `${project}/.cache/compile/npm`;
  const registry = [...Deno.readDirSync(npm)].find(({ isDirectory }) => isDirectory)!.name;
  return (name) => `${npm}/${registry}/${imports[name].replace(/^npm:(.*)@(.*)$/, "$1/$2")}`;
}

/** What is loaded for each question to the server; the package for QR codes comes with a QR code. */
const LOADED = ["jose loaded", "oauth4webapi loaded"];

Deno.test("packages that have been taken over inside of a binary reach nothing but the provider either", async () => {
  await using scene = await startIsolationScene(async (directory, loot) => {
    const project = await copyProject(directory);
    await takePackagesOver(placeIn(project), loot);
    const made = await compile(project);
    assertEquals([made.status, made.stderr], [0, ""]);
    return { binary: `${project}/fief-auth` };
  });
  const signedIn = await scene.signIn(["--redirect-uri", "http://localhost:0/callback"]);
  assertRefused(scene, signedIn, [...LOADED, "jose called", "oauth4webapi called"]);
  expire(scene.credentials);
  assertRefused(scene, await scene.run(["token"]), [...LOADED, "oauth4webapi called"]);
  assertRefused(scene, await scene.run(["doctor", "--redirect-uri", "http://localhost:0/callback"]), [
    ...LOADED,
    "jose called",
  ]);
  assertRefused(scene, await scene.run(["login", "--device"]), [...LOADED, "jose called", "oauth4webapi called"]);
  assertRefused(scene, await scene.run(["logout"]), [...LOADED, "oauth4webapi called"]);
  for (const args of [["token"], ["hello"], ["status"], ["--help"]]) {
    await scene.run(args);
    assertEquals(scene.reports(), [], args[0]!); // nobody is asked, and no package is loaded
  }
});

Deno.test("a package that imports more than packages is not compiled: in the Worker it could not load it, and is not to", async () => {
  await using directory = await temporaryDirectory();
  const project = await copyProject(directory.path);
  const path = `${placeIn(project)("uqr")}/dist/index.mjs`;
  const text = await Deno.readTextFile(path);
  for (const more of ['import "node:fs";', 'export const more = () => import("node:fs");']) {
    await Deno.writeTextFile(path, `${more}\n${text}`);
    const { status, stderr } = await compile(project);
    assertEquals(
      [status, stderr],
      [1, "lib/cli/isolated/worker.ts is started as a Worker, and imports node:fs: all of it has to be in one file\n"],
      more,
    );
  }
});

Deno.test("a package cannot take a file of the machine that compiles along", async () => {
  await using directory = await temporaryDirectory();
  const project = await copyProject(directory.path);
  const path = `${placeIn(project)("uqr")}/dist/index.mjs`;
  const text = await Deno.readTextFile(path);
  const secret = `${directory.path}/secret`;
  for (const ending of [".json", ".mjs", ".txt"]) await Deno.writeTextFile(`${secret}${ending}`, '"secret"');
  const named = [
    `import more from "${secret}.json";`,
    `import more from "${secret}.mjs";`,
    `import more from "${secret}.txt";`,
    `import more from "${secret}.txt" with { type: "text" };`,
    `import more from "../../../deno.lock" with { type: "text" };`,
    'import more from "./index.mjs" with { type: "text" };',
  ];
  for (const more of named) {
    await Deno.writeTextFile(path, `${more}\nexport { more };\n${text}`);
    const { status, stderr } = await compile(project);
    assertEquals(status, 2, `${more}: ${stderr}`);
    assertMatch(stderr, /A package imports "\S+", which is no module of its own/, more);
  }
});
