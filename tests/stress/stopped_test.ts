// What keeps an answer from being read in time: the process is stopped, or the server slow. The session outlives both.
import { assert, assertEquals } from "@std/assert";
import { startCliSession } from "../support/cli_session.ts";
import { expire } from "../support/expire.ts";

/** Milliseconds, more than a request may take. */
const LONG = 12_000;

/** More than any token lives. */
const REFRESH = ["token", "--min-valid", "3600"];

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

Deno.test({
  name:
    "a process that is stopped during its refresh for longer than a request may take has the new tokens when it goes on",
  ignore: Deno.build.os === "windows",
}, async () => {
  await using session = await startCliSession({ tokenDelay: 500 });
  await session.signIn();
  const { provider } = session;
  const before = provider.requestsTo(provider.tokenPath);
  const old = (await session.run(["token"])).stdout;
  const running = session.start(REFRESH);
  const ended = running.result();
  while (provider.requestsTo(provider.tokenPath) === before) {
    const early = await Promise.race([ended, sleep(10)]);
    if (early !== undefined) throw new Error(`It ended before it asked the server: ${early.stderr}`);
  }
  running.kill("SIGSTOP");
  await sleep(LONG);
  running.kill("SIGCONT");
  const { status, stdout, stderr } = await ended;
  assertEquals([status, stderr], [0, ""]);
  assert(stdout !== old, "the token is still the old one");
  const next = await session.run(REFRESH);
  assertEquals([next.status, next.stderr], [0, ""]);
  assert(next.stdout !== stdout);
  assertEquals(provider.requestsTo(provider.tokenPath) - before, 2);
});

Deno.test("a server that takes longer than a request may is waited for where no other token is left, and asked once", async () => {
  const options = { tokenDelay: 0 };
  await using session = await startCliSession(options);
  await session.signIn();
  options.tokenDelay = LONG;
  const { provider } = session;
  const before = provider.requestsTo(provider.tokenPath);
  expire(session.credentials);
  const { status, stderr } = await session.run(["token"]);
  assertEquals([status, stderr, provider.requestsTo(provider.tokenPath) - before], [0, "", 1]);
});
