// A refresh whose answer is lost: nobody knows whether the refresh token was spent. At a provider with reuse detection a second use
// ends the whole session (RFC 9700 section 4.14.2).
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { FiefError } from "../../lib/errors.ts";
import { startSession, type TestSession } from "../support/session.ts";

const ASKS_FOR_MORE = { minValid: 7200 };

/** Status of the provider's userinfo endpoint for the access token in the file: an opaque one dies with its session. */
async function userinfoStatus({ provider, file }: TestSession): Promise<number> {
  const { access_token } = file()["tokens"] as { access_token: string };
  const response = await fetch(`${provider.issuer}/api/userinfo`, {
    headers: { authorization: `Bearer ${access_token}` },
  });
  await response.body?.cancel();
  return response.status;
}

Deno.test("a refresh whose answer was lost is not sent again by anybody while the token at hand is good, and so the session lives", async () => {
  let losing = false;
  await using session = await startSession({
    opaqueAccessTokens: true,
    losesAnswer: ({ path }) => losing && path === "/api/token",
  });
  await session.signIn();
  const { access_token } = session.file()["tokens"] as { access_token: string };
  losing = true;
  for (let process = 0; process < 5; process++) {
    assertEquals(await session.another().accessToken(ASKS_FOR_MORE), access_token);
  }
  assertEquals(session.tokenRequests(), 2); // the sign-in and one refresh
  assertEquals(await userinfoStatus(session), 200);
});

Deno.test("processes that wait while a refresh goes unanswered do not send it either", async () => {
  let losing = false;
  await using session = await startSession({
    losesAnswer: ({ path }) => losing && path === "/api/token",
    tokenDelay: 200,
  });
  await session.signIn();
  losing = true;
  await Promise.all(Array.from({ length: 10 }, () => session.another().accessToken(ASKS_FOR_MORE)));
  assertEquals(session.tokenRequests(), 2);
});

Deno.test("a refresh that went unanswered is sent again when the token has run out, and the session goes on where it was not spent", async () => {
  let failing = false;
  await using session = await startSession({
    accessTokenLifetime: 60,
    intercept: ({ path }) => failing && path === "/api/token" ? new Response(null, { status: 503 }) : undefined,
  });
  await session.signIn();
  failing = true;
  await session.auth.accessToken(ASKS_FOR_MORE);
  failing = false;
  session.clock.now += 61_000;
  const { access_token } = session.file()["tokens"] as { access_token: string };
  const next = await session.auth.accessToken();
  assertEquals([next === access_token, session.tokenRequests()], [false, 3]);
  // And from then on as ever.
  await session.auth.accessToken(ASKS_FOR_MORE);
  assertEquals(session.tokenRequests(), 4);
});

Deno.test("a refresh that went unanswered is sent again for a token that an API has refused", async () => {
  let failing = true;
  await using session = await startSession({
    intercept: ({ path }) =>
      failing && path === "/api/token" && session.tokenRequests() > 1 ? new Response(null, { status: 502 }) : undefined,
  });
  await session.signIn();
  const refused = await session.auth.accessToken(ASKS_FOR_MORE);
  failing = false;
  assertEquals(await session.auth.accessToken({ refused }) === refused, false);
});

Deno.test("a refresh that could not be sent is sent as soon as it can be", async () => {
  await using session = await startSession();
  await session.signIn();
  const file = session.file() as { fief_auth: { token_endpoint: string } };
  const endpoint = file.fief_auth.token_endpoint;
  file.fief_auth.token_endpoint = "http://localhost:2/token"; // nobody listens there
  session.write(JSON.stringify(file));
  const { access_token } = session.file()["tokens"] as { access_token: string };
  assertEquals(await session.auth.accessToken(ASKS_FOR_MORE), access_token);
  assertEquals(session.file(), file);
  file.fief_auth.token_endpoint = endpoint;
  session.write(JSON.stringify(file));
  assertEquals(await session.auth.accessToken(ASKS_FOR_MORE) === access_token, false);
});

Deno.test("when the token has run out a refresh that broke off is sent once more, and no more: then the user signs in again, and sees who they were", async () => {
  let losing = false;
  await using session = await startSession({
    accessTokenLifetime: 60,
    losesAnswer: ({ path }) => losing && path === "/api/token",
  });
  await session.signIn();
  losing = true;
  session.clock.now += 61_000;
  const before = session.file();
  const lost = await assertRejects(() => session.auth.accessToken(), FiefError);
  // The server of Deno 2.6 leaves the connection open where a later one ends it: silence is waited for, and then nothing is sent again.
  const sent = Deno.version.deno.startsWith("2.6.") ? 1 : 2;
  assertEquals([lost.code, lost.exitStatus, session.tokenRequests()], ["provider_unreachable", 5, 1 + sent]);
  assertStringIncludes(lost.hint, "The session is kept");
  assertEquals(session.file(), before);
  losing = false;
  const spent = await assertRejects(() => session.auth.accessToken(), FiefError);
  assertEquals([spent.code, spent.exitStatus], ["refresh_rejected", 3]);
  assertEquals(session.file()["tokens"], null);
  assertEquals((await session.auth.currentUser().catch((error) => error)).code, "not_authenticated");
  assertEquals((session.file()["userinfo"] as { sub: string }).sub, "anne@example.com");
});

Deno.test("who waits for a refresh does not go on as somebody else who has signed in meanwhile", async () => {
  await using session = await startSession({ accessTokenLifetime: 60 });
  await session.signIn();
  session.clock.now += 61_000;
  using lock = await Deno.open(`${session.path}.lock`, { write: true, create: true });
  await lock.lock(true);
  const waiting = assertRejects(() => session.auth.accessToken(), FiefError);
  const theirs = JSON.parse(Deno.readTextFileSync(session.path));
  theirs.userinfo = { ...theirs.userinfo, sub: "bob@example.com", email: "bob@example.com" };
  theirs.tokens.access_token = "of-bob";
  theirs.fief_auth.expires_at += 3600;
  session.write(JSON.stringify(theirs));
  lock.unlockSync();
  const error = await waiting;
  assertEquals([error.code, error.exitStatus], ["session_mismatch", 2]);
  assertStringIncludes(error.message, "bob@example.com");
  assertEquals(session.tokenRequests(), 1);
});

for (
  const [name, status, minValid] of [["rejected", 400, undefined], ["not answered", 503, 7200]] as const
) {
  Deno.test(`a sign-out by another program stays when the refresh at the same time is ${name}`, async () => {
    const other: { write?: () => void } = {};
    await using session = await startSession({
      accessTokenLifetime: 60,
      intercept: ({ path }) => {
        if (path !== "/api/token" || other.write === undefined) return undefined;
        other.write();
        return Response.json({ error: "invalid_grant" }, { status });
      },
    });
    await session.signIn();
    if (minValid === undefined) session.clock.now += 61_000;
    const signedOut = JSON.stringify({ ...session.file(), userinfo: null, tokens: null });
    other.write = () => session.write(signedOut);
    await session.auth.accessToken(minValid === undefined ? {} : { minValid }).catch(() => {});
    assertEquals(Deno.readTextFileSync(session.path), signedOut);
  });
}
