// `exec` with real programs: what they get, and what comes back of them.
import { assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import { cli } from "../../lib/cli/mod.ts";
import { BINARY, type CliSetup, freeCommand, type RunningCli, startCli } from "../support/cli.ts";
import { startCliSession } from "../support/cli_session.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { expire } from "../support/expire.ts";
import { recordedOutput } from "../support/host.ts";
import { saveSession } from "../support/saved_session.ts";
import { hasTerminal, inTerminal } from "../support/terminal.ts";

const TOKEN = "exec-token-0123456789-abcdefghijklmnopqrstuvwxyz";
const isWindows = Deno.build.os === "windows";
const isLinux = Deno.build.os === "linux";

/** A session and `exec`, with the permission to start what it starts. */
async function startScene(options: { signedIn?: boolean } = {}) {
  const directory = await temporaryDirectory();
  const credentials = `${directory.path}/credentials.json`;
  if (options.signedIn !== false) await saveSession(credentials, { accessToken: TOKEN });
  const start = (args: string[], setup: Partial<CliSetup> = {}): RunningCli => {
    const program = args[args.indexOf("--") + 1];
    return startCli(["exec", ...args], { credentials, ...setup, facts: { program, ...setup.facts } });
  };
  return {
    directory: directory.path,
    credentials,
    start,
    run: (args: string[], setup?: Partial<CliSetup>) => start(args, setup).result(),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

function test(name: string, fn: () => Promise<void>, ignore = isWindows): void {
  Deno.test({ name: `exec ${name}`, ignore, fn });
}

test("gives the token to the command's environment, and no word of a command line has it", async () => {
  await using scene = await startScene();
  const script = 'tr "\\0" "\\n" < /proc/$$/environ | grep -c "^FIEF_ACCESS_TOKEN=$FIEF_ACCESS_TOKEN$"; ' +
    'echo "$FIEF_ACCESS_TOKEN"; cat /proc/$PPID/environ /proc/$PPID/cmdline /proc/$$/cmdline | tr "\\0" "\\n"';
  const { status, stdout, stderr } = await scene.run(["--", "sh", "-c", script]);
  const [count, token, ...others] = stdout.split("\n");
  assertEquals([status, stderr, count, token], [0, "", "1", TOKEN]);
  assertStringIncludes(others.join("\n"), "exec"); // it is the command line of the program that was looked at
  assertFalse(others.join("\n").includes(TOKEN));
}, !isLinux);

const names: [args: string[], set: string[]][] = [
  [[], ["FIEF_ACCESS_TOKEN"]],
  [["--env", "API_TOKEN"], ["API_TOKEN"]],
  [["--env=API_TOKEN", "--env", "PGPASSWORD"], ["API_TOKEN", "PGPASSWORD"]],
];
for (const [args, set] of names) {
  test(`sets ${set.join(" and ")} and no other variable with ${args.join(" ") || "no option"}`, async () => {
    await using scene = await startScene();
    const { status, stdout } = await scene.run([...args, "--", "env"], { env: { OF_THE_USER: "stays" } });
    const variables = stdout.split("\n");
    assertEquals(status, 0);
    assertEquals(variables.filter((line) => line.includes(TOKEN)).sort(), set.map((name) => `${name}=${TOKEN}`));
    assertEquals(variables.includes("OF_THE_USER=stays"), true);
  });
}

const commands: [name: string, args: string[]][] = [
  ["behind --", ["--", "printf", "%s|"]],
  ["without --", ["printf", "%s|"]],
  ["behind an option", ["--min-valid", "5", "printf", "%s|"]],
];
for (const [name, args] of commands) {
  test(`leaves all words after the command to it: ${name}`, async () => {
    await using scene = await startScene();
    const words = ["--json", "-q", "--help", "--env", "", "a b", "--", "$HOME", "*", "--min-valid", "é\n"];
    const { status, stdout, stderr } = await scene.run([...args, ...words], { facts: { program: "printf" } });
    assertEquals([status, stdout, stderr], [0, words.map((word) => `${word}|`).join(""), ""]);
  });
}

const endings: [script: string, status: number][] = [
  ["exit 0", 0],
  ["exit 1", 1],
  ["exit 3", 3],
  ["exit 125", 125],
  ["exit 255", 255],
  ["kill -KILL $$", 137],
  ["kill -TERM $$", 143],
  ["kill -INT $$", 130],
  ["kill -SEGV $$", 139],
  ["kill -PIPE $$", 141],
];
test("ends as its command does: with its status, or 128 and the number of the signal", async () => {
  await using scene = await startScene();
  for (const [script, expected] of endings) {
    const { status, stdout, stderr } = await scene.run(["--", "sh", "-c", script]);
    assertEquals([script, status, stdout, stderr], [script, expected, "", ""]);
  }
});

test("hands standard input, output and error on as they are, byte for byte", async () => {
  await using scene = await startScene();
  const script = 'for fd in 0 1 2; do [ "$(readlink /proc/$$/fd/$fd)" = "$(readlink /proc/$PPID/fd/$fd)" ] ' +
    '|| echo "$fd is another" >&2; done; echo "on its own" >&2; exec cat';
  const text = "é€\u{1f512}\r\n\t\x1b[0m\0".repeat(100_000);
  const { status, stdout, stderr } = await scene.run(["--", "bash", "-c", script], { stdin: text });
  assertEquals([status, stdout === text, stderr], [0, true, "on its own\n"]);
}, !isLinux);

const failures: [name: string, args: string[], status: number, what: string][] = [
  ["no command", [], 125, '"exec" needs CMD'],
  ["no command behind --", ["--"], 125, '"exec" needs CMD'],
  ["an option that there is not", ["--evn", "A", "--", "true"], 125, "Did you mean --env?"],
  ["a name that is none", ["--env", "A-B", "--", "true"], 125, '"A-B" is no name for a variable'],
  ["an empty name", ["--env", "", "--", "true"], 125, '"" is no name for a variable'],
  ["a name with a value", ["--env", "A=B", "--", "true"], 125, '"A=B" is no name for a variable'],
  ["seconds that are none", ["--min-valid", "soon", "--", "true"], 125, "takes a number of seconds"],
  ["a command that there is not", ["--", "no-such-command"], 127, '"no-such-command" was not found'],
  ["a path that there is not", ["--", "/no/such/command"], 127, '"/no/such/command" was not found'],
  ["an empty command", ["--", ""], 127, '"" was not found'],
  ["a directory", ["--", "/"], 126, '"/" cannot be run: access is denied'],
  ["a file that is no program", ["--", "/etc/passwd"], 126, '"/etc/passwd" cannot be run: access is denied'],
];
for (const [name, args, expected, what] of failures) {
  test(`fails with status ${expected} for ${name}`, async () => {
    await using scene = await startScene();
    // Which programs there are, Deno looks up when it starts.
    const { status, stdout, stderr } = await scene.run(args, { flags: ["-A"] });
    assertEquals([status, stdout], [expected, ""], stderr);
    assertStringIncludes(stderr, what);
    assertFalse(stderr.includes(TOKEN));
  });
}

test("fails with status 127 for a script whose interpreter is missing", async () => {
  await using scene = await startScene();
  const script = `${scene.directory}/script`;
  await Deno.writeTextFile(script, "#!/no/such/interpreter\n", { mode: 0o755 });
  assertEquals((await scene.run(["--", script])).status, 127);
});

test("fails with status 125 where nobody is signed in, and runs nothing", async () => {
  await using scene = await startScene({ signedIn: false });
  const mark = `${scene.directory}/mark`;
  const plain = await scene.run(["--", "touch", mark]);
  assertEquals([plain.status, plain.stdout], [125, ""]);
  assertMatch(plain.stderr, /^fief-auth: Not signed in\nSign in with: fief-auth login/);
  const json = await scene.run(["--json", "--", "touch", mark]);
  assertEquals([json.status, JSON.parse(json.stderr).error.code], [125, "not_authenticated"]);
  assertEquals(await Deno.stat(mark).catch(() => "none"), "none");
});

test("names the flag of Deno that it lacks, and with LD_LIBRARY_PATH in the environment what to do about that", async () => {
  await using scene = await startScene();
  const env = { LD_LIBRARY_PATH: "/opt/lib" };
  if (BINARY === undefined) {
    const none = await scene.run(["--", "true"], { facts: { program: undefined } });
    assertEquals(none.status, 125);
    assertStringIncludes(none.stderr, "Add this flag to deno run: --allow-run=true");
    const refused = await scene.run(["--", "true"], { env });
    assertEquals([refused.status, refused.stderr], [
      125,
      "fief-auth: Deno starts no program while the variable LD_LIBRARY_PATH is set, unless it may start all\n" +
      "Unset LD_LIBRARY_PATH, or add this flag to deno run: --allow-run\n",
    ]);
  }
  const all = await scene.run(["--", "sh", "-c", 'echo "$LD_LIBRARY_PATH"'], { env, flags: ["-A"] });
  assertEquals([all.status, all.stdout], [0, "/opt/lib\n"]);
});

for (const [signal, status] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129], ["SIGQUIT", 131]] as const) {
  test(`hands ${signal} on, each time once, and ends when its command does`, async () => {
    await using scene = await startScene();
    const name = signal.slice(3);
    const counts = `n=0; trap 'n=$((n+1)); echo "$n times" >&2; [ $n = 3 ] && kill -KILL $! && exit 9' ${name}; ` +
      "sleep 600 & echo ready >&2; while :; do wait $!; done";
    const running = scene.start(["--", "sh", "-c", counts]);
    await running.untilStderr("ready");
    for (const count of [1, 2, 3]) {
      running.kill(signal);
      await running.untilStderr(`${count} times`);
    }
    const { status: last, stderr } = await running.result();
    assertEquals([last, stderr], [9, "ready\n1 times\n2 times\n3 times\n"]);
    // A command that does not care for it dies of it.
    const dies = scene.start(["--", "sh", "-c", "echo ready >&2; exec sleep 600"]);
    await dies.untilStderr("ready");
    dies.kill(signal);
    assertEquals((await dies.result()).status, status);
  });
}

test("lets Ctrl-C and Ctrl-\\ of a terminal reach its command once, and outlives them", async () => {
  await using scene = await startScene();
  const script = 'trap "echo interrupted" INT; trap "echo quit" QUIT; [ -t 0 ] && [ -t 1 ] && echo ready; ' +
    'while read line; do [ "$line" = end ] && exit 7; echo "read $line"; done; exit 8';
  const terminal = inTerminal(
    freeCommand(["exec", "--", "bash", "-c", script]),
    {
      ...Object.fromEntries(
        ["PATH", "HOME", "DENO_DIR", "DENO_COVERAGE_DIR", "DENO_TLS_CA_STORE"].flatMap((name) =>
          Deno.env.has(name) ? [[name, Deno.env.get(name)!]] : []
        ),
      ),
      FIEF_CREDENTIALS: scene.credentials,
    },
  );
  await terminal.until(/ready\r\n/);
  await terminal.type("\x03");
  await terminal.until(/\^C/);
  await terminal.type("one\r");
  await terminal.until(/read one\r\n/);
  await terminal.type("\x1c");
  await terminal.until(/\^\\/);
  await terminal.type("two\r");
  await terminal.until(/read two\r\n/);
  await terminal.type("end\r");
  assertEquals(await terminal.ended(), 7, terminal.shown());
  assertEquals([...terminal.shown().matchAll(/interrupted|quit/g)].map(([word]) => word), ["interrupted", "quit"]);
}, !hasTerminal());

test("starts nothing when it is ended during a refresh, which is completed first", async () => {
  await using session = await startCliSession({ tokenDelay: 1_000 });
  await session.signIn();
  expire(session.credentials);
  const mark = `${session.directory}/mark`;
  const { tokenPath } = session.provider;
  const running = session.start(["exec", "--", "touch", mark], { facts: { program: "touch" } });
  await session.provider.untilRequests(tokenPath, 2);
  running.kill("SIGTERM");
  assertEquals((await running.result()).status, 143);
  assertEquals(await Deno.stat(mark).catch(() => "none"), "none");
  assertEquals((await session.run(["token"])).status, 0);
  assertEquals(session.provider.requestsTo(tokenPath), 2);
});

test("refreshes first where --min-valid asks for more life, and its command has the new token", async () => {
  await using session = await startCliSession();
  await session.signIn();
  const before = (await session.run(["token"])).stdout;
  const args = ["exec", "--min-valid", "99999", "--", "sh", "-c", 'echo "$FIEF_ACCESS_TOKEN"'];
  const { status, stdout } = await session.run(args, { facts: { program: "sh" } });
  assertEquals([status, stdout === before, stdout], [0, false, (await session.run(["token"])).stdout]);
});

test("takes a token of the environment as it is, and touches no file", async () => {
  await using scene = await startScene({ signedIn: false });
  const env = { FIEF_ACCESS_TOKEN: "from-ci" };
  const args = ["--env", "API_TOKEN", "--", "sh", "-c", 'echo "$API_TOKEN $FIEF_ACCESS_TOKEN"'];
  assertEquals(await scene.run(args, { env }), { status: 0, stdout: "from-ci from-ci\n", stderr: "" });
});

test("within another program ends with it before the command has started, and hands the end on to it afterwards", async () => {
  await using directory = await temporaryDirectory();
  const env = (name: string) => name === "FIEF_ACCESS_TOKEN" ? "from-ci" : undefined;
  const stderr = recordedOutput();
  const run = (script: string, interrupted: Promise<"SIGINT" | "SIGTERM">) =>
    cli({ name: "fief-auth", args: ["exec", "--", "sh", "-c", script], host: { env, stderr }, interrupted });
  const mark = `${directory.path}/mark`;
  assertEquals(await run(`touch ${mark}`, Promise.resolve("SIGTERM")), 143);
  assertEquals(await Deno.stat(mark).catch(() => "none"), "none");
  const interrupted = Promise.withResolvers<"SIGINT" | "SIGTERM">();
  using watcher = Deno.watchFs(directory.path);
  const script = `trap 'kill -KILL $!; exit 9' TERM; sleep 600 & touch ${mark}; while :; do wait $!; done`;
  const running = run(script, interrupted.promise);
  await watcher[Symbol.asyncIterator]().next();
  interrupted.resolve("SIGTERM");
  assertEquals(await running, 9);
});

test("of a CLI of another name sets that one's variable", async () => {
  await using scene = await startScene();
  const program = `${scene.directory}/acme.ts`;
  const module = new URL("../../lib/cli/mod.ts", import.meta.url);
  await Deno.writeTextFile(program, `import { cli } from "${module}"; Deno.exit(await cli({ name: "acme" }));`);
  const setup = { program, flags: ["-A"], env: { ACME_CREDENTIALS: scene.credentials } };
  const { status, stdout } = await scene.run(["--", "sh", "-c", 'echo "$ACME_ACCESS_TOKEN,$FIEF_ACCESS_TOKEN"'], setup);
  assertEquals([status, stdout], [0, `${TOKEN},\n`]);
});
