// A real provider, the real CLI as a process of its own, and a real browser.
import { assert, assertEquals, assertFalse, assertMatch } from "@std/assert";
import type { CliResult, CliSetup, RunningCli } from "../support/cli.ts";
import { type CliSession, startCliSession } from "../support/cli_session.ts";
import { type Chromium, startChromium } from "../support/chromium.ts";
import type { ProviderOptions } from "../support/provider.ts";
import type { RecordedTab } from "../support/recorded_tab.ts";
import { signInByHand } from "./person.ts";

/** A person at their machine. */
export interface BrowserScene extends AsyncDisposable {
  readonly session: CliSession;
  readonly chromium: Chromium;
  /** Starts `login`, which prints the address to go to. */
  login(more?: string[], setup?: Partial<CliSetup>): RunningCli;
  /** Starts `login`, which opens a browser that notes the one-time address; gives it. */
  loginAtBrowser(more?: string[]): Promise<{ running: RunningCli; startUrl: string }>;
  /** Starts `login`, and goes to the address that it prints. */
  arrive(): Promise<Arrived>;
  /** The same with the one-time address. */
  arriveByBrowser(): Promise<Arrived>;
}

/** A tab at the server's first page. */
export interface Arrived {
  running: RunningCli;
  /** Where the tab went first. */
  url: string;
  tab: RecordedTab;
}

export async function startBrowserScene(options: ProviderOptions = {}): Promise<BrowserScene> {
  const chromium = await startChromium();
  const session = await startCliSession(options);
  const login = (more: string[] = ["--no-browser"], setup: Partial<CliSetup> = {}) =>
    session.start(["login", "--base-url", session.provider.issuer, ...client(more), ...more], setup);
  const loginAtBrowser = (more: string[] = []) =>
    notedBy(session.directory, (own, setup) => login([...more, ...own], setup));
  const goTo = async (url: string, running: RunningCli): Promise<Arrived> => {
    const tab = await chromium.open();
    await tab.go(url);
    return { running, url, tab };
  };
  return {
    session,
    chromium,
    login,
    loginAtBrowser,
    async arrive() {
      const running = login();
      return await goTo(await running.authorizationUrl(), running);
    },
    async arriveByBrowser() {
      const { running, startUrl } = await loginAtBrowser();
      return await goTo(startUrl, running);
    },
    async [Symbol.asyncDispose]() {
      await chromium[Symbol.asyncDispose]();
      await session[Symbol.asyncDispose]();
    },
  };
}

function client(args: string[]): string[] {
  return args.includes("--client-id") ? [] : ["--client-id", "cli"];
}

/** Starts a login with a program in place of the browser, which writes down what it is to open. */
export async function notedBy(
  directory: string,
  login: (more: string[], setup: Partial<CliSetup>) => RunningCli,
): Promise<{ running: RunningCli; startUrl: string }> {
  const id = crypto.randomUUID();
  const [program, note] = [`${directory}/browser-${id}`, `${directory}/note-${id}`];
  await Deno.writeTextFile(program, `#!/bin/sh\nprintf '%s' "$1" > '${note}'\n`, { mode: 0o755 });
  const running = login(["--browser", program], { facts: { browsers: [program] } });
  await running.untilStderr("Waiting for you in the browser");
  return { running, startUrl: await Deno.readTextFile(note) };
}

/** The origin of the listener in an authorization URL. */
export function listenerOf(authorizationUrl: string): string {
  return new URL(new URL(authorizationUrl).searchParams.get("redirect_uri")!).origin;
}

/** A person signs in, up to the last page; the program has ended well. Gives how. */
export async function signInToTheEnd(
  { running, tab }: Arrived,
  signIn: (tab: RecordedTab) => Promise<void> = signInByHand,
): Promise<CliResult> {
  await signIn(tab);
  await tab.untilHeading("You are signed in");
  const result = await running.result();
  assertEquals(result.status, 0, result.stderr);
  await assertLastPage(tab);
  return result;
}

/**
 * What the listener was asked for, in order: the first part of each path. Its pages have asked nobody for anything. Ends the browser.
 */
export async function askedOf(listener: string, chromium: Chromium): Promise<string[]> {
  const { requests } = await chromium.close();
  assertEquals(requests.filter(({ initiator }) => initiator === listener), []);
  return requests.map(({ url }) => new URL(url)).filter(({ origin }) => origin === listener)
    .map(({ pathname }) => pathname.split("/")[1]!);
}

/** What holds of every last page: an address that says nothing, a history that says nothing, nothing that the browser complains about. */
export async function assertLastPage(tab: RecordedTab): Promise<void> {
  const url = new URL(tab.page.url());
  assertMatch(url.pathname, /^\/result\/[\w-]{43}$/);
  assertEquals([url.search, url.hash], ["", ""]);
  assertEquals(await tab.find("location.href"), url.href);
  const entries = await tab.history();
  assertEquals(entries.at(-1), url.href);
  assertEquals(entries.filter((entry) => entry.startsWith(`${url.origin}/callback`)), []);
  const callback = tab.answers.find((answer) => answer.url.startsWith(`${url.origin}/callback?`));
  assert(callback !== undefined);
  assertEquals(callback.status, 303);
  const code = new URL(callback.url).searchParams.get("code");
  // As a person, or a script of the page, would look for it: in all that the page has.
  const all = await tab.find<string>(
    "[document.documentElement.outerHTML, document.URL, document.referrer, JSON.stringify(performance.getEntries())].join()",
  );
  const state = new URL(callback.url).searchParams.get("state")!;
  for (const secret of [code, state]) assertFalse(secret !== null && all.includes(secret));
  assertEquals(await tab.find("document.referrer"), "");
  assertEquals(tab.complaints(url.origin), []);
}
