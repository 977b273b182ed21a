// Completions in the real shells: bash, zsh and fish of Debian, each in a real terminal with the Tab key. PowerShell is not to be had here.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { run, writeProgram } from "../support/child.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { startOwnPlace } from "../support/own_place.ts";
import { type InTerminal, inTerminal } from "../support/terminal.ts";

/** How a shell begins, and how it is told of a program that prints what it was given. */
const SHELLS: Record<
  string,
  { command: string[]; prepare: (script: string, name: string) => string; syntax: string[] }
> = {
  bash: {
    command: ["bash", "--norc", "--noprofile", "-i"],
    prepare: (script, name) =>
      `bind 'set enable-bracketed-paste off'; source ${script}; ${name}() { printf 'R''AN<%s>\\n' "$*"; }; PATH=/nowhere; PS1='READY'' > '`,
    syntax: ["bash", "-n"],
  },
  zsh: {
    command: ["zsh", "-f", "-i"],
    prepare: (script, name) =>
      `autoload -Uz compinit; compinit -u -D; source ${script}; ${name}() { print -r -- "R""AN<$*>" }; PATH=/nowhere; PS1='READY'' > '`,
    syntax: ["zsh", "-n"],
  },
  fish: {
    command: ["fish", "--no-config", "--private"],
    prepare: (script, name) =>
      `source ${script}; function ${name}; echo "R""AN<$argv>"; end; set PATH /nowhere; function fish_prompt; echo 'READY'' > '; end`,
    syntax: ["fish", "--no-execute"],
  },
};

/** What is typed, and what the program is given then. */
const LINES: [typed: string, given: string][] = [
  ["tok\t", "token"],
  ["--json sta\t", "--json status"],
  ["--profile wo\ttok\t", "--profile work token"],
  ["--profile=wo\t", "--profile=work"],
  ["token --min\t60", "token --min-valid 60"],
  ["call-api -X PA\t", "call-api -X PATCH"],
  ["call-api --request DEL\t", "call-api --request DELETE"],
  ["profiles re\two\t", "profiles remove work"],
  ["profiles use def\t", "profiles use default"],
  ["completions po\t", "completions powershell"],
  ["help call\t", "help call-api"],
  ["token /et\t", "token /et"],
  ["--profile work log\t", "--profile work log"],
];

/** zsh puts an = between a long option and its value. */
function plain(words: string): string {
  return words.trim().replaceAll(/(--[a-z-]+)=/g, "$1 ");
}

/** A shell that is missing fails the suite: this is what it is for. */
async function inShell(name: string, script: string, config: string, cwd: string): Promise<InTerminal> {
  const { command, prepare, syntax } = SHELLS[name]!;
  const path = Deno.env.get("PATH") ?? "";
  assertEquals((await run([...syntax, script])).code, 0, `${name} does not take the script`);
  const env = { PATH: path, HOME: cwd, XDG_CONFIG_HOME: config, LANG: "C.UTF-8", LC_ALL: "C.UTF-8" };
  const shell = inTerminal(command, env, 120);
  await shell.type(`${prepare(script, "fief-auth")}\r`);
  await shell.until(/READY > /);
  return shell;
}

for (const [name, { command }] of Object.entries(SHELLS)) {
  Deno.test(`${name} is there`, async () => {
    await run([command[0]!, "-c", "true"]).catch(() => {
      throw new Error(`There is no ${name}. Install it: apt-get install zsh fish`);
    });
  });

  Deno.test(`${name} completes commands, options, values, profiles and files, and starts no program for it`, async () => {
    await using at = await startOwnPlace();
    await Deno.mkdir(at.directory);
    for (
      const file of ["credentials.json", "credentials.work.json", "credentials.old.json.lock", "credentials..x.json"]
    ) {
      await Deno.writeTextFile(`${at.directory}/${file}`, "not even readable as credentials");
    }
    const { status, stdout, stderr } = await at.run(["completions", name]);
    assertEquals([status, stderr], [0, ""]);
    const script = `${at.config}/script`;
    await Deno.writeTextFile(script, stdout);
    await Deno.writeTextFile(`${at.config}/a file.json`, "");
    const shell = await inShell(name, script, at.config, at.config);
    for (const [count, [typed, given]] of LINES.entries()) {
      await shell.type(`fief-auth ${typed}`);
      await shell.type("\r");
      await shell.until(new RegExp(`(RAN<[\\s\\S]*){${count + 1}}READY > `));
      const ran = [...shell.shown().matchAll(/RAN<([^>]*)>/g)].map(([, words]) => plain(words!));
      assertEquals(ran[count], plain(given), `${name}: ${typed}`);
    }
    const before = shell.shown().length;
    await shell.type(`fief-auth --credentials ${at.config}/a\t\r`);
    await shell.until(new RegExp(`RAN<--credentials ${at.config}/a file\\.json>`));
    assert(!/not found|error/i.test(shell.shown().slice(before)), shell.shown().slice(before));
    await shell.type("exit\r");
    await shell.ended();
  });
}

