// What is left when a process is killed at any moment.
import { assert, assertEquals } from "@std/assert";
import { changeCredentials } from "../../lib/credentials/change.ts";
import { type Credentials, parseCredentials } from "../../lib/credentials/format.ts";
import { signInAt } from "../support/browser.ts";
import type { RunningCli } from "../support/cli.ts";
import { type CliSession, startCliSession } from "../support/cli_session.ts";
import { expire } from "../support/expire.ts";
import { figure, sized } from "../support/stress.ts";

/** A command that changes the file, on a session whose access token has run out. */
interface Victim {
  command: string;
  begin(session: CliSession): Promise<RunningCli>;
}

const VICTIMS: Victim[] = [
  { command: "token", begin: (session) => Promise.resolve(session.start(["token"])) },
  { command: "logout", begin: (session) => Promise.resolve(session.start(["logout"])) },
  {
    command: "login",
    begin: async (session) => {
      const running = session.start(["login", "--no-browser", "--api-origin", session.api.origin]);
      // Killed earlier, it would not even have begun: that is what a moment before `login` is.
      const url = await running.authorizationUrl();
      signInAt(url, "anne@example.com").catch(() => {}); // its listener dies under it
      return running;
    },
  },
];

/** Signs in where nobody is, and lets the access token run out. */
async function prepare(session: CliSession): Promise<Credentials> {
  const there = readFile(session);
  if (there === undefined || there.tokens === null) assertEquals((await session.signIn()).status, 0);
  expire(session.credentials);
  return readFile(session)!;
}

/** @throws Where it is not whole. */
function readFile({ credentials }: CliSession): Credentials | undefined {
  try {
    return parseCredentials(Deno.readTextFileSync(credentials), credentials);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** What of a session belongs together. */
function parts({ tokens, userinfo, fief_auth }: Credentials): unknown[] {
  return [tokens?.access_token, tokens?.refresh_token, userinfo?.sub, fief_auth?.expires_at];
}

/** A whole session that is not the old one, or none at all after a logout. */
function isNew(now: Credentials, old: Credentials, command: string): boolean {
  if (command === "logout") return now.tokens === null && now.userinfo === null && now.fief_auth !== undefined;
  const [before, after] = [parts(old), parts(now)];
  return after.every((part, index) =>
    part !== undefined && (index === 2 ? part === before[index] : part !== before[index])
  );
}

/** The names beside the credentials file that are ours. */
function names({ directory }: CliSession): string[] {
  return [...Deno.readDirSync(directory)].map(({ name }) => name).filter((name) => name.startsWith("cred")).sort();
}

/** Sends the signal at a random moment of the command's life; how it ended, and what the file holds then. */
async function strike(
  { command, begin }: Victim,
  session: CliSession,
  signal: Deno.Signal,
  life: number,
): Promise<{ status: number; held: "old" | "new" }> {
  const old = await prepare(session);
  const text = Deno.readTextFileSync(session.credentials);
  const running = await begin(session);
  const timer = setTimeout(() => running.kill(signal), Math.random() * life * 1.1);
  const { status } = await running.result();
  clearTimeout(timer);
  const now = readFile(session)!;
  if (Deno.readTextFileSync(session.credentials) === text) return { status, held: "old" };
  assert(isNew(now, old, command), `neither the old session nor the new one, but ${Object.keys(now)}`);
  return { status, held: "new" };
}

/** Milliseconds that it takes when nothing happens to it. */
async function lifeOf({ begin }: Victim, session: CliSession): Promise<number> {
  await prepare(session);
  const running = await begin(session);
  const started = performance.now();
  assertEquals((await running.result()).status, 0);
  return performance.now() - started;
}

/** No more than one draft is left, the lock is free, and the next change takes the draft away. */
async function assertTidy(session: CliSession): Promise<void> {
  const left = names(session).filter((name) => name !== "credentials.json.tmp");
  assertEquals(left, ["credentials.json", "credentials.json.lock"]);
  await changeCredentials(session.credentials, {}, { timeout: 10_000 }, ({ prepare }) => prepare());
  assertEquals(names(session), ["credentials.json", "credentials.json.lock"]);
}

for (const victim of VICTIMS) {
  const { command } = victim;
  const count = sized(5, command === "token" ? 250 : 125);
  Deno.test(`\`${command}\` killed ${count} times at any moment leaves the old session or the new one, whole, and the lock free`, async () => {
    await using session = await startCliSession();
    const life = await lifeOf(victim, session);
    const found = { old: 0, new: 0, lost: 0 };
    for (let death = 0; death < count; death++) {
      const { held } = await strike(victim, session, "SIGKILL", life);
      found[held]++;
      await assertTidy(session);
      if (command === "logout") continue;
      const { status, stderr } = await session.run(["token"]);
      if (status === 0) continue;
      // The one window: the server had spent the refresh token, and the process died before it had saved the next one.
      assertEquals([status, held, command], [3, "old", "token"], stderr);
      found.lost++;
    }
    figure(`\`${command}\` killed ${count} times: the old session, the new one`, `${found.old}, ${found.new}`);
    if (command === "token") {
      figure("  of these the old one was spent at the server, and the user signs in again", found.lost);
    }
  });
}

for (const [signal, itsStatus] of [["SIGHUP", 129], ["SIGTERM", 143], ["SIGINT", 130]] as const) {
  for (const victim of VICTIMS) {
    const { command } = victim;
    if (signal === "SIGHUP" && command === "logout") continue; // it spends nothing, and dies as any program does
    const count = sized(3, 40);
    Deno.test(`\`${command}\` loses nothing at ${signal}, ${count} times at any moment, and ends with status ${itsStatus}`, async () => {
      await using session = await startCliSession();
      const life = await lifeOf(victim, session);
      let struck = 0;
      for (let death = 0; death < count; death++) {
        const { status } = await strike(victim, session, signal, life);
        assert([0, itsStatus].includes(status), `status ${status}`);
        if (status === itsStatus) struck++;
        // Nothing half-written, and no draft either.
        const drafts = names(session).filter((name) => name === "credentials.json.tmp");
        assertEquals(drafts, []);
        if (command !== "logout") assertEquals((await session.run(["token"])).status, 0, "the session is lost");
      }
      figure(`\`${command}\` at ${signal}, ${count} times: ended by it`, struck);
    });
  }
}
