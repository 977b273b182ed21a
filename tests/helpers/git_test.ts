// git itself asks `credential git`, against git's own server.
import { assert, assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import { cliCommand } from "../support/cli.ts";
import { type CliSession, startCliSession } from "../support/cli_session.ts";
import { expire } from "../support/expire.ts";
import { startGitServer } from "../support/helpers/git_server.ts";
import { type Ended, quoted, requireProgram, runScript } from "../support/helpers/programs.ts";

await requireProgram("git", "--version");

/** Whoever asks git for a second helper finds this one. */
const NEXT = '!f() { test "$1" = get && echo username=next && echo password=helper; true; }; f';

/** git with our helper, and nothing of whoever runs the tests. */
function git(session: CliSession, line: string, options: { origin?: string; then?: string } = {}): Promise<Ended> {
  const named = options.origin === undefined ? [] : ["--api-origin", options.origin];
  const command = cliCommand(["credential", "git", ...named], {
    credentials: session.credentials,
    providerOrigin: session.provider.issuer,
  });
  const helpers = [`!${quoted(command)}`, ...options.then === undefined ? [] : [options.then]];
  const config = ["-c", "credential.helper=", ...helpers.flatMap((helper) => ["-c", `credential.helper=${helper}`])];
  const user = ["-c", "user.name=Anne", "-c", "user.email=anne@example.com", "-c", "init.defaultBranch=main"];
  return runScript(line.replaceAll(/\bgit /g, `git ${quoted([...config, ...user])} `), session, {
    GIT_TERMINAL_PROMPT: "0",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ASKPASS: "",
  });
}

/** Whether any file below has this text in it. */
async function holds(directory: string, text: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory, isFile } of Deno.readDir(directory)) {
    const path = `${directory}/${name}`;
    if (isDirectory) found.push(...await holds(path, text));
    else if (isFile && (await Deno.readTextFile(path)).includes(text)) found.push(path);
  }
  return found;
}

Deno.test("git clones and pushes with the token, asks nobody, and keeps it nowhere", async () => {
  await using session = await startCliSession();
  await session.signIn();
  const token = (await session.run(["token"])).stdout.trim();
  await using server = await startGitServer((username, password) => username === "oauth2" && password === token);
  const origin = `http://${server.host}`;
  const script = `git clone -q ${server.url} work && cd work && echo Chambord > castles.txt && git add castles.txt &&
    git commit -qm "One castle" && git push -q origin HEAD:main && cd .. && git clone -q ${server.url} again &&
    cat again/castles.txt`;
  const { status, stdout, stderr } = await git(session, script, { origin });
  assertEquals([status, stdout], [0, "Chambord\n"], stderr);
  assert(server.seen.includes(`Basic ${btoa(`oauth2:${token}`)}`));
  for (const place of ["work", "again"]) assertEquals(await holds(`${session.directory}/${place}`, token), []);
});

Deno.test("git has another token at its next call when a server has refused the saved one, and nobody is signed out", async () => {
  await using session = await startCliSession();
  await session.signIn();
  const first = (await session.run(["token"])).stdout.trim();
  await using server = await startGitServer((_, password) => password !== "" && password !== first);
  const origin = `http://${server.host}`;
  const line = `git ls-remote ${server.url}`;
  const refused = await git(session, line, { origin });
  assertEquals(refused.status, 128);
  assertStringIncludes(refused.stderr, "Authentication failed");
  const next = await git(session, line, { origin });
  assertEquals(next.status, 0, next.stderr);
  const second = (await session.run(["token"])).stdout.trim();
  assertFalse(second === first);
  assertEquals(server.seen.at(-1), `Basic ${btoa(`oauth2:${second}`)}`);
  assertEquals(session.provider.requestsTo(session.provider.tokenPath), 2);
  assertEquals((await session.run(["status"])).status, 0);
});

Deno.test("git gets in at the first call although the saved token has run out meanwhile", async () => {
  await using session = await startCliSession();
  await session.signIn();
  const first = (await session.run(["token"])).stdout.trim();
  await using server = await startGitServer((_, password) => password !== "" && password !== first);
  expire(session.credentials);
  const { status, stderr } = await git(session, `git ls-remote ${server.url}`, { origin: `http://${server.host}` });
  assertEquals([status, stderr], [0, ""]);
  assertEquals(server.seen.filter((header) => header?.includes(btoa(`oauth2:${first}`))), []);
  assertEquals(session.provider.requestsTo(session.provider.tokenPath), 2);
});

Deno.test("git asks its next helper for a server that nobody named, and our token goes nowhere", async () => {
  await using session = await startCliSession();
  await session.signIn();
  await using server = await startGitServer((username, password) => `${username}:${password}` === "next:helper");
  for (const origin of [undefined, "https://git.example.com"]) {
    const { status, stderr } = await git(session, `git ls-remote ${server.url}`, {
      then: NEXT,
      ...origin === undefined ? {} : { origin },
    });
    assertEquals([status, stderr], [0, ""]);
  }
  assertEquals(new Set(server.seen), new Set([null, `Basic ${btoa("next:helper")}`]));
});

Deno.test("git shows where to sign in when nobody is, and does not wait", async () => {
  await using session = await startCliSession();
  await using server = await startGitServer(() => false);
  const { status, stderr } = await git(session, `git ls-remote ${server.url}`, { origin: `http://${server.host}` });
  assertEquals(status, 128);
  assertMatch(stderr, /^fief-auth: Not signed in\nSign in with: fief-auth login/m);
});

Deno.test("git goes on to its next helper when it sends what is refused", async () => {
  await using session = await startCliSession();
  await session.signIn();
  // Since CVE-2024-52006 git itself sends no carriage return, unless it is told to.
  const fill = "git -c credential.protectProtocol=false credential fill";
  const script = `printf 'protocol=https\\nhost=git.example.com\\rx\\n\\n' | ${fill}`;
  const { status, stdout, stderr } = await git(session, script, { origin: "https://git.example.com", then: NEXT });
  assertEquals([status, stdout.includes("username=next\npassword=helper\n")], [0, true], stderr);
  assertStringIncludes(stderr, "What git has sent has a carriage return or a NUL in it");
});

Deno.test("git finds the helper by the lines of docs/recipes.md, and asks no other for that server", async () => {
  await using session = await startCliSession();
  await session.signIn();
  await using server = await startGitServer((username) => username === "oauth2");
  const origin = `http://${server.host}`;
  const page = await Deno.readTextFile(new URL("../../docs/recipes.md", import.meta.url));
  const lines = page.match(/## git\n\n```sh\n([\s\S]*?)```/)![1]!.replaceAll("https://git.example.com", origin);
  // The program has its name on the PATH, as after an installation.
  const command = cliCommand([], {
    credentials: session.credentials,
    providerOrigin: session.provider.issuer,
    facts: { command: "credential" },
  });
  await Deno.writeTextFile(`${session.directory}/fief-auth`, `#!/bin/sh\nexec ${quoted(command)} "$@"\n`, {
    mode: 0o755,
  });
  const script = `git config --global credential.helper '${NEXT}'\n${lines}\ngit ls-remote ${server.url}`;
  const { status, stderr } = await runScript(script, session, {
    PATH: `${session.directory}:${Deno.env.get("PATH")}`,
    GIT_TERMINAL_PROMPT: "0",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: `${session.directory}/gitconfig`,
  });
  assertEquals([status, stderr], [0, ""]);
  assertEquals(server.seen.filter((header) => header === `Basic ${btoa("next:helper")}`), []);
});