Deno.test("fish offers each word with its help, and nothing where nothing is known", async () => {
  await using at = await startOwnPlace();
  const script = `${at.config}/script`;
  await Deno.writeTextFile(script, (await at.run(["completions", "fish"])).stdout);
  const offered = async (line: string) => {
    const program = `source ${script}; complete -C '${line}'`;
    const { code, stdout } = await run(["fish", "--no-config", "--private", "-c", program]);
    assertEquals(code, 0);
    return stdout.trimEnd().split("\n");
  };
  assertEquals(await offered("fief-auth tok"), ["token\tPrint an access token that works, and nothing else"]);
  assertEquals(await offered("fief-auth profiles "), ["list", "remove", "use"]);
  assertEquals(await offered("fief-auth token "), [""]);
  assertEquals(await offered("fief-auth token --min-valid "), [""]);
});

Deno.test("a branded CLI completes its own name and its own commands", async () => {
  await using directory = await temporaryDirectory();
  const program = await writeProgram(
    directory.path,
    `import { cli, command } from "lib/cli/mod.ts";
    const castles = command({
      name: "castles",
      summary: "It's a list: [all] of them",
      options: { style: { kind: "text", value: "STYLE", help: "Only [these]", values: ["gothic", "baroque"] } },
      examples: ["castles"],
      run: () => Promise.resolve(),
    });
    const acme = { name: "acme-cli", baseUrl: "https://acme.example", clientId: "x", commands: { castles } };
    Deno.exit(await cli(acme));`,
    ["-A"],
  );
  for (const [name, { command, prepare, syntax }] of Object.entries(SHELLS)) {
    const { code, stdout } = await run([...program, "completions", name]);
    assertEquals(code, 0);
    const script = `${directory.path}/${name}`;
    await Deno.writeTextFile(script, stdout);
    assertEquals((await run([...syntax, script])).code, 0, name);
    assert(!stdout.includes("fief-auth") && !stdout.includes("--base-url"), name);
    const env = { PATH: Deno.env.get("PATH")!, HOME: directory.path, LANG: "C.UTF-8" };
    const shell = inTerminal(command, env, 120);
    await shell.type(`${prepare(script, "acme-cli")}\r`);
    await shell.until(/READY > /);
    await shell.type("acme-cli cas\t--sty\tgo\t\r");
    const [, given] = await shell.until(/RAN<([^>]*)>/);
    assertEquals(plain(given!), "castles --style gothic", name);
    await shell.type("exit\r");
    await shell.ended();
  }
});

Deno.test("the script for PowerShell has every command and option, and quotes what it has to", async () => {
  await using at = await startOwnPlace();
  const { stdout } = await at.run(["completions", "powershell"]);
  assertStringIncludes(stdout, "Register-ArgumentCompleter -Native -CommandName 'fief-auth'");
  for (const word of ["'token' = @{", "'--min-valid' = @{", "'-X' = @{", "'bash', 'zsh', 'fish', 'powershell'"]) {
    assertStringIncludes(stdout, word);
  }
  // Each quote is closed in its line: an apostrophe in a help text is doubled.
  for (const line of stdout.split("\n")) assertEquals(line.replaceAll("''", "").split("'").length % 2, 1, line);
});
