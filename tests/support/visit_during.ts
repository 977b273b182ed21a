import { type LastPage, told } from "./browser.ts";
import type { CliResult, RunningCli } from "./cli.ts";

/**
 * What a person does while a `login` waits that has printed its address. A browser that stops elsewhere than at the program's own page, or
 * fails, ends both: the login would wait for it, and the error says what was on the page.
 */
export async function visitDuring(
  running: RunningCli,
  visit: (url: string) => Promise<LastPage>,
): Promise<CliResult & { page: LastPage }> {
  const ended = running.result();
  try {
    const url = await running.authorizationUrl();
    const page = await visit(url);
    const listener = new URL(new URL(url).searchParams.get("redirect_uri")!).origin;
    if (page.url.origin !== listener) throw new Error(`The browser ended at ${told(page)}`);
    return { ...await ended, page };
  } catch (error) {
    running.kill("SIGTERM");
    await ended;
    throw error;
  }
}
