// What a signed-in user may do with their account, and what an API asks of a token.
import { assertEquals, assertFalse, assertNotEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  Fief,
  FiefAccessTokenACRTooLow,
  FiefAccessTokenExpired,
  FiefAccessTokenInvalid,
  FiefAccessTokenMissingPermission,
  FiefAccessTokenMissingScope,
  FiefACR,
  FiefAuth,
  FiefRequestError,
} from "../../lib/mod.ts";
import { verificationCode } from "../support/fief/mail.ts";
import { type FiefScene, startScene } from "../support/fief/scene.ts";
import { theServer } from "./the_server.ts";

/** The library on the file that the CLI has written. */
function libraryOf(scene: FiefScene): { fief: Fief; auth: FiefAuth } {
  const fief = new Fief(scene.client.baseUrl, scene.client.clientId);
  return { fief, auth: new FiefAuth(fief, scene.credentials) };
}

Deno.test("updateProfile() changes user fields, and the CLI sees them", async () => {
  await theServer().admin.addUserField("town");
  await using scene = await startScene(theServer());
  await scene.signIn();
  const { fief, auth } = libraryOf(scene);
  const user = await fief.updateProfile(await auth.accessToken(), { fields: { town: "Nantes" } });
  assertEquals(user.fields?.["town"], "Nantes");
  const asked = await scene.run(["whoami", "--refresh", "--json"]);
  assertEquals(JSON.parse(asked.stdout)["fields"]["town"], "Nantes", asked.stderr);
  await assertRejects(() => fief.updateProfile("a.b.c", { fields: {} }), FiefRequestError, "status 401");
});

Deno.test("changePassword(): the new one signs in, the old one does not, a weak one is refused in the server's words", async () => {
  await using scene = await startScene(theServer());
  await scene.signIn();
  const { fief, auth } = libraryOf(scene);
  const token = await auth.accessToken();
  const weak = await assertRejects(() => fief.changePassword(token, "a"), FiefRequestError);
  assertEquals(weak.status, 400);
  assertStringIncludes(weak.detail, "USER_UPDATE_INVALID_PASSWORD: Password must be");
  const password = "herminetincture of the duchess";
  assertEquals((await fief.changePassword(token, password)).sub, scene.user.id);
  const { status } = await scene.signIn(["--param", "acr_values=1"], async (url) => {
    const refused = await scene.browser.visit(url, { fields: scene.fields });
    assertEquals(refused.status, 400);
    return await scene.browser.visit(refused.url.href, { fields: { ...scene.fields, password } });
  });
  assertEquals(status, 0);

  // A refreshed token proves no password (acr 0): Fief wants one that does.
  scene.expire();
  const refreshed = await auth.accessToken();
  const low = await assertRejects(() => fief.changePassword(refreshed, password), FiefRequestError);
  assertEquals(low.status, 403);
  assertFalse(`${low.message}${low.hint}`.includes(password));
});

Deno.test("emailChange() and emailVerify(): with the mailed code the address is another, with a wrong one it is not", async () => {
  await using scene = await startScene(theServer());
  await using other = await startScene(theServer());
  await scene.signIn();
  const { fief, auth } = libraryOf(scene);
  const token = await auth.accessToken();
  const taken = await assertRejects(() => fief.emailChange(token, other.user.email), FiefRequestError);
  assertEquals([taken.status, taken.detail], [400, "USER_UPDATE_EMAIL_ALREADY_EXISTS"]);
  const email = `moved-${crypto.randomUUID()}@example.com`;
  assertEquals((await fief.emailChange(token, email)).email, scene.user.email);
  const wrong = await assertRejects(() => fief.emailVerify(token, "AAAAAA"), FiefRequestError);
  assertEquals(wrong.status, 400);
  assertFalse(wrong.message.includes("AAAAAA"));
  assertEquals((await fief.emailVerify(token, await verificationCode(theServer()))).email, email);
  assertEquals((await scene.run(["hello"])).stdout, `Hello, ${scene.user.email}\n`);
  assertEquals((await scene.run(["hello", "--refresh"])).stdout, `Hello, ${email}\n`);
});

Deno.test("validateAccessToken() with scope, acr and permissions", async () => {
  const { admin } = theServer();
  await using scene = await startScene(theServer());
  const permission = `castles:${crypto.randomUUID()}`;
  await admin.permit(scene.user, permission);
  await scene.signIn(["--scope", "castles:read"]);
  const { fief, auth } = libraryOf(scene);
  const token = (await scene.run(["token"])).stdout.trim();
  const info = await fief.validateAccessToken(token, {
    requiredScope: ["openid", "castles:read"],
    requiredAcr: FiefACR.LEVEL_ONE,
    requiredPermissions: [permission],
  });
  assertEquals([info.id, info.acr, info.permissions], [scene.user.id, "1", [permission]]);
  assertEquals(info.scope.toSorted(), ["castles:read", "offline_access", "openid"]);
  assertEquals(await auth.accessTokenInfo(), info);
  await assertRejects(
    () => fief.validateAccessToken(token, { requiredScope: ["castles:write"] }),
    FiefAccessTokenMissingScope,
  );
  await assertRejects(
    () => fief.validateAccessToken(token, { requiredPermissions: ["castles:raze"] }),
    FiefAccessTokenMissingPermission,
  );

  scene.expire();
  const refreshed = await auth.accessToken();
  assertNotEquals(refreshed, token);
  assertEquals((await fief.validateAccessToken(refreshed)).acr, FiefACR.LEVEL_ZERO);
  await assertRejects(
    () => fief.validateAccessToken(refreshed, { requiredAcr: FiefACR.LEVEL_ONE }),
    FiefAccessTokenACRTooLow,
  );
  const idToken = scene.file().tokens!.id_token;
  await assertRejects(() => fief.validateAccessToken(idToken), FiefAccessTokenInvalid, "is no access token");
  const foreign = new Fief(scene.client.baseUrl, (await admin.addClient()).clientId);
  await assertRejects(() => foreign.validateAccessToken(token), FiefAccessTokenInvalid, "another client");
  const late = new Fief(scene.client.baseUrl, scene.client.clientId, {
    host: { now: () => Date.now() + 86_400_000 + 1_000 },
  });
  await assertRejects(() => late.validateAccessToken(token), FiefAccessTokenExpired);
});

Deno.test("logoutUrl() ends the browser's session, and no other", async () => {
  await using scene = await startScene(theServer());
  await scene.signIn();
  const { fief } = libraryOf(scene);
  const url = await fief.logoutUrl(scene.client.redirectUri);
  const page = await scene.browser.visit(url, { fields: {}, stopAt: ({ href }) => href === scene.client.redirectUri });
  assertEquals(page.url.href, scene.client.redirectUri);
  const { status, stderr } = await scene.signIn(["--param", "prompt=none"]);
  assertEquals(status, 4);
  assertStringIncludes(stderr, "login_required");
  scene.expire();
  assertEquals((await scene.run(["token"])).status, 0);
});
