// Somebody who refreshes the same session and takes no lock, as the Python client: the server rotates for them, and a moment later they
// write the file.
import { assertEquals, assertRejects } from "@std/assert";
import { Fief, FiefError } from "../../lib/mod.ts";
import { startSession, type TestSession } from "../support/session.ts";

/** Refreshes beside the file, and gives what is to be written into it. */
async function refreshElsewhere({ provider, file }: TestSession): Promise<string> {
  const { tokens, userinfo } = file() as { tokens: { refresh_token: string }; userinfo: { sub: string } };
  const answer = await new Fief(provider.issuer, "cli").authRefreshToken(tokens.refresh_token);
  return JSON.stringify({ userinfo, tokens: { ...tokens, ...answer.tokens } });
}

/** A provider that rejects the next refresh, as Fief does a spent token: without ending the session, as this one would. */
async function startRejecting(): Promise<{ session: TestSession; rejectNext(): void }> {
  let rejecting = false;
  const session = await startSession({
    accessTokenLifetime: 60,
    intercept: ({ path }) => {
      if (!rejecting || path !== "/api/token") return undefined;
      rejecting = false;
      return Response.json({ error: "invalid_grant" }, { status: 400 });
    },
  });
  await session.signIn();
  session.clock.now += 61_000;
  return { session, rejectNext: () => void (rejecting = true) };
}

Deno.test("a session is not ended because somebody without the lock has refreshed it and not yet saved", async () => {
  const { session: started, rejectNext } = await startRejecting();
  await using session = started;
  const theirs = await refreshElsewhere(session);
  rejectNext();
  const ours = session.auth.accessToken();
  await new Promise((resolve) => setTimeout(resolve, 200));
  session.write(theirs);
  session.clock.now = Date.now(); // what they have got is good by the real clock
  assertEquals(await ours, JSON.parse(theirs)["tokens"]["access_token"]);
  assertEquals(session.file(), JSON.parse(theirs));
});

Deno.test("what somebody without the lock has saved is refreshed where it has run out by now", async () => {
  const { session: started, rejectNext } = await startRejecting();
  await using session = started;
  const theirs = await refreshElsewhere(session);
  rejectNext();
  const before = session.tokenRequests();
  const ours = session.auth.accessToken();
  await new Promise((resolve) => setTimeout(resolve, 200));
  session.write(theirs); // by our clock it is as old as the one before
  const token = await ours;
  assertEquals(session.tokenRequests(), before + 2); // one that was rejected, one that was not
  assertEquals((session.file()["tokens"] as { access_token: string }).access_token, token);
});

Deno.test("a session that nobody goes on with is ended", async () => {
  await using session = await startSession({ accessTokenLifetime: 60 });
  await session.signIn();
  session.clock.now += 61_000;
  await refreshElsewhere(session);
  const error = await assertRejects(() => session.auth.accessToken(), FiefError);
  assertEquals([error.code, session.file()["tokens"]], ["refresh_rejected", null]);
});

Deno.test("a file that is emptied before it is written is read when it is written", async () => {
  await using session = await startSession();
  await session.signIn();
  const text = await Deno.readTextFile(session.path);
  session.write("");
  const user = session.auth.currentUser();
  setTimeout(() => session.write(text), 10);
  assertEquals((await user).email, "anne@example.com");
});

Deno.test("accessToken() waits on for the lock where the token at hand has run out meanwhile", async () => {
  await using session = await startSession({ accessTokenLifetime: 60 });
  await session.signIn();
  const stranger = await Deno.open(`${session.path}.lock`, { write: true });
  await stranger.lock(true);
  session.clock.now += 58_500;
  const token = session.auth.accessToken();
  session.clock.now += 10_000;
  setTimeout(() => stranger.close(), 1_500); // longer than it would have waited for its own
  assertEquals(await token, (session.file()["tokens"] as { access_token: string }).access_token);
  assertEquals(session.tokenRequests(), 2);
});
