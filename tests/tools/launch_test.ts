// The tasks as anybody starts them: from nothing, with signals and exit statuses that pass through.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ROOMS, SUITES, TASKS } from "../../tools/launch.ts";

const ROOT = new URL("../../", import.meta.url);
const SILENT = "JSR does not answer: going on with the stand-ins for @std under tools/offline.\n";
/** No proxy listens there: JSR does not answer, wherever this test runs. */
const NO_JSR = { HTTPS_PROXY: "http://127.0.0.1:1", https_proxy: "http://127.0.0.1:1", NO_PROXY: "", no_proxy: "" };

async function commands(): Promise<Record<string, string>> {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  return Object.fromEntries(Object.entries<{ command: string }>(tasks).map(([name, { command }]) => [name, command]));
}

/** A task without Deno's task runner, of which there may be another version in the path. */
async function startTask(name: string, args: string[], env: Record<string, string>): Promise<Deno.ChildProcess> {
  const command = (await commands())["start"]!.split(" ").slice(1, -1);
  const inherited = { ...Deno.env.toObject() };
  delete inherited["FIEF_AUTH_DENO_FLAGS"];
  delete inherited["FIEF_ACCESS_TOKEN"];
  return new Deno.Command(Deno.execPath(), {
    args: [...command, name, ...args],
    cwd: ROOT,
    clearEnv: true,
    env: { ...inherited, NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function runTask(name: string, args: string[], env: Record<string, string>) {
  const { code, stdout, stderr } = await (await startTask(name, args, env)).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

Deno.test("every task of deno.json goes through the launcher with the same few permissions", async () => {
  const found = await commands();
  assertEquals(Object.keys(found).sort(), Object.keys(TASKS).sort());
  const flags = new Set(
    Object.entries(found).map(([name, command]) => {
      assert(command.endsWith(` tools/launch.ts ${name}`), command);
      return command.slice(0, -name.length);
    }),
  );
  assertEquals(flags.size, 1);
  for (const flag of [...flags][0]!.split(" ").filter((word) => word.startsWith("-"))) {
    assertMatch(flag, /^(-q|--allow-(read|write|net|env)=.+|--allow-run)$/);
  }
});

Deno.test("a task says in one line that JSR does not answer, and goes on", async () => {
  const { code, stdout, stderr } = await runTask("start", ["--version"], NO_JSR);
  assertEquals([code, stderr], [0, SILENT]);
  assertMatch(stdout, /^fief-auth \d+\.\d+\.\d+/);
});

Deno.test("a task asks nobody and says nothing where its parents know already", async () => {
  const { code, stderr } = await runTask("start", ["--version"], {
    ...NO_JSR,
    FIEF_AUTH_DENO_FLAGS: `--import-map ${new URL(".offline/import_map.json", ROOT).pathname}`,
  });
  assertEquals([code, stderr], [0, ""]);
});

Deno.test("a task ends with the status of its program", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const env = { ...NO_JSR, FIEF_CREDENTIALS: `${directory}/none.json` };
    assertEquals((await runTask("start", ["status"], env)).code, 3);
    const wrong = await runTask("start", ["frobnicate"], env);
    assertEquals([wrong.code, wrong.stdout], [2, ""]);
    assertStringIncludes(wrong.stderr, "frobnicate");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("a task that does not exist is an error that names those that do", async () => {
  const { code, stderr } = await runTask("frobnicate", [], NO_JSR);
  assertEquals([code, stderr], [2, `There is no task "frobnicate": ${Object.keys(TASKS).join(", ")}\n`]);
});

Deno.test("a release is neither compiled nor published with the stand-ins", async () => {
  for (
    const [task, args, done] of [["compile", ["--release"], "compiled"], [
      "publish",
      ["--dry-run"],
      "published",
    ]] as const
  ) {
    const { code, stderr } = await runTask(task, [...args], NO_JSR);
    const expected = `A release is ${done} with the real @std: JSR must be in reach\n`;
    assertEquals([code, stderr.replace(SILENT, "")], [1, expected]);
  }
});

for (const [signal, status] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test({
    name: `${signal} reaches the program that a task runs`,
    ignore: Deno.build.os === "windows",
    fn: async () => {
      const asked = Promise.withResolvers<void>();
      // A server that never answers: the program waits until the signal ends it.
      const stop = new AbortController();
      const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {}, signal: stop.signal }, () => {
        asked.resolve();
        return new Promise<Response>(() => {});
      });
      const directory = await Deno.makeTempDir();
      const url = `http://127.0.0.1:${server.addr.port}`;
      const args = ["login", "--no-browser", "--base-url", url, "--client-id", "cli"];
      const child = await startTask("start", [...args, "--redirect-uri", "http://localhost:0/callback"], {
        ...NO_JSR,
        FIEF_CREDENTIALS: `${directory}/credentials.json`,
      });
      const ended = child.output();
      await Promise.race([asked.promise, ended]);
      child.kill(signal);
      const { code, stderr } = await ended;
      stop.abort();
      await server.finished;
      assertEquals(code, status, new TextDecoder().decode(stderr));
      await Deno.remove(directory, { recursive: true });
    },
  });
}

Deno.test("every folder of tests is run by the normal suite, or is a suite of its own with a task", async () => {
  const folders = [...Deno.readDirSync(new URL("../", import.meta.url))].filter(({ isDirectory }) => isDirectory);
  const names = folders.map(({ name }) => name).filter((name) => name !== "support").sort();
  assertEquals([...ROOMS, ...SUITES].sort(), names);
  const tasks = Object.keys(await commands());
  for (const suite of SUITES) assert(tasks.includes(`test:${suite}`), suite);
});
