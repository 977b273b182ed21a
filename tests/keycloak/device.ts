import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { LastPage } from "../support/browser.ts";
import { type KeycloakScene, startScene } from "../support/keycloak/scene.ts";
import { theServer } from "./the_server.ts";

/** `login --device`, and a browser on another machine at the address with the code in it. */
async function signInByDevice(scene: KeycloakScene, more: string[] = [], deny = false) {
  const running = scene.start(["login", "--device", "--json", ...more], { facts: { device: true } });
  const ended = running.result();
  const [line] = await running.stderrMatch(/^\{"device_authorization".*\}$/m);
  const { device_authorization: told } = JSON.parse(line);
  const pages: LastPage[] = [];
  await scene.browser.visit(told.verification_uri_complete, {
    fields: scene.fields,
    deny,
    sees: (page) => void pages.push(page),
  });
  return { ...await ended, told, pages };
}

Deno.test("login --device: the code is allowed in a browser elsewhere, and refreshes go on as ever", async () => {
  await using scene = await startScene(theServer());
  const { status, stdout, stderr, told, pages } = await signInByDevice(scene);
  assertEquals([status, JSON.parse(stdout).signed_in, JSON.parse(stdout).refreshable], [0, true, true], stderr);
  assert(told.verification_uri.startsWith(theServer().issuer));
  assert(pages.some(({ html }) => html.includes("Grant Access to")), "the person is asked whether it is theirs");
  assert(scene.file().tokens!.scope.includes("offline_access"));
  scene.expire();
  assertEquals((await scene.run(["token"])).status, 0);
  assertEquals((await scene.run(["logout"])).status, 0);
});

Deno.test("login --device that is denied in the browser ends with status 4", async () => {
  await using scene = await startScene(theServer());
  const { status, stderr } = await signInByDevice(scene, [], true);
  assertEquals(status, 4, stderr);
  assertStringIncludes(stderr, '"sign_in_denied"');
});

Deno.test("login --device of a user who may not have offline access: with --no-offline", async () => {
  await using scene = await startScene(theServer(), { username: "bob" });
  const refused = await signInByDevice(scene);
  assertEquals(refused.status, 4, refused.stderr);
  assertStringIncludes(refused.stderr, "fief-auth login --no-offline");
  assertEquals((await signInByDevice(scene, ["--no-offline"])).status, 0);
});
