// Fief's own Python client and ours on one credentials file, in both directions.
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { python, signInWithPython, withFiefAuth } from "../support/fief/python.ts";
import { type FiefScene, startScene } from "../support/fief/scene.ts";
import { theServer } from "./the_server.ts";

/** Python's view of the file: the user, the user of the token, and the token that works. */
const LOOK = `
info = auth.access_token_info()
print(json.dumps([auth.current_user()["email"], str(info["id"]), info["access_token"]]))
`;

/** Python takes an expired token as good for another minute: this makes it refresh, as it would then. */
const REFRESH = `
auth._refresh_access_token()
${LOOK}`;

/** What Python says where nobody is signed in: the class of its error. */
const NOBODY = `
met = []
for call in (auth.current_user, auth.access_token_info):
    try:
        call()
    except Exception as error:
        met.append(type(error).__name__)
print(json.dumps(met))
`;

function signInByPython(scene: FiefScene): Promise<void> {
  const visit = (url: string) => scene.browser.visit(url, { fields: scene.fields });
  return signInWithPython(theServer(), scene, visit);
}

Deno.test("Python signs in, and our CLI goes on: it knows server, client and expiry by the tokens", async () => {
  await using scene = await startScene(theServer());
  await signInByPython(scene);
  assertEquals(Object.keys(scene.file()), ["userinfo", "tokens"]);
  const first = scene.file().tokens!.access_token;
  assertEquals((await scene.run(["hello"])).stdout, `Hello, ${scene.user.email}\n`);
  assertEquals((await scene.run(["token"])).stdout, `${first}\n`);
  const status = JSON.parse((await scene.run(["status", "--json"])).stdout);
  assertEquals([status["signed_in"], status["client_id"]], [true, scene.client.clientId]);
  const sorted = (scope: unknown) => String(scope).split(" ").toSorted(); // Fief lists them in any order
  assertEquals(sorted(status["scope"]), ["offline_access", "openid"]);
  assertEquals(typeof status["access_token_expires_at"], "number");

  // The tokens name the server as it calls itself, with https. This one is on http, so its address has to be said.
  const env = { FIEF_BASE_URL: scene.client.baseUrl };
  const refreshed = await scene.run(["token", "--min-valid", "999999"], { env });
  assertEquals(refreshed.status, 0, refreshed.stderr);
  assertNotEquals(refreshed.stdout, `${first}\n`);
  const { base_url, scope } = scene.file().fief_auth!;
  assertEquals([base_url, sorted(scope)], [scene.client.baseUrl, ["offline_access", "openid"]]);
  // From now on it is remembered.
  assertEquals((await scene.run(["whoami", "--refresh"])).status, 0);
  assertEquals((await scene.run(["logout"])).stdout.slice(0, 11), "Signed out.");
});

Deno.test("our CLI signs in, and Python goes on: current_user, access_token_info, refresh", async () => {
  await using scene = await startScene(theServer());
  await scene.signIn();
  const saved = scene.file().tokens!;
  assertEquals(await withFiefAuth(theServer(), scene, LOOK), [scene.user.email, scene.user.id, saved.access_token]);
  const asked = `print(json.dumps(auth.current_user(refresh=True)["sub"]))`;
  assertEquals(await withFiefAuth(theServer(), scene, asked), scene.user.id);
  const [, , renewed] = await withFiefAuth(theServer(), scene, REFRESH) as string[];
  assertNotEquals(renewed, saved.access_token);
  assertEquals((await scene.run(["token"], { env: { FIEF_BASE_URL: scene.client.baseUrl } })).stdout, `${renewed}\n`);
});

