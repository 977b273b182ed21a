import { assert, assertEquals, assertFalse, assertMatch } from "@std/assert";
import { startScene } from "../support/keycloak/scene.ts";
import { theServer } from "./the_server.ts";

for (const [name, more, kind] of [["offline", [], "offline"], ["online", ["--no-offline"], "online"]] as const) {
  Deno.test(`logout ends the ${name} session at the server`, async () => {
    const keycloak = theServer();
    await using scene = await startScene(keycloak);
    await scene.signIn([...more]);
    const { refresh_token, access_token } = scene.file().tokens!;
    assertEquals((await keycloak.sessions(scene.username, scene.clientId))[kind], 1);
    const { status, stdout, stderr } = await scene.run(["logout"]);
    assertEquals(status, 0, stderr);
    assertMatch(stdout, /^Signed out\. The access token still works, and expires in 5 minutes \(\S+\)\.\n$/);
    assertEquals((await keycloak.sessions(scene.username, scene.clientId))[kind], 0);
    assertEquals(await scene.refreshWith(refresh_token), [400, "invalid_grant"]);
    // The server itself takes it no more; an API that checks the signature alone goes on taking it.
    const userinfo = await fetch(`${keycloak.issuer}/protocol/openid-connect/userinfo`, {
      headers: { authorization: `Bearer ${access_token}` },
    });
    await userinfo.body?.cancel();
    assertEquals(userinfo.status, 401);
    assertEquals([scene.file().tokens, scene.file().userinfo], [null, null]);
    assertEquals((await scene.run(["logout"])).stdout, "Nobody was signed in.\n");
  });
}

Deno.test("logout --browser-session ends the browser's session on Keycloak's page, which asks first", async () => {
  await using scene = await startScene(theServer());
  const seen: string[] = [];
  const visit = (url: string) =>
    scene.browser.visit(url, { fields: scene.fields, sees: ({ html }) => void seen.push(html) });
  const askedForPassword = () => seen.splice(0).some((html) => html.includes('type="password"'));
  await scene.signIn(["--no-offline"], visit);
  assert(askedForPassword());
  await scene.signIn(["--no-offline"], visit);
  assertFalse(askedForPassword(), "the browser is still signed in");
  const { status, stdout, stderr } = await scene.run(["logout", "--browser-session", "--no-browser"]);
  assertEquals(status, 0, stderr);
  const url = stdout.match(/^http\S+$/m)![0];
  assertEquals(url, `${theServer().issuer}/protocol/openid-connect/logout?client_id=${scene.clientId}`);
  await visit(url);
  assert(seen.splice(0).some((html) => html.includes("Do you want to log out")));
  await scene.signIn(["--no-offline"], visit);
  assert(askedForPassword());
});

Deno.test("logout of a session that has ended at the server is content", async () => {
  await using scene = await startScene(theServer());
  await scene.signIn();
  await theServer().endSessions(scene.username);
  const { status, stdout } = await scene.run(["logout", "--json"]);
  assertEquals([status, JSON.parse(stdout).server], [0, "ended"]);
});
