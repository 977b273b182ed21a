import { assertEquals } from "@std/assert";
import { Fief, FiefAuth } from "@fief/auth";
import { signInAt } from "./support/browser.ts";
import { temporaryDirectory } from "./support/directory.ts";
import { CLIENT_ID, startProvider } from "./support/provider.ts";

Deno.test("authorize() signs in and saves, accessTokenInfo() refreshes once when ten callers meet an expired token", async () => {
  await using provider = await startProvider({ accessTokenLifetime: 60 });
  await using directory = await temporaryDirectory();
  let now = Date.now();
  const pages: Promise<unknown>[] = [];
  const openBrowser = (url: string) => {
    pages.push(signInAt(url, "anne@example.com"));
    return Promise.resolve(true);
  };
  const host = { now: () => now, openBrowser, debug: (m: string) => console.log(m) };
  const auth = new FiefAuth(new Fief(provider.issuer, CLIENT_ID, { host }), `${directory.path}/credentials.json`);
  const { userinfo } = await auth.authorize({ serverAddress: ["localhost", 0], onEvent: (e) => console.log(e) });
  await Promise.all(pages);
  assertEquals(userinfo.email, "anne@example.com");
  now += 61_000;
  const infos = await Promise.all(Array.from({ length: 10 }, () => auth.accessTokenInfo()));
  assertEquals(new Set(infos.map((info) => info.access_token)).size, 1);
  assertEquals(provider.requestsTo(provider.tokenPath), 2); // the code exchange and one refresh
});
