// What changes at the server while somebody is signed in.
import { assertEquals, assertNotEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Fief, FiefAccessTokenInvalid } from "../../lib/mod.ts";
import { rotateKey } from "../support/fief/key.ts";
import { startScene } from "../support/fief/scene.ts";
import { theServer } from "./the_server.ts";

Deno.test("the user is deleted: asking the server says so, and the next refresh ends the session", async () => {
  await using scene = await startScene(theServer());
  await scene.signIn();
  await theServer().admin.removeUser(scene.user);
  assertEquals((await scene.run(["hello"])).stdout, `Hello, ${scene.user.email}\n`); // a file read
  const asked = await scene.run(["whoami", "--refresh"]);
  // Observed: Fief fails at a token of somebody who is gone, in place of refusing it.
  assertEquals([asked.status, asked.stdout], [5, ""], asked.stderr);
  assertStringIncludes(asked.stderr, "status 500");
  scene.expire();
  const { status, stdout, stderr } = await scene.run(["token"]);
  assertEquals([status, stdout], [3, ""]);
  assertStringIncludes(stderr, "The session has ended");
  assertEquals(scene.file().tokens, null);
});

Deno.test("the client is deleted: the refresh is refused with what to check, and a sign-in is refused at once", async () => {
  await using scene = await startScene(theServer());
  await scene.signIn();
  await theServer().admin.removeClient(scene.client);
  scene.expire();
  const { status, stdout, stderr } = await scene.run(["token"]);
  assertEquals([status, stdout], [5, ""]);
  assertStringIncludes(stderr, '"invalid_client"');
  assertStringIncludes(stderr, "Check the client id");
  const login = await scene.run(["login"]);
  assertEquals(login.status, 4, login.stderr);
  assertStringIncludes(login.stderr, "The server does not know this client");
  // The file can be left all the same.
  const logout = await scene.run(["logout"]);
  assertEquals([logout.status, scene.file().tokens], [0, null], logout.stderr);
});

Deno.test("the signing key is rotated: the session goes on, sign-in works, and APIs take the new tokens only", async () => {
  const fief = theServer();
  const tenant = await fief.admin.addTenant("Rotated");
  await using scene = await startScene(fief, { tenant });
  await scene.signIn();
  const old = scene.file().tokens!.access_token;
  const api = new Fief(tenant.baseUrl, scene.client.clientId); // has the old key, as a server that runs for weeks
  assertEquals((await api.validateAccessToken(old)).id, scene.user.id);
  await rotateKey(fief, tenant);
  // Our file does not know. The server refuses the token, call-api asks for another and goes on.
  const called = await scene.run(["call-api", "--fail", `${tenant.baseUrl}/api/userinfo`], {
    apiOrigin: tenant.baseUrl,
  });
  assertEquals(called.status, 0, called.stderr);
  const renewed = scene.file().tokens!.access_token;
  assertNotEquals(renewed, old);
  assertEquals((await api.validateAccessToken(renewed)).id, scene.user.id);
  await assertRejects(
    () => new Fief(tenant.baseUrl, scene.client.clientId).validateAccessToken(old),
    FiefAccessTokenInvalid,
  );
  assertEquals((await scene.signIn()).status, 0);
});

Deno.test({
  name:
    "the server restarts between commands, and is stopped: what is on disk works, the rest says who does not answer",
  async fn() {
    const fief = theServer();
    await using scene = await startScene(fief);
    await scene.signIn();
    await fief.stop();
    assertEquals((await scene.run(["token"])).status, 0);
    assertEquals((await scene.run(["hello"])).status, 0);
    scene.expire();
    const saved = scene.file();
    for (const args of [["token"], ["whoami", "--refresh"]]) {
      const { status, stdout, stderr } = await scene.run(args);
      assertEquals([status, stdout], [5, ""], stderr);
      assertStringIncludes(stderr, `Nobody listens at "${fief.baseUrl}"`);
    }
    const login = await scene.run(["login"]);
    assertEquals(login.status, 5, login.stderr);
    assertEquals(scene.file(), saved);
    await fief.start();
    const { status, stderr } = await scene.run(["token"]);
    assertEquals(status, 0, stderr);
    assertNotEquals(scene.file().tokens!.access_token, saved.tokens!.access_token);
    assertEquals((await scene.signIn()).status, 0);
  },
});

Deno.test("the server is stopped: logout clears the file, and says what may live on and until when", async () => {
  const fief = theServer();
  await using scene = await startScene(fief);
  await scene.signIn();
  await fief.stop();
  try {
    const { status, stdout, stderr } = await scene.run(["logout"]);
    assertEquals([status, scene.file().tokens], [0, null], stderr);
    assertStringIncludes(stdout, "Signed out on this machine. The session on the server may live on");
    assertStringIncludes(stdout, "The access token still works, and expires ");
  } finally {
    await fief.start();
  }
});
