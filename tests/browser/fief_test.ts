// The whole sign-in on the pages of a real Fief server, by typing and clicking.
import { assert, assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import { startChromium } from "../support/chromium.ts";
import { type FiefScene, startScene } from "../support/fief/scene.ts";
import { type FiefServer, PASSWORD, startFief } from "../support/fief/server.ts";
import type { RecordedTab } from "../support/recorded_tab.ts";
import { click, enter, signInAtFief } from "./person.ts";
import { askedOf, assertLastPage, notedBy } from "./scene.ts";

let fief: FiefServer | undefined;
Deno.test.beforeAll(async () => {
  fief = await startFief();
});
Deno.test.afterAll(async () => await fief?.[Symbol.asyncDispose]());

/** The one-time address of a login, which a browser is to open. */
function loginAtBrowser(scene: FiefScene): ReturnType<typeof notedBy> {
  const { baseUrl, clientId, redirectUri } = scene.client;
  const login = ["login", "--base-url", baseUrl, "--client-id", clientId, "--redirect-uri", redirectUri];
  // With an option in front it is not the scene's own login, which opens no browser.
  return notedBy(scene.directory, (more, setup) => scene.start(["--no-color", ...login, ...more], setup));
}

Deno.test("Fief: a wrong password, then the right one, from the one-time address to the last page", async () => {
  await using scene = await startScene(fief!);
  await using chromium = await startChromium();
  const { running, startUrl } = await loginAtBrowser(scene);
  const tab = await chromium.open();
  await tab.go(startUrl);
  assertEquals(new URL(tab.page.url()).origin, scene.client.baseUrl);
  await signInAtFief(tab, scene.user.email, "wrong");
  assertStringIncludes(await tab.text(), "Invalid email or password");
  await signInAtFief(tab, scene.user.email, PASSWORD);
  await tab.untilHeading("You are signed in");
  const { status, stdout, stderr } = await running.result();
  assertEquals([status, stdout], [0, `Signed in as ${scene.user.email}\n`], stderr);
  assertStringIncludes(await tab.text(), `${scene.user.email}\nis now signed in to fief-auth.`);
  await assertLastPage(tab);
  assertEquals((await scene.run(["hello"])).stdout, `Hello, ${scene.user.email}\n`);
  assertEquals(await askedOf(new URL(startUrl).origin, chromium), ["start", "callback", "result"]);
});

Deno.test("Fief: by the keyboard alone", async () => {
  await using scene = await startScene(fief!);
  await using chromium = await startChromium();
  const running = scene.start(["login"]);
  const tab = await chromium.open();
  await tab.go(await running.authorizationUrl());
  await reach(tab, "document.activeElement.name === 'email'");
  await tab.page.keyboard.type(scene.user.email);
  await reach(tab, "document.activeElement.name === 'password'");
  await tab.page.keyboard.type(PASSWORD);
  await enter(tab);
  await tab.untilHeading("You are signed in");
  assertEquals((await running.result()).status, 0);
  await assertLastPage(tab);
});

Deno.test("Fief: a person allows what a client of others asks, and another denies it", async () => {
  await using scene = await startScene(fief!, { firstParty: false });
  await using chromium = await startChromium();
  const tab = await chromium.open();
  const first = scene.start(["login"]);
  await tab.go(await first.authorizationUrl());
  await signInAtFief(tab, scene.user.email, PASSWORD);
  await click(tab, "input[name=deny]");
  await tab.untilHeading("You are not signed in");
  assertEquals((await first.result()).status, 4);
  const text = await tab.text();
  assertStringIncludes(text, "What happened\nThe sign-in was denied: The user denied access to their data.");
  assertStringIncludes(text, "What to do\nSign in again, and allow it.");
  await assertLastPage(tab);
  assertFalse(await Deno.stat(scene.credentials).then(() => true, () => false));

  const second = scene.start(["login"]);
  await tab.go(await second.authorizationUrl()); // Fief knows the browser by now
  await click(tab, "input[name=allow]");
  await tab.untilHeading("You are signed in");
  assertEquals((await second.result()).status, 0);
  await assertLastPage(tab);
});

Deno.test("Fief: with lang=fr its pages are in French; ours are in English, and say so", async () => {
  await using scene = await startScene(fief!);
  await using chromium = await startChromium();
  const running = scene.start(["login", "--lang", "fr"]);
  const tab = await chromium.open();
  await tab.go(await running.authorizationUrl());
  assertStringIncludes(await tab.text(), "Ravi de vous revoir");
  await signInAtFief(tab, scene.user.email, PASSWORD);
  await tab.untilHeading("You are signed in");
  assertEquals((await running.result()).status, 0);
  assertEquals(await tab.find("document.documentElement.lang"), "en");
});

/** Presses the tabulator until this is true. */
async function reach(tab: RecordedTab, condition: string): Promise<void> {
  for (let presses = 0; presses < 20; presses++) {
    if (await tab.find<boolean>(condition)) return;
    await tab.page.keyboard.press("Tab");
  }
  assert(false, `The tabulator does not lead to where ${condition}`);
}
