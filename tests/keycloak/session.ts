import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { CLIENTS } from "../support/keycloak/realm.ts";
import { type KeycloakScene, startScene } from "../support/keycloak/scene.ts";
import { theServer } from "./the_server.ts";

const ENDED = "Sign in with: fief-auth login\n";

/** The session has ended: the next command says so, and `status` still knows who it was. */
async function assertEnded(scene: KeycloakScene): Promise<void> {
  scene.expire();
  const { status, stdout, stderr } = await scene.run(["token"]);
  assertEquals([status, stdout], [3, ""], stderr);
  assertStringIncludes(stderr, ENDED);
  assertEquals(scene.file().tokens, null);
  const told = await scene.run(["status"]);
  assertEquals(told.status, 3);
  assertStringIncludes(told.stdout, `the session of ${scene.username}@example.com has ended`);
}

Deno.test("an expired access token is refreshed with rotation, and the old refresh token is dead", async () => {
  await using scene = await startScene(theServer(), { clientId: CLIENTS.brief });
  await scene.signIn();
  const before = scene.file();
  // Its own expiry, by its own clock: it lives for 5 s.
  const expiry = Number(before.fief_auth["expires_at"]) * 1000;
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, expiry - Date.now())));
  const { status, stdout, stderr } = await scene.run(["token"]);
  const after = scene.file();
  assertEquals([status, stdout], [0, `${after.tokens!.access_token}\n`], stderr);
  assertNotEquals(after.tokens!.access_token, before.tokens!.access_token);
  assertNotEquals(after.tokens!.refresh_token, before.tokens!.refresh_token);
  assertEquals(await scene.refreshWith(before.tokens!.refresh_token), [400, "invalid_grant"]);
});

Deno.test("20 processes on an expired token refresh once", async () => {
  const keycloak = theServer();
  await using scene = await startScene(keycloak);
  await scene.signIn();
  scene.expire();
  const before = await keycloak.events("REFRESH_TOKEN", scene.username);
  const results = await Promise.all(Array.from({ length: 20 }, () => scene.run(["token"])));
  assertEquals(results.map(({ status }) => status), Array(20).fill(0), results.map(({ stderr }) => stderr).join(""));
  assertEquals(new Set(results.map(({ stdout }) => stdout)).size, 1);
  assertEquals(await keycloak.events("REFRESH_TOKEN", scene.username), before + 1);
  assertEquals(await keycloak.events("REFRESH_TOKEN_ERROR", scene.username), 0);
});

Deno.test("a refresh token that is expired ends the session with status 3", async () => {
  await using scene = await startScene(theServer(), { clientId: CLIENTS.passing });
  await scene.signIn();
  const { refresh_expires_in } = scene.file().tokens!;
  assert(refresh_expires_in <= 8, `it lives for ${refresh_expires_in} s`);
  await new Promise((resolve) => setTimeout(resolve, (refresh_expires_in + 1) * 1000));
  await assertEnded(scene);
  assertEquals((await scene.signIn()).status, 0);
});

Deno.test("a session that an administrator ends is ended with status 3, with offline access and without", async () => {
  for (const more of [[], ["--no-offline"]]) {
    await using scene = await startScene(theServer());
    await scene.signIn(more);
    await theServer().endSessions(scene.username);
    await assertEnded(scene);
  }
});

Deno.test("a user who is removed is signed out with status 3", async () => {
  await using scene = await startScene(theServer());
  await scene.signIn();
  await theServer().removeUser(scene.username);
  await assertEnded(scene);
});

Deno.test("a refresh token that is spent twice ends the session: status 3, and login goes on", async () => {
  await using scene = await startScene(theServer());
  await scene.signIn();
  const old = Deno.readTextFileSync(scene.credentials);
  scene.expire();
  assertEquals((await scene.run(["token"])).status, 0);
  Deno.writeTextFileSync(scene.credentials, old); // a backup of the file, say
  await assertEnded(scene);
  assertEquals((await scene.signIn()).status, 0);
});
