import { assert, assertEquals, assertFalse } from "@std/assert";
import { startScene } from "../support/fief/scene.ts";
import { theServer } from "./the_server.ts";

Deno.test("logout --browser-session ends the browser's session at Fief's own page", async () => {
  await using scene = await startScene(theServer());
  const seen: string[] = [];
  const sees = ({ html }: { html: string }) => void seen.push(html);
  const visit = (url: string) => scene.browser.visit(url, { fields: scene.fields, sees });
  const askedForPassword = () => seen.splice(0).some((html) => html.includes('type="password"'));
  await scene.signIn([], visit);
  assert(askedForPassword());
  await scene.signIn([], visit);
  assertFalse(askedForPassword(), "the browser is still signed in");
  const { status, stdout, stderr } = await scene.run(["logout", "--browser-session", "--no-browser"]);
  assertEquals(status, 0, stderr);
  const { baseUrl } = scene.client;
  const url = stdout.match(/^http\S+$/m)![0];
  assertEquals(url, `${baseUrl}/logout?redirect_uri=${encodeURIComponent(baseUrl)}`);
  // It leads to the server's own pages, where somebody may sign in again; here nobody does.
  await scene.browser.visit(url, { fields: {}, stopAt: (at) => at.pathname !== "/logout" });
  await scene.signIn([], visit);
  assert(askedForPassword());
});
