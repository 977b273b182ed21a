// No line of an npm package ever runs with access to a file, to a variable or to a program: all three of them are taken over here, and try.
import { assert, assertEquals } from "@std/assert";
import { expire } from "../support/expire.ts";
import { writeHostileModules } from "../support/hostile_module.ts";
import { assertRefused, type IsolationScene, LOADED, startIsolationScene } from "../support/isolation_scene.ts";

/** As the binary has them: whole classes. */
const WHOLE = ["--allow-env", "--allow-read", "--allow-write", "--allow-net", "--allow-run"];
/** Attempts that may come to nothing in the main thread too: what they reach for is not there, or was not granted. */
const FUTILE = [
  "read the credentials file",
  "open the credentials file for writing",
  "node:fs",
  "make a directory",
  "ask for a permission",
  "look up a name",
  "fetch from the same port by another name",
  "what Deno hides: its own operations",
  "load a module from the network",
  "node:vm",
  "load a file of JSON by a text for a timer",
  "load a file of JSON by a text for a timer that goes on",
  "what Deno hides: run a text",
  "what Deno hides: a variable",
];

function startScene(): Promise<IsolationScene> {
  return startIsolationScene(async (directory, loot) => ({
    flags: [...WHOLE, "--unstable-worker-options", "--no-check", "--no-lock"],
    importMap: await writeHostileModules(directory, loot),
  }));
}

Deno.test("packages that have been taken over reach no file, no variable, no program and no other address, whatever the command", async () => {
  await using scene = await startScene();
  const signedIn = await scene.signIn();
  assertRefused(scene, signedIn, [...LOADED, "jose called", "oauth4webapi called"]);
  assertEquals(signedIn.stdout, "Signed in as anne@example.com\n");

  for (
    const args of [["token"], ["token", "--json"], ["call-api", `${scene.provider.issuer}/userinfo`], [
      "hello",
      "--refresh",
    ]]
  ) {
    expire(scene.credentials);
    assertRefused(scene, await scene.run(args), [...LOADED, "oauth4webapi called"]);
  }
  assertRefused(scene, await scene.run(["doctor", "--redirect-uri", "http://localhost:0/callback"]), [
    ...LOADED,
    "jose called",
  ]);
  assertRefused(scene, await scene.run(["logout"]), [...LOADED, "oauth4webapi called"]);
  assertRefused(scene, await scene.run(["login", "--device"]), [...LOADED, "jose called", "oauth4webapi called"]);
});

Deno.test("commands that do not ask the server load no package at all", async () => {
  await using scene = await startScene();
  await scene.signIn();
  scene.reports();
  const commands = [
    ["token"],
    ["token", "--json"],
    ["hello"],
    ["whoami"],
    ["status"],
    ["profiles"],
    ["--version"],
    ["--help"],
    [
      "completions",
      "bash",
    ],
    ["exec", "--", "true"],
    ["credential", "curl", scene.provider.issuer],
  ];
  for (const args of commands) {
    const { status, stderr } = await scene.run(args);
    assertEquals([status, scene.reports()], [0, []], `${args}: ${stderr}`);
  }
});

Deno.test("the same packages get all of it where they are in the main thread: what refuses is the Worker", async () => {
  await using scene = await startScene();
  const program = `${scene.planted.replace(/\/[^/]*$/, "")}/unguarded.ts`;
  const entry = new URL("../../lib/cli/mod.ts", import.meta.url).href;
  await Deno.writeTextFile(
    program,
    `import { cli } from "${entry}";\nconst status = await cli({ name: "fief-auth" });\nconsole.error(({}).hostile);\nDeno.exit(status);\n`,
  );
  const { stderr } = await scene.signIn(["--redirect-uri", "http://localhost:0/callback"], program);
  const reports = scene.reports();
  assert(reports.length > 0, stderr);
  assert(stderr.includes("everywhere"), stderr); // its prototypes are those of the program
  for (const { thread, attempts } of reports) {
    assertEquals(thread, "main");
    const missed = attempts.filter(({ what, succeeded }) => !succeeded && !FUTILE.includes(what));
    assertEquals(missed, []);
  }
  assert(scene.visits() > 0);
});
