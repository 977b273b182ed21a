// A session over its life: tokens that run out, many processes, signing out.
import { assert, assertEquals, assertFalse, assertNotEquals, assertStringIncludes } from "@std/assert";
import type { FiefServer } from "../support/fief/server.ts";
import { type FiefScene, startScene } from "../support/fief/scene.ts";
import { theServer } from "./the_server.ts";

/** Requests to the token endpoint, by their status, while something is done. */
async function tokenRequests(fief: FiefServer, work: () => Promise<void>): Promise<Record<string, number>> {
  const count = () => fief.count("/api/token HTTP/1.1");
  const good = () => fief.count('/api/token HTTP/1.1" 200');
  const before = [count(), good()] as const;
  await work();
  return { all: count() - before[0], good: good() - before[1] };
}

/** What the server makes of a refresh token, sent by somebody else. */
async function refreshWith(scene: FiefScene, refreshToken: string): Promise<[status: number, error: unknown]> {
  const body = new URLSearchParams({
    grant_type: "refresh_token",
    client_id: scene.client.clientId,
    refresh_token: refreshToken,
  });
  const response = await fetch(`${scene.client.baseUrl}/api/token`, { method: "POST", body });
  return [response.status, (await response.json())["error"]];
}

Deno.test("an expired access token is refreshed with one request, and the old refresh token is dead", async () => {
  const fief = theServer();
  await using scene = await startScene(fief);
  await scene.signIn();
  const before = scene.file();
  assertEquals(await tokenRequests(fief, async () => void await scene.run(["token"])), { all: 0, good: 0 });
  scene.expire();
  const metadata = fief.count("/.well-known/");
  const sent = await tokenRequests(fief, async () => {
    const { status, stdout, stderr } = await scene.run(["token"]);
    assertEquals([status, stdout.trim()], [0, scene.file().tokens!.access_token], stderr);
  });
  assertEquals(sent, { all: 1, good: 1 });
  assertEquals(fief.count("/.well-known/"), metadata);
  assertNotEquals(scene.file().tokens!.access_token, before.tokens!.access_token);
  assertEquals(await refreshWith(scene, before.tokens!.refresh_token), [400, "invalid_grant"]);
  assertEquals((await scene.run(["whoami", "--refresh"])).status, 0);
});

Deno.test("access tokens that live for 2 seconds: whatever is printed still works", async () => {
  await using scene = await startScene(theServer(), { accessTokenLifetime: 2 });
  await scene.signIn();
  const first = scene.file();
  const expiry = first.fief_auth!["expires_at"] as number;
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, expiry * 1000 - Date.now())));
  const { status, stderr } = await scene.run(["token"]);
  assertEquals(status, 0, stderr);
  assertNotEquals(scene.file().tokens!.access_token, first.tokens!.access_token);
  // call-api refreshes by itself as often as it must.
  const called = await scene.run(["call-api", "--fail", `${scene.client.baseUrl}/api/userinfo`], {
    apiOrigin: scene.client.baseUrl,
  });
  assertEquals(called.status, 0, called.stderr);
});

Deno.test("an expired refresh token ends the session: sign in again, and who it was is still known", async () => {
  await using scene = await startScene(theServer(), { refreshTokenLifetime: 0 });
  await scene.signIn();
  // While the access token is good nobody notices.
  assertEquals((await scene.run(["token"])).status, 0);
  scene.expire();
  const { status, stdout, stderr } = await scene.run(["token"]);
  assertEquals([status, stdout], [3, ""]);
  assertStringIncludes(stderr, "The session has ended: the server no longer takes its refresh token\n");
  assertStringIncludes(stderr, "Sign in with: fief-auth login");
  const { tokens, userinfo } = scene.file();
  assertEquals([tokens, userinfo!["email"]], [null, scene.user.email]);
  const again = await scene.run(["status"]);
  assertEquals(again.status, 3);
  assertStringIncludes(again.stdout, `the session of ${scene.user.email} has ended`);
});

Deno.test("20 processes at once on an expired token: one refresh at the server, and all have the same token", async () => {
  const fief = theServer();
  await using scene = await startScene(fief);
  await scene.signIn();
  scene.expire();
  const sent = await tokenRequests(fief, async () => {
    const results = await Promise.all(Array.from({ length: 20 }, () => scene.run(["token"])));
    assertEquals(results.map(({ status }) => status), Array(20).fill(0), results.map(({ stderr }) => stderr).join(""));
    assertEquals([...new Set(results.map(({ stdout }) => stdout.trim()))], [scene.file().tokens!.access_token]);
  });
  assertEquals(sent, { all: 1, good: 1 });
  scene.expire();
  assertEquals((await scene.run(["token"])).status, 0); // what was saved is what the server takes next
});

Deno.test("logout ends the session on the server: its refresh token is dead, and no new one was made", async () => {
  const fief = theServer();
  await using scene = await startScene(fief);
  await scene.signIn();
  const { refresh_token, access_token } = scene.file().tokens!;
  const sent = await tokenRequests(fief, async () => {
    const { status, stdout, stderr } = await scene.run(["logout"]);
    assertEquals(status, 0, stderr);
    assertStringIncludes(stdout, "Signed out. The access token still works, and expires ");
  });
  assertEquals(sent, { all: 1, good: 1 });
  assertEquals(await refreshWith(scene, refresh_token), [400, "invalid_grant"]);
  assertEquals([scene.file().tokens, scene.file().userinfo], [null, null]);
  // Nobody can call back an access token; so the message says it.
  const userinfo = await fetch(`${scene.client.baseUrl}/api/userinfo`, {
    headers: { authorization: `Bearer ${access_token}` },
  });
  assert(userinfo.ok);
  await userinfo.body?.cancel();
  const again = await scene.run(["token"]);
  assertEquals([again.status, again.stdout], [3, ""]);
  assertEquals((await scene.run(["logout"])).stdout, "Nobody was signed in.\n");
  assertFalse(JSON.stringify(scene.file()).includes(refresh_token));
});

Deno.test("logout of a session that had ended on the server says that it is ended", async () => {
  await using scene = await startScene(theServer());
  await scene.signIn();
  assertEquals((await refreshWith(scene, scene.file().tokens!.refresh_token))[0], 200);
  const { status, stdout } = await scene.run(["logout", "--json"]);
  assertEquals([status, JSON.parse(stdout)["server"]], [0, "ended"]);
});
