// Pages of somebody else, in the same browser, against a program that waits: the sign-in goes on each time, to its end.
import { assertEquals, assertFalse } from "@std/assert";
import { EVIL_HOST } from "../support/chromium.ts";
import type { RecordedTab } from "../support/recorded_tab.ts";
import { serve } from "../support/server.ts";
import { type Aim, ATTACKS } from "./attacks.ts";
import { type BrowserScene, startBrowserScene } from "./scene.ts";

/** The origins of somebody else: another site, and another port of ours, which browsers take for the same site. */
const ORIGINS = [EVIL_HOST, "localhost"];

function evilPage(): Response {
  return new Response("<!doctype html><title>evil</title><h1>evil</h1>", {
    headers: { "content-type": "text/html" },
  });
}

function targetOf(aim: Aim, authorizationUrl: string): string {
  const { searchParams } = new URL(authorizationUrl);
  const redirect = new URL(searchParams.get("redirect_uri")!);
  const state = searchParams.get("state")!;
  if (aim === "guessed address") return new URL(`/start/${"A".repeat(43)}`, redirect).href;
  redirect.search = new URLSearchParams({ code: "evil", state: aim === "right state" ? state : "A".repeat(43) })
    .toString();
  return redirect.href;
}

/** Signs in where the server already knows the browser: as the person would who did not notice anything. */
async function signInAgain(scene: BrowserScene, url: string): Promise<void> {
  const tab = await scene.chromium.open();
  await tab.go(url);
  const login = await tab.page.$("input[name=login]");
  if (login !== null) {
    await tab.page.type("input[name=login]", "anne@example.com");
    await tab.page.type("input[name=password]", "correct horse battery staple");
    await Promise.all([tab.page.waitForNavigation(), tab.page.locator("button[type=submit]").click()]);
  }
  if (new URL(tab.page.url()).origin === scene.session.provider.issuer) {
    await tab.page.locator("button[type=submit]").click();
  }
  await tab.untilHeading("You are signed in");
  await tab.page.close();
}

/** Waits until this is there. */
async function until<T>(what: () => T | undefined | Promise<T | undefined>, name: string): Promise<T> {
  for (const end = Date.now() + 30_000; Date.now() < end;) {
    const found = await what();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`There is no ${name}`);
}

Deno.test("web pages against a program that waits for a sign-in", async (t) => {
  await using scene = await startBrowserScene();
  await using evil = serve(evilPage, "127.0.0.1");
  const { port } = new URL(evil.origin);
  for (const host of ORIGINS) {
    for (const { name, aim, script, answer, host: named, shown } of ATTACKS) {
      await t.step(`${name} with the ${aim}, from ${host}`, async () => {
        const running = scene.login();
        const url = await running.authorizationUrl();
        const target = targetOf(aim, url).replace("localhost", named ?? "localhost");
        const exchanges = scene.session.provider.requestsTo("/api/token");
        const tab = await scene.chromium.open();
        await tab.go(`http://${host}:${port}/`);
        const met = await attack(tab, script.replaceAll("TARGET", JSON.stringify(target)), target, shown);
        assertEquals(met, answer);
        assertEquals(scene.session.provider.requestsTo("/api/token"), exchanges);
        await tab.page.close();
        await signInAgain(scene, url);
        const { status, stderr } = await running.result();
        assertEquals(status, 0, stderr);
        assertEquals(scene.session.provider.requestsTo("/api/token"), exchanges + 1);
      });
    }
  }
});

/** Lets the page try, and gives the status of our answer. */
async function attack(tab: RecordedTab, script: string, target: string, shown = false): Promise<number> {
  const statuses: number[] = [];
  tab.page.on("response", (response) => void (response.url() === target && statuses.push(response.status())));
  tab.page.on("console", (message) => {
    const refused = /WebSocket.*Unexpected response code: (\d+)/.exec(message.text());
    if (refused !== null) statuses.push(Number(refused[1]));
  });
  // What the page itself may not see of an answer.
  const [urls, answers] = [new Map<string, string>(), new Map<string, number>()];
  tab.protocol.on("Network.requestWillBeSent", ({ requestId, request }) => void urls.set(requestId, request.url));
  tab.protocol.on(
    "Network.responseReceivedExtraInfo",
    ({ requestId, statusCode }) => void answers.set(requestId, statusCode),
  );
  await tab.protocol.send("Network.enable");
  const place = new Promise<RecordedTab["page"]>((resolve) => tab.page.once("popup", (page) => page && resolve(page)));
  await tab.find(`void (${script})`);
  if (!shown) {
    return await until(
      () => statuses[0] ?? [...answers].find(([requestId]) => urls.get(requestId) === target)?.[1],
      "answer",
    );
  }
  const page = script.includes("window.open") ? await place : tab.page;
  const status = `location.href === ${JSON.stringify(target)} && document.readyState === "complete"
    ? performance.getEntriesByType("navigation")[0].responseStatus : undefined`;
  const shownStatus = await until(() => page.evaluate(status).catch(() => undefined), "page") as number;
  assertFalse((await page.evaluate("document.body.innerText") as string).includes("evil"));
  // Whoever opened the window is cut off from it (Cross-Origin-Opener-Policy).
  assertEquals(await page.evaluate("window.opener"), null);
  if (page !== tab.page) await page.close();
  return shownStatus;
}
