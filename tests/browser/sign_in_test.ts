// The whole sign-in in a real browser, by typing and clicking.
import { assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import { startCli } from "../support/cli.ts";
import { startChromium } from "../support/chromium.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { SecretHunt } from "../support/hunt.ts";
import { startTellingProvider } from "../support/telling_provider.ts";
import { denyByHand, signInByKeyboard } from "./person.ts";
import { askedOf, assertLastPage, listenerOf, notedBy, signInToTheEnd, startBrowserScene } from "./scene.ts";

const exists = (path: string) => Deno.stat(path).then(() => true, () => false);

Deno.test("the printed address: a person types, clicks, and is signed in", async () => {
  await using scene = await startBrowserScene();
  const arrived = await scene.arrive();
  const { tab, url } = arrived;
  assertEquals((await signInToTheEnd(arrived)).stdout, "Signed in as anne@example.com\n");
  assertEquals(await tab.page.title(), "You are signed in – fief-auth");
  const text = await tab.text();
  assertStringIncludes(text, "anne@example.com\nis now signed in to fief-auth.");
  assertStringIncludes(text, "You can close this tab and go back to the terminal.");
  assertEquals((await scene.session.run(["hello"])).stdout, "Hello, anne@example.com\n");
  assertEquals(await askedOf(listenerOf(url), scene.chromium), ["callback", "result"]);
});

Deno.test("the one-time address: from the program's own listener to the server and back, in one chain", async () => {
  await using scene = await startBrowserScene();
  const arrived = await scene.arriveByBrowser();
  const { tab, url } = arrived;
  assertEquals((await signInToTheEnd(arrived)).stdout, "Signed in as anne@example.com\n");
  assertEquals(tab.answers[0], { url, status: 302 });
  assertEquals(await askedOf(new URL(url).origin, scene.chromium), ["start", "callback", "result"]);
});

Deno.test("by the keyboard alone", async () => {
  await using scene = await startBrowserScene();
  await signInToTheEnd(await scene.arrive(), signInByKeyboard);
});

Deno.test("a person who cancels: the page says what happened and what to do, and nothing is written", async () => {
  await using scene = await startBrowserScene();
  const { running, url, tab } = await scene.arrive();
  await denyByHand(tab);
  await tab.untilHeading("You are not signed in");
  const { status, stderr } = await running.result();
  assertEquals(status, 4);
  assertStringIncludes(stderr, "The sign-in was denied");
  const text = await tab.text();
  assertStringIncludes(text, "The sign-in to fief-auth did not succeed.");
  assertStringIncludes(text, "What happened\nThe sign-in was denied: End-User aborted interaction.");
  assertStringIncludes(text, "What to do\nSign in again, and allow it.");
  assertStringIncludes(text, "You can close this tab and go back to the terminal.");
  await assertLastPage(tab);
  assertFalse(await exists(scene.session.credentials));
  assertEquals(await askedOf(listenerOf(url), scene.chromium), ["callback", "result"]);
});

Deno.test("a wrong ID token: the page says so without a secret, and nothing is written", async () => {
  await using directory = await temporaryDirectory();
  const hunt = new SecretHunt();
  await using provider = await startTellingProvider(hunt, { claims: () => ({ nonce: "of somebody else" }) });
  await using chromium = await startChromium();
  const credentials = `${directory.path}/credentials.json`;
  const running = startCli(["login", "--no-browser", "--base-url", provider.issuer, "--client-id", "cli"], {
    credentials,
    providerOrigin: provider.issuer,
  });
  const tab = await chromium.open();
  await tab.go(await running.authorizationUrl());
  await tab.untilHeading("You are not signed in");
  const { status, stderr } = await running.result();
  assertEquals(status, 5, stderr);
  assertStringIncludes(await tab.text(), "What happened\nThe ID token");
  await assertLastPage(tab);
  hunt.look("the page", await tab.find("document.documentElement.outerHTML"));
  assertEquals(hunt.hunt(), []);
  assertFalse(await exists(credentials));
});

Deno.test("what a server sends back is text on the page, whatever it is", async () => {
  await using directory = await temporaryDirectory();
  const hostile =
    `"><script>document.title = "evil"</script><img src=http://evil.example/x onerror=alert(1)><style>*{color:red}</style>`;
  const redirect = (url: URL) => ({
    error: "server_error",
    error_description: hostile,
    state: url.searchParams.get("state")!,
  });
  await using provider = await startTellingProvider(new SecretHunt(), { redirect });
  await using chromium = await startChromium();
  const setup = { credentials: `${directory.path}/credentials.json`, providerOrigin: provider.issuer };
  const { running, startUrl } = await notedBy(
    directory.path,
    (more, own) =>
      startCli(["login", "--base-url", provider.issuer, "--client-id", "cli", ...more], { ...setup, ...own }),
  );
  const tab = await chromium.open();
  await tab.go(startUrl);
  await tab.untilHeading("You are not signed in");
  assertEquals((await running.result()).status, 4);
  assertStringIncludes(await tab.text(), hostile);
  assertEquals(await tab.page.title(), "You are not signed in – fief-auth");
  assertEquals(await tab.find("document.scripts.length + document.images.length"), 0);
  await assertLastPage(tab);
  const { requests } = await chromium.close();
  assertEquals(requests.filter(({ url }) => url.includes("evil.example/x")), []);
});

Deno.test("the server does not know the client, and takes its time to say so: the browser that came is told", async () => {
  const asked = Promise.withResolvers<undefined>();
  const intercept = ({ path }: { path: string }) => path === "/authorize" ? asked.promise : undefined;
  await using scene = await startBrowserScene({ intercept });
  const { running, startUrl } = await scene.loginAtBrowser(["--client-id", "unknown"]);
  const tab = await scene.chromium.open();
  const sent = new Promise<void>((resolve) => tab.protocol.once("Network.requestWillBeSentExtraInfo", () => resolve()));
  await tab.protocol.send("Network.enable");
  const gone = tab.go(startUrl);
  await sent;
  await (await fetch(new URL("/", startUrl))).body?.cancel(); // whoever asks after the browser is answered after it
  asked.resolve(undefined);
  await gone;
  await tab.untilHeading("You are not signed in");
  assertStringIncludes(
    await tab.text(),
    "The server does not know this client, or this redirect URI is not registered",
  );
  assertEquals(tab.complaints(new URL(startUrl).origin), []);
  assertEquals((await running.result()).status, 4);
});
