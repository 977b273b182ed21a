// `permissions`: what it prints is what Deno takes, for a person, a shell and a program.
import { assert, assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import { appOf } from "../../lib/cli/app.ts";
import { permissionFacts } from "../../lib/cli/permission_facts.ts";
import { denoFlags } from "../../lib/cli/permissions.ts";
import { realHost } from "../../lib/host.ts";
import { writeImportMap } from "../../tools/find_std.ts";
import { run as runProgram, writeProgram } from "../support/child.ts";
import { denoRunFlags, runCli, sourceTest } from "../support/cli.ts";
import { startCliSession } from "../support/cli_session.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { expire } from "../support/expire.ts";
import { fakeMetadata, startFakeProvider } from "../support/fake_provider.ts";
import { exactFlags, startOwnPlace } from "../support/own_place.ts";
import { hasTerminal, inTerminal } from "../support/terminal.ts";

const hasShell = Deno.build.os !== "windows";
const isLinux = Deno.build.os === "linux";

/** The words that a shell makes of a line. */
async function wordsOf(line: string): Promise<string[]> {
  const { stdout } = await runProgram(["sh", "-c", `eval "set -- $(cat)"; printf '%s\\n' "$@"`], line);
  return stdout.trimEnd().split("\n");
}

/** The flags of one kind, as a list. */
function valuesOf(flags: string[], kind: string): string[] {
  return flags.find((flag) => flag.startsWith(`--allow-${kind}=`))?.split("=")[1]?.split(",") ?? [];
}

sourceTest("it has no flags", {
  name: "permissions prints the flags that the task start takes, as words for a shell",
  ignore: !hasShell,
  async fn() {
    await using at = await startOwnPlace();
    const env = { HOME: Deno.env.get("HOME") ?? "/", XDG_CONFIG_HOME: at.config };
    for (const words of [["token"], ["login", "--base-url", "https://example.invalid"], ["exec", "--", "ls", "-l"]]) {
      const { status, stdout } = await at.run(["permissions", ...words]);
      assertEquals(stdout.split("\n").length, 2);
      const shown = await wordsOf(stdout);
      // The task has this one from deno.json.
      assertEquals([status, shown], [0, ["--unstable-worker-options", ...await exactFlags(words, env)]]);
      const { flags } = JSON.parse((await at.run(["permissions", "--json", ...words])).stdout);
      assertEquals(flags, shown);
    }
  },
});

sourceTest("it has no flags", {
  name: "what permissions prints is enough where no deno.json is found: the Worker may have permissions of its own",
  ignore: !hasShell,
  async fn() {
    await using session = await startCliSession();
    assertEquals((await session.signIn()).status, 0);
    expire(session.credentials);
    const words = ["token", "--credentials", session.credentials];
    const printed = await runCli(["permissions", ...words], { credentials: session.credentials });
    const flags = [...await wordsOf(printed.stdout), "--no-config", "--no-lock"];
    const importMap = await writeImportMap("compile_import_map.json", denoRunFlags().includes("--import-map"));
    const run = (flags: string[]) => session.run(words, { flags, importMap });
    const without = await run(flags.filter((flag) => !flag.startsWith("--unstable")));
    assertEquals([without.status, session.provider.requestsTo(session.provider.tokenPath)], [70, 1]);
    const { status, stderr } = await run(flags);
    assertEquals([status, stderr], [0, ""]);
    assertEquals(session.provider.requestsTo(session.provider.tokenPath), 2);
  },
});

sourceTest("it has no flags", {
  name: "a shell takes what permissions prints as it is, blanks and quotes in a path included",
  ignore: !hasShell,
  async fn() {
    await using directory = await temporaryDirectory();
    const path = `${directory.path}/anne's file.json`;
    const setup = { credentials: "", facts: { credentialsPath: path } };
    const { status, stdout } = await runCli(["permissions", "status", "--credentials", path], setup);
    assertEquals(status, 0);
    const words = await wordsOf(stdout);
    assertEquals(words, await exactFlags(["status", "--credentials", path], {}));
    assertEquals(valuesOf(words, "read").slice(0, 2), [path, `${path}.tmp`]);
  },
});

Deno.test({
  name: "permissions asks the server for its endpoints where it is told to, once, and sends nothing else",
  ignore: !hasShell,
  async fn() {
    const elsewhere = (issuer: string) => ({
      ...fakeMetadata(issuer),
      token_endpoint: "https://token.example/token",
      jwks_uri: "https://keys.example/jwks",
      authorization_endpoint: "https://door.example/authorize",
      revocation_endpoint: "https://end.example/revoke",
    });
    await using provider = startFakeProvider({ metadata: (issuer) => Response.json(elsewhere(issuer)) });
    await using directory = await temporaryDirectory();
    const setup = { credentials: `${directory.path}/none.json`, providerOrigin: provider.issuer };
    const server = ["--base-url", provider.issuer];
    const printed = async (words: string[], env: Record<string, string> = {}, asks = true) => {
      const flags = await exactFlags(words, { FIEF_CREDENTIALS: setup.credentials, ...env });
      const { status, stdout, stderr } = await runCli(words, { ...setup, env, ...asks ? { flags } : {} });
      assertEquals([status, stderr], [0, ""]);
      return stdout.trim() === "" ? [] : valuesOf(await wordsOf(stdout), "net");
    };
    const host = new URL(provider.issuer).host;
    const loopback = ["127.0.0.1:51562", "[::1]:51562"];
    assertEquals(await printed(["permissions", "login", ...server]), [host, ...loopback]);
    assertEquals(provider.requests.length, 0);
    const others = ["token.example:443", "keys.example:443", "door.example:443"];
    assertEquals(await printed(["permissions", "--ask-server", "login", ...server]), [
      host,
      ...others,
      ...loopback,
    ]);
    assertEquals(provider.requests.length, 1);
    const env = { FIEF_BASE_URL: provider.issuer };
    assertEquals(await printed(["permissions", "--ask-server", "logout"], env), [
      host,
      "token.example:443",
      "end.example:443",
    ]);
    assertEquals(await printed(["permissions", "--ask-server", "status"], env), []);
  },
});

Deno.test("permissions says that no server is known, and how to name it", async () => {
  await using at = await startOwnPlace();
  const hint = "Name it: fief-auth permissions login --base-url URL, or FIEF_BASE_URL\n";
  const token = await at.run(["permissions", "token"]);
  assertEquals([token.status, token.stderr], [0, `No server is known yet, so its host is not among these. ${hint}`]);
  const asked = await at.run(["permissions", "--ask-server", "token"]);
  assertEquals([asked.status, asked.stderr], [2, `fief-auth: No server is known that could be asked\n${hint}`]);
  assertEquals((await at.run(["permissions", "--ask-server", "completions"])).status, 0);
  const flags = await exactFlags(["permissions", "token"], { XDG_CONFIG_HOME: at.config });
  const unknown = await at.run(["permissions", "lgoin"], { flags });
  assertEquals([unknown.status, unknown.stdout], [2, ""]);
  assertStringIncludes(unknown.stderr, "Did you mean: fief-auth login");
});

Deno.test("permissions says that a path has a comma, which Deno 2.9 takes in no flag", async () => {
  await using at = await startOwnPlace();
  const words = ["permissions", "status", "--credentials", "/a,b/c.json"];
  // With exact flags Deno 2.9 would not even start.
  const { status, stdout, stderr } = await at.run(words, { flags: ["--allow-read", "--allow-env"] });
  assertEquals(status, 0, stderr);
  assertMatch(stdout, /^--allow-read=\/a,,b\/c\.json,\/a,,b\/c\.json\.tmp[, ]/);
  assertStringIncludes(stderr, "A path has a comma");
});

Deno.test("permissions without a command tells of all, and only login gets the directory", async () => {
  await using at = await startOwnPlace();
  const { status, stdout } = await at.run(["permissions", "--json"]);
  assertEquals(status, 0);
  const { commands } = JSON.parse(stdout) as {
    commands: {
      command: string;
      flags: string[];
      grants: { flag: string; value: string; what: string; why: string }[];
    }[];
  };
  const help = (await at.run(["help"])).stdout;
  for (const { command } of commands) assertMatch(help, new RegExp(`^  ${command} `, "m"));
  const withDirectory = commands.filter(({ grants }) =>
    grants.some(({ flag, value }) => flag === "--allow-write" && value === at.directory)
  );
  assertEquals(withDirectory.map(({ command }) => command), ["login"]);
  const withWorker = commands.filter(({ flags }) => flags[0] === "--unstable-worker-options");
  assertEquals(
    withWorker.map(({ command }) => command).sort(),
    ["call-api", "credential", "doctor", "exec", "login", "logout", "token"],
  );
  for (const { flags, grants } of commands) {
    for (const flag of flags) assertMatch(flag, /^--allow-(read|write|net|env|run)=.|^--unstable-worker-options$/);
    for (const { what, why } of grants) assert(what !== "" && why !== "");
  }
  const text = (await at.run(["permissions"])).stdout;
  for (const { command, grants } of commands) {
    const part = text.split("\n\n").find((each) => each.startsWith(`${command}\n`))!;
    for (const { value } of grants) assertStringIncludes(part, value);
  }
  assertFalse(text.includes("PREFIX"));
});

Deno.test({
  name: "a branded CLI tells of its own commands, variables and hosts, and they work with these flags",
  ignore: !isLinux,
  async fn() {
    await using session = await startCliSession({ rotates: false });
    assertEquals((await session.signIn()).status, 0);
    await using home = await temporaryDirectory();
    const at = (name: string) => `${home.path}/${name}`;
    await Deno.mkdir(at("acme"));
    await Deno.writeTextFile(at("list"), "list");
    const config = {
      name: "acme",
      baseUrl: session.provider.issuer,
      clientId: "cli",
      apiOrigins: [session.api.origin],
    };
    const needs = { env: ["REGION"], read: [at("list")] };
    const source = `
      import { cli, command } from "lib/cli/mod.ts";
      const castles = command({
        name: "castles",
        summary: "List the castles",
        examples: ["castles"],
        needs: ${JSON.stringify(needs)},
        async run({ fetch, output }) {
          const list = Deno.readTextFileSync("${at("list")}");
          const response = await fetch("${session.api.origin}/castles");
          await output.result({}, [Deno.env.get("REGION"), list, await response.text()].join(" "));
        },
      });
      Deno.exit(await cli({ ...${JSON.stringify(config)}, commands: { castles } }));`;
    const words = await writeProgram(home.path, source, ["ALLOW"]);
    const { denoDir } = JSON.parse((await runProgram([Deno.execPath(), "info", "--json"])).stdout);
    const variables = { HOME: home.path, XDG_CONFIG_HOME: home.path, REGION: "Loire" };
    const acme = async (args: string[], flags: string[]) => {
      await Deno.copyFile(session.credentials, at("acme/credentials.json"));
      expire(at("acme/credentials.json"));
      const standIns = denoRunFlags().filter((flag) => flag.startsWith("--allow"));
      const [command, ...rest] = [
        ...words.flatMap((word) => word === "ALLOW" ? [...standIns, ...flags] : [word]),
        ...args,
      ];
      const env = { PATH: Deno.env.get("PATH") ?? "", DENO_DIR: denoDir, ...variables };
      const child = new Deno.Command(command!, { args: rest, env, clearEnv: true, stdin: "null" });
      const { code, stdout, stderr } = await child.output();
      return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
    };
    await Deno.copyFile(session.credentials, at("acme/credentials.json"));
    const castles = { name: "castles", summary: "", examples: [], needs, run: () => Promise.resolve() };
    const host = { ...realHost(), env: (name: string) => (variables as Record<string, string>)[name] };
    const facts = await permissionFacts(appOf({ ...config, commands: { castles } }, "1.0.0"), [
      "permissions",
      "castles",
    ], host);
    const told = await acme(["permissions", "--json", "castles"], denoFlags(facts));
    assertEquals([told.code, told.stderr], [0, ""]);
    const { flags, grants } = JSON.parse(told.stdout) as {
      flags: string[];
      grants: { flag: string; value: string; without: string | null }[];
    };
    assertEquals(
      valuesOf(flags, "net"),
      [session.provider.issuer, session.api.origin].map((each) => new URL(each).host),
    );
    assertEquals(valuesOf(flags, "env").filter((name) => /BASE_URL|CLIENT_ID|FIEF/.test(name)), []);
    const done = await acme(["castles"], flags);
    assertEquals([done.code, done.stdout], [0, "Loire list castles\n"], done.stderr);
    for (const { flag, value, without } of grants) {
      const less = flags.map((each) =>
        each.startsWith(`${flag}=`)
          ? `${flag}=${each.slice(flag.length + 1).split(",").filter((one) => one !== value)}`
          : each
      ).filter((each) => !each.endsWith("="));
      const { code, stderr } = await acme(["castles"], less);
      assertEquals(code, without === null ? 2 : 0, `without ${value}: ${stderr}`);
      if (without === null) assertStringIncludes(stderr, flag);
    }
  },
});

Deno.test({
  name: "a terminal that may not be looked at counts as one that can draw",
  ignore: !hasTerminal(),
  async fn() {
    await using at = await startOwnPlace();
    const main = decodeURIComponent(new URL("../../main.ts", import.meta.url).pathname);
    const exact = await exactFlags(["status"], { HOME: at.config, XDG_CONFIG_HOME: at.config });
    const env = Object.fromEntries(["PATH", "HOME", "DENO_DIR", "DENO_TLS_CA_STORE"].flatMap((name) => {
      const value = Deno.env.get(name);
      return value === undefined ? [] : [[name, value]];
    }));
    const log = `${at.config}/audit`;
    for (const flags of [exact, exact.map((flag) => flag.replace(/,?TERM/, ""))]) {
      const command = [Deno.execPath(), "run", "-q", "--no-prompt", ...denoRunFlags(), ...flags, main, "status"];
      const variables = { ...env, XDG_CONFIG_HOME: at.config, TERM: "dumb", DENO_AUDIT_PERMISSIONS: log };
      const terminal = inTerminal(command, variables);
      assertEquals(await terminal.ended(), 3, terminal.shown());
      assertStringIncludes(terminal.shown(), "Not signed in");
      assertStringIncludes(await Deno.readTextFile(log), '"TERM"');
    }
  },
});