Deno.test("turn by turn, ten times: each goes on with what the other has got, and our key comes back", async () => {
  await using scene = await startScene(theServer());
  await scene.signIn();
  const env = { FIEF_BASE_URL: scene.client.baseUrl };
  // Refresh tokens are random. Access tokens of the same second are the same: Fief's say nothing that tells them apart.
  const spent = new Set([scene.file().tokens!.refresh_token]);
  for (let turn = 0; turn < 10; turn++) {
    const [email] = await withFiefAuth(theServer(), scene, REFRESH) as string[];
    assertEquals(email, scene.user.email);
    spent.add(scene.file().tokens!.refresh_token);
    assertEquals(scene.file().fief_auth, undefined); // Python drops what it does not know
    const ours = await scene.run(["token", "--min-valid", "999999"], { env });
    assertEquals(ours.status, 0, ours.stderr);
    assertEquals(scene.file().fief_auth!["client_id"], scene.client.clientId);
    spent.add(scene.file().tokens!.refresh_token);
  }
  assertEquals(spent.size, 21);
});

Deno.test("keys of others survive our rewriting", async () => {
  await using scene = await startScene(theServer());
  await signInByPython(scene);
  const theirs = { "x-editor": { theme: ["dark"] } };
  await Deno.writeTextFile(scene.credentials, JSON.stringify({ ...scene.file(), ...theirs }));
  const env = { FIEF_BASE_URL: scene.client.baseUrl };
  assertEquals((await scene.run(["token", "--min-valid", "999999"], { env })).status, 0);
  const { "x-editor": kept } = scene.file() as unknown as Record<string, unknown>;
  assertEquals(kept, theirs["x-editor"]);
  assertEquals((await scene.run(["logout"])).status, 0);
  assertEquals((scene.file() as unknown as Record<string, unknown>)["x-editor"], theirs["x-editor"]);
});

Deno.test("after our logout, and after a session that died, Python says that nobody is signed in", async () => {
  await using scene = await startScene(theServer());
  await scene.signIn();
  await scene.run(["logout"]);
  const nobody = ["FiefAuthNotAuthenticatedError", "FiefAuthNotAuthenticatedError"];
  assertEquals(await withFiefAuth(theServer(), scene, NOBODY), nobody);
  // And it can sign in again, with the same file.
  await signInByPython(scene);
  assertEquals((await scene.run(["hello"])).stdout, `Hello, ${scene.user.email}\n`);

  await using dead = await startScene(theServer(), { refreshTokenLifetime: 0 });
  await dead.signIn();
  dead.expire();
  assertEquals((await dead.run(["token"])).status, 3);
  assertEquals(await withFiefAuth(theServer(), dead, NOBODY), nobody);
});

Deno.test("both at once under load, on tokens of one second: our side always has a token, and the session outlives it", async () => {
  await using scene = await startScene(theServer(), { accessTokenLifetime: 1 });
  await scene.signIn();
  const env = { FIEF_BASE_URL: scene.client.baseUrl };
  const { baseUrl, clientId } = scene.client;
  // Python takes no lock, writes in place, and saves when it has fetched the keys: for a while the file has a token that is spent.
  const program = `
import json, time
from fief_client import Fief, FiefRequestError
from fief_client.integrations.cli import FiefAuth
refreshed = 0
for turn in range(20):
    try:
        FiefAuth(Fief(args[0], args[1]), args[2])._refresh_access_token()
        refreshed += 1
    except FiefRequestError:
        pass # ours was first
    time.sleep(0.1)
print(refreshed)
`;
  const theirs = python(theServer(), program, [baseUrl, clientId, scene.credentials]);
  let running = true;
  void theirs.then(() => running = false);
  let given = 0;
  const ours = Array.from({ length: 3 }, async () => {
    while (running) {
      const { status, stdout, stderr } = await scene.run(["token"], { env });
      assertEquals([status, stdout.trim().split(".").length], [0, 3], stderr);
      given++;
    }
  });
  await Promise.all(ours);
  const { status, stdout, stderr } = await theirs;
  assertEquals(status, 0, stderr);
  console.log(`      ${given} tokens given by ours while Python refreshed ${stdout.trim()} times of 20`);
  assert(Number(stdout) > 0 && given > 0);
  assertEquals((await scene.run(["whoami", "--refresh"], { env })).status, 0);
});
