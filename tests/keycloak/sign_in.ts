import { assert, assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import { CLIENTS } from "../support/keycloak/realm.ts";
import { startScene } from "../support/keycloak/scene.ts";
import { theServer } from "./the_server.ts";

Deno.test("login on Keycloak's own pages, with offline access, and then who it is", async () => {
  await using scene = await startScene(theServer());
  const { status, stdout, stderr, page } = await scene.signIn();
  const email = `${scene.username}@example.com`;
  assertEquals([status, stdout], [0, `Signed in as ${email}\n`], stderr);
  assertStringIncludes(page.html, "You are signed in");
  assert(!stderr.includes("once more"), "Keycloak gives offline access without prompt=consent");
  const { tokens, fief_auth } = scene.file();
  assert(tokens!.scope.split(" ").includes("offline_access"));
  assertEquals(fief_auth["issuer"], theServer().issuer);
  assertEquals(fief_auth["revocation_endpoint"], `${theServer().issuer}/protocol/openid-connect/revoke`);
  assertEquals((await scene.run(["hello"])).stdout, `Hello, ${email}\n`);
  const whoami = await scene.run(["whoami", "--refresh", "--json"]);
  assertEquals([whoami.status, JSON.parse(whoami.stdout).preferred_username], [0, scene.username]);
  assertEquals((await theServer().sessions(scene.username, scene.clientId)).offline, 1);
});

Deno.test("the redirect URI is on 127.0.0.1, where any port is taken (RFC 8252 section 7.3)", async () => {
  await using scene = await startScene(theServer());
  const redirects: string[] = [];
  for (let times = 0; times < 2; times++) {
    const { status, stderr } = await scene.signIn([], (url) => {
      redirects.push(new URL(url).searchParams.get("redirect_uri")!);
      return scene.browser.visit(url, { fields: scene.fields });
    });
    assertEquals(status, 0, stderr);
  }
  for (const redirect of redirects) assertMatch(redirect, /^http:\/\/127\.0\.0\.1:\d+\/callback$/);
  assertNotEquals(redirects[0], redirects[1]);
});

Deno.test("a user who may not have offline access is told what to do, and signs in without it", async () => {
  await using scene = await startScene(theServer(), { username: "bob" });
  const refused = await scene.signIn();
  assertEquals([refused.status, refused.stdout], [4, ""]);
  assertStringIncludes(
    refused.stderr,
    "fief-auth: The server refused to give tokens: this user may not have offline access\n" +
      "Ask an administrator to allow it, or sign in without offline access: fief-auth login --no-offline\n",
  );
  assertStringIncludes(refused.page.html, "this user may not have offline access");
  const { status, stderr } = await scene.signIn(["--no-offline"]);
  assertEquals(status, 0, stderr);
  const { refresh_token, scope } = scene.file().tokens!;
  assert(!scope.includes("offline_access"));
  scene.expire();
  assertEquals((await scene.run(["token"])).status, 0);
  assertNotEquals(scene.file().tokens!.refresh_token, refresh_token);
});

Deno.test("a client that may not have offline access is told what to do, and signs in without it", async () => {
  await using scene = await startScene(theServer(), { clientId: CLIENTS.online });
  const refused = await scene.signIn();
  assertEquals(refused.status, 4);
  assertStringIncludes(refused.stderr, 'The server ended the sign-in with "invalid_scope"');
  assertStringIncludes(refused.stderr, "or sign in without offline access: fief-auth login --no-offline\n");
  const { status, stderr } = await scene.signIn(["--no-offline"]);
  assertEquals(status, 0, stderr);
});

Deno.test("the consent page is allowed, or denied", async () => {
  await using scene = await startScene(theServer(), { clientId: CLIENTS.consent });
  const seen: string[] = [];
  const sees = ({ html }: { html: string }) => void seen.push(html);
  const denied = await scene.signIn([], (url) => scene.browser.visit(url, { fields: scene.fields, deny: true, sees }));
  assertEquals(denied.status, 4, denied.stderr);
  assertStringIncludes(denied.stderr, "The sign-in was denied");
  const allowed = await scene.signIn([], (url) => scene.browser.visit(url, { fields: scene.fields, sees }));
  assertEquals(allowed.status, 0, allowed.stderr);
  assert(seen.some((html) => html.includes("Grant Access to")));
  seen.length = 0;
  const again = await scene.signIn(
    ["--param", "prompt=consent"],
    (url) => scene.browser.visit(url, { fields: scene.fields, sees }),
  );
  assertEquals(again.status, 0, again.stderr);
  assert(seen.some((html) => html.includes("Grant Access to")), "asked again because prompt=consent says so");
});

Deno.test("prompt=none without a session at the server ends at once, and says why", async () => {
  await using scene = await startScene(theServer());
  const { status, stderr } = await scene.signIn(["--param", "prompt=none"]);
  assertEquals(status, 4);
  assertStringIncludes(stderr, 'The server ended the sign-in with "login_required"');
});

Deno.test("a sign-in after the server's key was changed checks the ID token with the new one", async () => {
  await using scene = await startScene(theServer());
  await scene.signIn();
  const kid = (token: string) => JSON.parse(atob(token.split(".")[0]!)).kid;
  const before = kid(scene.file().tokens!.id_token);
  await theServer().rotateKey();
  // The old session goes on: its refresh token is no JWT of that key.
  scene.expire();
  const { status, stderr } = await scene.run(["token"]);
  assertEquals(status, 0, stderr);
  assertNotEquals(kid(scene.file().tokens!.id_token), before);
  assertEquals((await scene.signIn()).status, 0);
});
