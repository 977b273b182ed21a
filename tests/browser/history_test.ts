// What becomes of the tab: back, reload, another tab, a tab that is opened again later. Nothing of it does any harm.
import { assert, assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { signInByHand } from "./person.ts";
import { listenerOf, signInToTheEnd, startBrowserScene } from "./scene.ts";

Deno.test("back leads to the server, not to the code; nothing changes, and nothing is sent again", async () => {
  await using scene = await startBrowserScene();
  const arrived = await scene.arrive();
  const { tab, url } = arrived;
  await signInToTheEnd(arrived);
  const [saved, asked] = [
    Deno.readTextFileSync(scene.session.credentials),
    scene.session.provider.requestsTo("/api/token"),
  ];
  const length = await tab.find<number>("history.length");
  assertEquals(length, (await tab.history()).length);

  // All the way back, page by page, and forward again.
  for (let step = 1; step < length; step++) {
    await tab.page.goBack().catch(() => {}); // what was the answer to a form is not shown again
    assertFalse(tab.page.url().includes("code="), tab.page.url());
  }
  assertEquals((await tab.history()).filter((entry) => entry.startsWith(`${listenerOf(url)}/callback`)), []);
  await tab.page.goForward().catch(() => {});
  assertEquals(Deno.readTextFileSync(scene.session.credentials), saved);
  assertEquals(scene.session.provider.requestsTo("/api/token"), asked);
  assertEquals((await scene.session.run(["hello"])).stdout, "Hello, anne@example.com\n");
});

Deno.test("reload, and a tab that is opened again when the program has ended: nobody is there, and nothing changes", async () => {
  await using scene = await startBrowserScene();
  const arrived = await scene.arriveByBrowser();
  const { tab, url: startUrl } = arrived;
  await signInToTheEnd(arrived);
  const last = tab.page.url();
  const saved = Deno.readTextFileSync(scene.session.credentials);
  const callback = tab.answers.find(({ url }) => url.includes("/callback?"))!.url;
  await tab.page.close();

  const later = await scene.chromium.open();
  for (const url of [last, callback, startUrl]) {
    assertEquals(await later.goNowhere(url), "ERR_CONNECTION_REFUSED");
    await later.page.reload().catch(() => {});
  }
  assertEquals(Deno.readTextFileSync(scene.session.credentials), saved);
  // The next sign-in is at the same port perhaps: the old tabs belong to another sign-in there.
  const port = new URL(startUrl).port;
  const next = scene.login(["--no-browser", "--redirect-uri", `http://localhost:${port}/callback`]);
  const url = await next.authorizationUrl();
  await later.go(callback);
  await later.untilHeading("This is not the current sign-in");
  assertEquals((await later.go(last))?.status(), 404);
  assertEquals((await later.go(startUrl))?.status(), 404);
  await later.go(url); // the server knows the browser, and asks for consent at most
  if (!later.page.url().startsWith(`http://localhost:${port}/`)) {
    await later.page.locator("button[type=submit]").click();
  }
  await later.untilHeading("You are signed in");
  assertEquals((await next.result()).status, 0);
});

Deno.test("a tab that is closed and opened again while the program waits, as often as one likes", async () => {
  await using scene = await startBrowserScene();
  const { running, url: startUrl, tab: first } = await scene.arriveByBrowser();
  const signInPage = first.page.url();
  await first.page.close();

  const second = await scene.chromium.open();
  for (let turn = 0; turn < 3; turn++) {
    assertEquals((await second.go(startUrl))?.status(), 410);
    await second.untilHeading("This address has been used");
    assertStringIncludes(await second.text(), "Go on in the tab that was opened last, or start again in the terminal.");
    await second.page.reload();
  }
  await second.go(signInPage); // Ctrl-Shift-T
  await second.page.reload();
  await signInByHand(second); // not to the end as elsewhere: this tab's console has told of each 410
  await second.untilHeading("You are signed in");
  assertEquals((await running.result()).status, 0);
});

/** A provider that answers the exchange of the code only when it is let go. */
function heldExchange() {
  const exchange = Promise.withResolvers<undefined>();
  const intercept = ({ path }: { path: string }) => path === "/api/token" ? exchange.promise : undefined;
  return { intercept, letGo: () => exchange.resolve(undefined) };
}

Deno.test("two tabs with the same answer, and a reload, while the tokens are fetched: one exchange, one truth", async () => {
  const { intercept, letGo } = heldExchange();
  await using scene = await startBrowserScene({ intercept });
  const { running, url, tab } = await scene.arrive();
  const redirected = new Promise<string>((resolve) =>
    tab.page.on("request", (request) => {
      if (request.url().startsWith(`${listenerOf(url)}/callback?`)) resolve(request.url());
    })
  );
  const signingIn = signInByHand(tab).catch(() => {});
  const callback = await redirected;
  await scene.session.provider.untilRequests("/api/token", 1);
  const again = await scene.chromium.open();
  const reloaded = again.go(callback).catch(() => {});
  letGo();
  await Promise.all([signingIn, reloaded]);
  const { status, stderr } = await running.result();
  assertEquals(status, 0, stderr);
  assertEquals(scene.session.provider.requestsTo("/api/token"), 1);
  // One of them takes the last page with it; the other has it too, or nobody is there any longer.
  const pages = [tab, again].filter(({ page }) => page.url().startsWith(`${listenerOf(url)}/result/`));
  assert(pages.length > 0);
  for (const page of pages) await page.untilHeading("You are signed in");
});

Deno.test("a tab that is closed while the tokens are fetched: the person is signed in all the same", async () => {
  const { intercept, letGo } = heldExchange();
  await using scene = await startBrowserScene({ intercept });
  const { running, tab } = await scene.arrive();
  const signingIn = signInByHand(tab).catch(() => {}); // the tab goes away under it
  await scene.session.provider.untilRequests("/api/token", 1);
  await tab.page.close();
  await signingIn;
  letGo();
  const { status, stdout } = await running.result();
  assertEquals([status, stdout], [0, "Signed in as anne@example.com\n"]);
});

/** Bit of a visit in Chromium's database: the end of a chain of redirects. Its page of the history shows these alone. */
const CHAIN_END = 0x2000_0000;

Deno.test("what the browser keeps: no token, and a code only as a step between two pages, which is not shown", async () => {
  await using scene = await startBrowserScene();
  const arrived = await scene.arrive();
  const { tab } = arrived;
  await signInToTheEnd(arrived);
  const code = new URL(tab.answers.find((answer) => answer.url.includes("/callback?"))!.url).searchParams.get("code")!;
  const { profile } = await scene.chromium.close();

  const history = new DatabaseSync(`${profile}/Default/History`, { readOnly: true });
  const visits = history.prepare("SELECT u.url, v.transition FROM visits v JOIN urls u ON u.id = v.url").all() as {
    url: string;
    transition: number;
  }[];
  history.close();
  const shown = visits.filter(({ transition }) => (transition & CHAIN_END) !== 0).map(({ url }) => url);
  assert(shown.includes(tab.page.url()), shown.join("\n"));
  assertEquals(shown.filter((url) => url.includes(code)), []);

  const { tokens } = scene.session.file() as { tokens: Record<string, string> };
  const secrets = [tokens["access_token"]!, tokens["refresh_token"]!, tokens["id_token"]!];
  const found: string[] = [];
  for await (const path of filesIn(profile)) {
    const text = new TextDecoder("latin1").decode(await Deno.readFile(path));
    if (secrets.some((secret) => text.includes(secret))) throw new Error(`A token is in ${path}`);
    if (text.includes(code)) found.push(path.slice(profile.length + 1));
  }
  // The database of the history, and one of figures about the browser's use. No page can keep a redirect out of them.
  const known = ["Default/History", "segmentation_platform/ukm_db"];
  assertEquals(found.filter((path) => !known.includes(path.replace(/-(journal|wal|shm)$/, ""))), []);
});

async function* filesIn(directory: string): AsyncGenerator<string> {
  for await (const { name, isDirectory, isFile } of Deno.readDir(directory)) {
    if (isDirectory) yield* filesIn(`${directory}/${name}`);
    if (isFile) yield `${directory}/${name}`;
  }
}
