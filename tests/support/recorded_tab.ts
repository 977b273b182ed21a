// A tab of a real browser on which everything is recorded.
import type { CDPSession, HTTPResponse, Page } from "puppeteer-core";

/** An answer that the tab got. */
export interface TabAnswer {
  url: string;
  status: number;
}

/** A tab, and what went on in it. */
export class RecordedTab {
  readonly #complaints: { at: string[]; text: string }[] = [];
  /** Answers in the order of their arrival, redirects and frames included. */
  readonly answers: TabAnswer[] = [];

  private constructor(
    /** The tab itself, for typing, clicking and looking. */
    readonly page: Page,
    /** The protocol beneath, for what the tab itself has no word for. */
    readonly protocol: CDPSession,
  ) {}

  /** Begins to record. */
  static async on(page: Page): Promise<RecordedTab> {
    const protocol = await page.createCDPSession();
    const tab = new RecordedTab(page, protocol);
    page.setDefaultTimeout(60_000); // the machine may be busy
    const complain = (text: string, at = "") => void tab.#complaints.push({ at: [page.url(), at], text });
    page.on("console", (message) => complain(`${message.type()}: ${message.text()}`, message.location().url));
    page.on("pageerror", (error) => complain(`script: ${error}`));
    page.on("response", (response) => void tab.answers.push({ url: response.url(), status: response.status() }));
    protocol.on("Audits.issueAdded", ({ issue }) => {
      // A provider of the tests that asks nobody anything sends the browser on at once. After 10 s, on a slow machine say, Chromium tells so:
      // of the provider, which is at another site than the pages.
      const sites = issue.details.bounceTrackingIssueDetails?.trackingSites;
      if (sites?.every((site) => site === "127.0.0.1")) return;
      complain(`${issue.code}: ${JSON.stringify(issue.details)}`);
    });
    await protocol.send("Audits.enable");
    return tab;
  }

  /** What the console has said on pages of this origin, and what a policy has stopped there: nothing, where all is well. */
  complaints(origin: string): string[] {
    return this.#complaints.filter(({ at }) => at.some((url) => url.startsWith(`${origin}/`))).map(({ text }) => text);
  }

  /** What a script of ours finds on the page. It runs as the browser's own tools do: no policy of the page stops it. */
  async find<T>(expression: string): Promise<T> {
    return await this.page.evaluate(expression) as T;
  }

  /** The same, out of reach of the page's own scripts and beside its globals: for libraries. */
  async findApart<T>(expression: string): Promise<T> {
    const { frameTree: { frame } } = await this.protocol.send("Page.getFrameTree");
    const { executionContextId } = await this.protocol.send("Page.createIsolatedWorld", { frameId: frame.id });
    const { result, exceptionDetails } = await this.protocol.send("Runtime.evaluate", {
      expression,
      contextId: executionContextId,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception?.description);
    return result.value as T;
  }

  /** Goes to an address, and over redirects to the page. */
  go(url: string): Promise<HTTPResponse | null> {
    return this.page.goto(url);
  }

  /** Where nobody answers the browser shows a page of its own; gives the reason. */
  async goNowhere(url: string): Promise<string> {
    let answer: HTTPResponse | null;
    try {
      answer = await this.page.goto(url);
    } catch (error) {
      return /net::(\w+)/.exec(String(error))?.[1] ?? String(error);
    }
    throw new Error(`${url} has answered with status ${answer?.status()}: ${await this.text()}`);
  }

  /** Resolves when a page with this main heading is shown, whole. */
  async untilHeading(text: string): Promise<void> {
    const heading = `document.querySelector("h1")?.textContent.trim() === ${JSON.stringify(text)}`;
    // Not frame by frame: a tab behind another has none.
    await this.page.waitForFunction(`document.readyState === "complete" && ${heading}`, { polling: 50 });
  }

  /** All text that is shown. */
  text(): Promise<string> {
    return this.find<string>("document.body.innerText");
  }

  /** What the back button knows: the URLs of the tab, the current one included. */
  async history(): Promise<string[]> {
    const { entries } = await this.protocol.send("Page.getNavigationHistory");
    return entries.map(({ url }) => url);
  }

  /** What the user has set in browser or system: `prefers-color-scheme`, `forced-colors` and the like. */
  async prefer(features: Record<string, string>): Promise<void> {
    const list = Object.entries(features).map(([name, value]) => ({ name, value }));
    await this.protocol.send("Emulation.setEmulatedMedia", { features: list });
  }
}
