// git 2.46 and newer takes a bearer token from `credential git`, against git's own server.
import { assertEquals, assertFalse } from "@std/assert";
import { cliCommand } from "../support/cli.ts";
import { type CliSession, startCliSession } from "../support/cli_session.ts";
import { startGitServer } from "../support/helpers/git_server.ts";
import { newGit } from "../support/helpers/new_git.ts";
import { type Ended, quoted, requireProgram, runScript } from "../support/helpers/programs.ts";

await requireProgram("git", "--version"); // the server is that of the machine
const { env } = await newGit();

/** git with our helper, and before it one that keeps on disk what it is given. */
function git(session: CliSession, line: string, origin: string): Promise<Ended> {
  const command = cliCommand(["credential", "git", "--api-origin", origin], {
    credentials: session.credentials,
    providerOrigin: session.provider.issuer,
  });
  const config = [`store --file=${session.directory}/kept`, `!${quoted(command)}`].map((helper) =>
    `-c ${quoted([`credential.helper=${helper}`])}`
  );
  return runScript(line.replaceAll(/\bgit /g, `git -c credential.helper= ${config.join(" ")} `), session, {
    ...env,
    GIT_TERMINAL_PROMPT: "0",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_TEMPLATE_DIR: "",
    GIT_ASKPASS: "",
  });
}

/** What the helper that keeps things has kept. */
function kept(session: CliSession): string {
  try {
    return Deno.readTextFileSync(`${session.directory}/kept`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

Deno.test("git sends the token as a bearer token where the server asks for one, and no other helper keeps it", async () => {
  await using session = await startCliSession();
  await session.signIn();
  const token = (await session.run(["token"])).stdout.trim();
  await using server = await startGitServer((_, given) => given === token, "Bearer");
  const identity = "-c user.name=Anne -c user.email=anne@example.com";
  const script = `git clone -q ${server.url} work && cd work && echo Chambord > castles.txt && git add castles.txt &&
    git ${identity} commit -qm "One castle" && git push -q origin HEAD:main && git ls-remote origin | cut -f 2`;
  const { status, stdout, stderr } = await git(session, script, `http://${server.host}`);
  assertEquals([status, stdout.includes("refs/heads/main")], [0, true], stderr);
  assertEquals(new Set(server.seen), new Set([null, `Bearer ${token}`]));
  assertEquals(kept(session), "");
});

Deno.test("git has another bearer token at its next call when a server has refused the saved one", async () => {
  await using session = await startCliSession();
  await session.signIn();
  const first = (await session.run(["token"])).stdout.trim();
  await using server = await startGitServer((_, given) => given !== "" && given !== first, "Bearer");
  const origin = `http://${server.host}`;
  assertEquals((await git(session, `git ls-remote ${server.url}`, origin)).status, 128);
  const next = await git(session, `git ls-remote ${server.url}`, origin);
  assertEquals(next.status, 0, next.stderr);
  const second = (await session.run(["token"])).stdout.trim();
  assertFalse(second === first);
  assertEquals(server.seen.at(-1), `Bearer ${second}`);
  assertEquals(session.provider.requestsTo(session.provider.tokenPath), 2);
  assertEquals((await session.run(["status"])).status, 0);
});

Deno.test("git sends the token as a password where the server asks for one", async () => {
  await using session = await startCliSession();
  await session.signIn();
  const token = (await session.run(["token"])).stdout.trim();
  await using server = await startGitServer((username, password) => username === "oauth2" && password === token);
  const { status, stderr } = await git(session, `git ls-remote ${server.url}`, `http://${server.host}`);
  assertEquals([status, stderr], [0, ""]);
});
