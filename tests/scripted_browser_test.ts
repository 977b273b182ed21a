// The browser without a screen, where a server does not do its part: the test that uses it fails, and says what was on the page.
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ScriptedBrowser, told } from "./support/browser.ts";
import type { RunningCli } from "./support/cli.ts";
import { serve } from "./support/server.ts";
import { visitDuring } from "./support/visit_during.ts";

const FORM =
  `<style>p { color: red }</style><h1>Who are you?</h1><form action="/next" method="post"><button>Go</button></form>`;

function page(html: string): Response {
  return new Response(html, { headers: { "content-type": "text/html" } });
}

Deno.test("visit() fails when a page does not come, and says which one and what was there before", async () => {
  const never = Promise.withResolvers<Response>();
  await using server = serve((request) => request.method === "GET" ? page(FORM) : never.promise);
  const visiting = new ScriptedBrowser(300).visit(server.origin, { fields: {} });
  const { message } = await assertRejects(() => visiting, Error);
  assertStringIncludes(message, `No answer from ${server.origin}/next (TimeoutError`);
  assertStringIncludes(message, `${server.origin}/ with status 200: Who are you? Go`);
  never.resolve(new Response());
});

Deno.test("visitDuring() ends a login whose browser stops at a page of the server, and says what that page says", async () => {
  await using server = serve(() => page("<p>Closed on Mondays</p>"));
  const killed: string[] = [];
  const ended = Promise.withResolvers<Awaited<ReturnType<RunningCli["result"]>>>();
  const running = {
    result: () => ended.promise,
    authorizationUrl: () => Promise.resolve(`${server.origin}/?redirect_uri=http://localhost:1/callback`),
    kill: (signal: Deno.Signal) => {
      killed.push(signal);
      ended.resolve({ status: 143, stdout: "", stderr: "" });
    },
  } as unknown as RunningCli;
  const visit = (url: string) => new ScriptedBrowser().visit(url, { fields: {} });
  const { message } = await assertRejects(() => visitDuring(running, visit), Error);
  assertStringIncludes(message, "Closed on Mondays");
  assertEquals(killed, ["SIGTERM"]);
  assertEquals(told(undefined), "no page");
});
