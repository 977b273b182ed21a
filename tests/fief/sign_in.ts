// Signing in, on Fief's own pages.
import { assert, assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import { decodeJwtClaims } from "../../lib/provider/tokens.ts";
import { type LastPage, ScriptedBrowser } from "../support/browser.ts";
import { verificationCode } from "../support/fief/mail.ts";
import { type FiefScene, startScene } from "../support/fief/scene.ts";
import { PASSWORD } from "../support/fief/server.ts";
import { theServer } from "./the_server.ts";

/** Notes which of Fief's pages were shown. */
function noteIn(seen: string[]): (page: LastPage) => void {
  return ({ url }) => void (url.origin === theServer().baseUrl && seen.push(url.pathname));
}

/** What the access token in the file says. */
function claimsOf(scene: FiefScene): Record<string, unknown> {
  return decodeJwtClaims(scene.file().tokens!.access_token)!;
}

Deno.test("a first-party client: no consent is asked for, and the commands know who it is", async () => {
  await using scene = await startScene(theServer());
  const { status, stdout, stderr, page } = await scene.signIn();
  assertEquals(status, 0, stderr);
  assertStringIncludes(stdout, `Signed in as ${scene.user.email}`);
  assertEquals([page.status, page.url.origin], [200, new URL(scene.client.redirectUri).origin]);
  assertStringIncludes(page.html, scene.user.email);
  assertEquals((await scene.run(["hello"])).stdout, `Hello, ${scene.user.email}\n`);
  const token = (await scene.run(["token"])).stdout.trim();
  assertEquals(token, scene.file().tokens!.access_token);
  const refreshed = await scene.run(["whoami", "--refresh", "--json"]);
  assertEquals(JSON.parse(refreshed.stdout)["email"], scene.user.email, refreshed.stderr);
  const called = await scene.run(["call-api", `${scene.client.baseUrl}/api/userinfo`], {
    apiOrigin: scene.client.baseUrl,
  });
  assertEquals(JSON.parse(called.stdout)["sub"], scene.user.id, called.stderr);
  assertEquals(claimsOf(scene)["acr"], "1");
});

Deno.test("a third-party client: the user allows it on Fief's consent page, once", async () => {
  await using scene = await startScene(theServer(), { firstParty: false });
  const seen: string[] = [];
  const visit = (url: string) => scene.browser.visit(url, { fields: scene.fields, sees: noteIn(seen) });
  const first = await scene.signIn([], visit);
  assertEquals([first.status, first.page.status], [0, 200], first.stderr);
  assertEquals(seen, ["/login", "/consent"]);
  seen.length = 0;
  assertEquals((await scene.signIn([], visit)).status, 0);
  assertEquals(seen, []);
});

Deno.test("a third-party client: the user denies it, and the session before lives on", async () => {
  await using scene = await startScene(theServer(), { firstParty: false });
  const visit = (url: string) => scene.browser.visit(url, { fields: scene.fields, deny: true });
  const { status, stdout, stderr, page } = await scene.signIn([], visit);
  assertEquals([status, stdout], [4, ""], stderr);
  // Fief repeats the description once a character.
  assertStringIncludes(stderr, "The sign-in was denied: The user denied access to their data\n");
  assertStringIncludes(stderr, "Try again with: fief-auth login");
  assertStringIncludes(page.html, "The user denied access to their data");
  assertFalse(await Deno.stat(scene.credentials).then(() => true, () => false));

  assertEquals((await scene.signIn()).status, 0);
  const before = scene.file();
  assertEquals((await scene.signIn(["--scope", "castles:read"], visit)).status, 4);
  assertEquals(scene.file(), before);
});

Deno.test("encrypted ID tokens: the variable FIEF_ENCRYPTION_KEY has the key, for login and for every refresh", async () => {
  await using scene = await startScene(theServer());
  const key = JSON.stringify(await theServer().admin.encryptIdTokens(scene.client));
  const env = { FIEF_ENCRYPTION_KEY: key };
  const none = await scene.signIn();
  assertEquals(none.status, 5);
  assertStringIncludes(none.stderr, "The ID token is encrypted and no encryption key is set");
  assertStringIncludes(none.stderr, "Give the client's encryption key as the variable FIEF_ENCRYPTION_KEY");

  const { status, stderr } = await scene.signIn([], undefined, { env });
  assertEquals(status, 0, stderr);
  assertEquals(scene.file().tokens!.id_token.split(".").length, 5);
  assertEquals((await scene.run(["hello"])).stdout, `Hello, ${scene.user.email}\n`);
  assertFalse(JSON.stringify(scene.file()).includes(JSON.parse(key)["d"]));

  // Without the key, or with another one, nothing is sent: the refresh token would be spent, and its answer could not be used.
  scene.expire();
  const saved = scene.file().tokens!;
  const other = await theServer().admin.encryptIdTokens(await theServer().admin.addClient());
  for (
    const [set, said] of [[{}, "no encryption key is set"], [
      { FIEF_ENCRYPTION_KEY: JSON.stringify(other) },
      "another one",
    ]]
  ) {
    const refused = await scene.run(["token"], { env: set as Record<string, string> });
    assertEquals(refused.status, 2, refused.stderr);
    assertStringIncludes(refused.stderr, said as string);
  }
  assertEquals(scene.file().tokens, saved);
  const refreshed = await scene.run(["token"], { env });
  assertEquals(refreshed.status, 0, refreshed.stderr);
  assert(scene.file().tokens!.refresh_token !== saved.refresh_token);
});

Deno.test("a second tenant: its base URL has a path, and its users are its own", async () => {
  const tenant = await theServer().admin.addTenant("Second");
  await using scene = await startScene(theServer(), { tenant });
  assertMatch(scene.client.baseUrl, /^http:\/\/localhost:\d+\/second$/);
  const { status, stderr } = await scene.signIn();
  assertEquals(status, 0, stderr);
  assertEquals(claimsOf(scene)["iss"], tenant.baseUrl.replace("http:", "https:"));
  scene.expire();
  assertEquals((await scene.run(["token"])).status, 0);
  const refreshed = await scene.run(["whoami", "--refresh", "--json"]);
  assertEquals(JSON.parse(refreshed.stdout)["tenant_id"], tenant.id, refreshed.stderr);

  const elsewhere = await scene.run(["token"], { env: { FIEF_BASE_URL: theServer().baseUrl } });
  assertEquals(elsewhere.status, 2);
  assertStringIncludes(elsewhere.stderr, `"${tenant.baseUrl}"`);
  const loggedOut = await scene.run(["logout"]);
  assertStringIncludes(loggedOut.stdout, "Signed out.");
});

Deno.test("registration of a new user, from the sign-up form over the mailed code to the terminal", async () => {
  await using scene = await startScene(theServer());
  const email = `new-${crypto.randomUUID()}@example.com`;
  const fields = { email, password: PASSWORD };
  const { status, stdout, stderr } = await scene.signIn(["--param", "screen=register"], async (url) => {
    const mailed = await scene.browser.visit(url, { fields, stopAt: ({ pathname }) => pathname === "/verify" });
    return await scene.browser.visit(mailed.url.href, { fields: { code: await verificationCode(theServer()) } });
  });
  assertEquals(status, 0, stderr);
  assertStringIncludes(stdout, `Signed in as ${email}`);
});

Deno.test("a wrong password, then the right one", async () => {
  await using scene = await startScene(theServer());
  const { status, stdout, stderr } = await scene.signIn([], async (url) => {
    const refused = await scene.browser.visit(url, { fields: { ...scene.fields, password: "wrong horse" } });
    assertEquals([refused.status, refused.url.pathname], [400, "/login"]);
    assertStringIncludes(refused.html, "Invalid email or password");
    return await scene.browser.visit(refused.url.href, { fields: scene.fields });
  });
  assertEquals(status, 0, stderr);
  assertStringIncludes(stdout, `Signed in as ${scene.user.email}`);
});

Deno.test("prompt=none ends at once where nobody is signed in with the browser, and asks nothing where somebody is", async () => {
  await using scene = await startScene(theServer());
  const none = ["--param", "prompt=none"];
  const { status, stderr, page } = await scene.signIn(none);
  assertEquals([status, page.status], [4, 200], stderr);
  assertStringIncludes(stderr, `The server ended the sign-in with "login_required": User is not logged in\n`);
  assertStringIncludes(stderr, "Sign in again without prompt=none");

  assertEquals((await scene.signIn()).status, 0);
  const seen: string[] = [];
  const visit = (url: string) => scene.browser.visit(url, { fields: {}, sees: noteIn(seen) });
  const quiet = await scene.signIn(none, visit);
  assertEquals([quiet.status, seen], [0, []], quiet.stderr);
});

Deno.test("lang=fr makes Fief's page speak French", async () => {
  await using scene = await startScene(theServer());
  const pages: string[] = [];
  const { status } = await scene.signIn(
    ["--lang", "fr"],
    (url) => scene.browser.visit(url, { fields: scene.fields, sees: ({ html }) => pages.push(html) }),
  );
  assertEquals(status, 0);
  assertStringIncludes(pages[0]!, "mot de passe");
});

Deno.test("acr_values=1 asks for the password again, without it the browser's session is enough", async () => {
  await using scene = await startScene(theServer());
  const seen: string[] = [];
  const visit = (url: string) => scene.browser.visit(url, { fields: scene.fields, sees: noteIn(seen) });
  for (
    const [more, pages, acr] of [
      [[], ["/login"], "1"],
      [[], [], "0"],
      [["--param", "acr_values=1"], ["/login"], "1"],
    ] as const
  ) {
    seen.length = 0;
    assertEquals((await scene.signIn([...more], visit)).status, 0);
    assertEquals([seen, claimsOf(scene)["acr"]], [[...pages], acr]);
  }
});

Deno.test("an unknown client, and a redirect URI that is not registered, are said at once with the URI to register", async () => {
  await using scene = await startScene(theServer());
  const { port } = new URL(scene.client.redirectUri);
  const wrong = `http://localhost:${port}/other`;
  const anyPort = "http://localhost:0/callback";
  for (
    const [more, hint] of [
      [["--client-id", "nobody"], `register this redirect URI exactly: ${scene.client.redirectUri}`],
      [["--redirect-uri", wrong], `register this redirect URI exactly: ${wrong}`],
      // Fief takes no other port than those registered, and this one would be another each time.
      [
        ["--redirect-uri", anyPort],
        "register a redirect URI that names one, and use that: http://localhost:51562/callback",
      ],
    ] as const
  ) {
    // Nobody ever visits the address.
    const redirectUris = [scene.client.redirectUri, anyPort];
    const { status, stdout, stderr } = await scene.run(["login", ...more], { redirectUris });
    assertEquals([status, stdout], [4, ""], stderr);
    assertStringIncludes(stderr, "The server does not know this client, or this redirect URI is not registered for it");
    assert(stderr.endsWith(`${hint}\n`), stderr);
  }
});

Deno.test("two browsers, two users: each terminal has its own", async () => {
  const client = await theServer().admin.addClient();
  await using anne = await startScene(theServer(), { client });
  await using bob = await startScene(theServer(), { client });
  assertEquals((await anne.signIn()).status, 0);
  const visit = (url: string) => new ScriptedBrowser().visit(url, { fields: bob.fields });
  assertEquals((await bob.signIn([], visit)).status, 0);
  assertEquals((await anne.run(["hello"])).stdout, `Hello, ${anne.user.email}\n`);
  assertEquals((await bob.run(["hello"])).stdout, `Hello, ${bob.user.email}\n`);
});
