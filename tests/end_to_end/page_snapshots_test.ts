// The pages at the end of a sign-in, as the real program serves them: what a browser gets, but for its style. To renew them, after a look:
// deno task test tests/end_to_end/page_snapshots_test.ts -- --update
import { assertEquals } from "@std/assert";
import { denyAt, type LastPage, signInAt } from "../support/browser.ts";
import type { RunningCli } from "../support/cli.ts";
import { type CliSession, startCliSession } from "../support/cli_session.ts";

const SNAPSHOTS = new URL("snapshots/", import.meta.url);

async function assertPage(name: string, html: string): Promise<void> {
  const file = new URL(`page_${name}.txt`, SNAPSHOTS);
  const text = html.replace(/<style>[\s\S]*?<\/style>/, "<style>...</style>");
  if (Deno.args.includes("--update")) await Deno.writeTextFile(file, text);
  assertEquals(text, await Deno.readTextFile(file).catch(() => "no such snapshot"), name);
}

/** A sign-in that waits, and what to do in its browser. */
async function login(session: CliSession, visit: (url: string) => Promise<LastPage>): Promise<[RunningCli, LastPage]> {
  const args = ["--no-browser", "--base-url", session.provider.issuer, "--client-id", "cli"];
  const running = session.start(["login", ...args]);
  return [running, await visit(await running.authorizationUrl())];
}

Deno.test("the pages of a sign-in are as their snapshots: signed in, denied, not the current one", async () => {
  await using session = await startCliSession();
  let stray = "";
  const [signedIn, page] = await login(session, async (url) => {
    const redirectUri = new URL(url).searchParams.get("redirect_uri");
    const answer = await fetch(`${redirectUri}?code=c&state=${"x".repeat(43)}`);
    assertEquals(answer.status, 400);
    stray = await answer.text();
    return await signInAt(url, "anne@example.com");
  });
  assertEquals((await signedIn.result()).status, 0);
  const [denied, other] = await login(session, (url) => denyAt(url, "anne@example.com"));
  assertEquals((await denied.result()).status, 4);
  await assertPage("signed_in", page.html);
  await assertPage("denied", other.html);
  await assertPage("stray", stray);
});
