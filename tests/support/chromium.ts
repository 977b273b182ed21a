// A real Chromium without a window, with a profile of its own that goes away with it.
import { launch } from "puppeteer-core";
import type { Browser } from "puppeteer-core";
import { temporaryDirectory } from "./directory.ts";
import { RecordedTab } from "./recorded_tab.ts";

/** A browser that runs. Leaving the scope ends it. */
export interface Chromium extends AsyncDisposable {
  /** Opens a tab, on which everything is recorded. */
  open(): Promise<RecordedTab>;
  /** What the browser has asked of anybody, for pages or for itself, icons and look-ups included. Ends it. */
  close(): Promise<BrowserTraces>;
  readonly browser: Browser;
}

/** What a browser leaves behind. */
export interface BrowserTraces {
  /** Everything that was asked, redirects and icons included. */
  requests: BrowserRequest[];
  /** The directory with what it keeps: history, cache, cookies. */
  profile: string;
}

/** A request of the browser. */
export interface BrowserRequest {
  url: string;
  /** Origin of the page that asked; `undefined` where it was the user, or the browser by itself. */
  initiator?: string;
}

/** A name that leads to 127.0.0.1, as names of others can. */
export const EVIL_HOST = "evil.example";

/** Where distributions and systems have it. */
const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** Nothing of its own accord, and no way out of this machine: other names than these are not found. */
const SWITCHES = [
  "--disable-background-networking",
  "--disable-client-side-phishing-detection",
  "--disable-component-update",
  "--disable-dev-shm-usage",
  "--disable-domain-reliability",
  "--disable-gpu",
  "--disable-quic",
  "--disable-sync",
  "--metrics-recording-only",
  "--no-default-browser-check",
  "--no-first-run",
  `--host-resolver-rules=MAP ${EVIL_HOST} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1`,
];

/**
 * Starts one.
 *
 * @throws Where this machine has none: the message says what to do.
 */
export async function startChromium(): Promise<Chromium> {
  const executablePath = await findChromium();
  const directory = await temporaryDirectory();
  const [profile, log] = [`${directory.path}/profile`, `${directory.path}/network.json`];
  const browser = await launch({
    executablePath,
    userDataDir: profile,
    // Its sandbox does not start as root.
    args: [...SWITCHES, `--log-net-log=${log}`, ...Deno.uid() === 0 ? ["--no-sandbox"] : []],
    env: { ...Deno.env.toObject(), HOME: directory.path, LANG: "en_US.UTF-8", LANGUAGE: "en" },
    // No port that others on this machine could reach, and the browser ends with this process however that ends. Seen on Deno 2.6.10: the
    // web socket in its place broke in half of the runs that took a minute.
    pipe: true,
    timeout: 60_000, // the machine may be busy
  });
  let closed: Promise<void> | undefined;
  const close = () => closed ??= browser.close();
  return {
    browser,
    open: async () => await RecordedTab.on(await browser.newPage()),
    async close() {
      await close();
      return { requests: requestsIn(await networkLog(log)), profile };
    },
    async [Symbol.asyncDispose]() {
      await close();
      await directory[Symbol.asyncDispose]();
    },
  };
}

async function findChromium(): Promise<string> {
  const named = Deno.env.get("CHROMIUM");
  for (const path of named === undefined ? PLACES : [named]) {
    if (await Deno.stat(path).then(({ isFile }) => isFile, () => false)) return path;
  }
  const missing = named === undefined ? "There is no Chromium" : `CHROMIUM names "${named}", which is not there`;
  throw new Error(`${missing}. Install it (apt-get install chromium), or name one by the variable CHROMIUM`);
}

/** As much of Chromium's own log of its network as is looked at. */
interface NetworkLog {
  constants: { logEventTypes: Record<string, number> };
  events: { type: number; params?: { url?: string; initiator?: string } }[];
}

/** Milliseconds for the end of the log: whoever writes it may outlive the browser for a moment, and on a busy machine be ended in its midst. */
const LONGEST_WRITING = 5_000;

async function networkLog(path: string): Promise<NetworkLog> {
  for (const end = Date.now() + LONGEST_WRITING;;) {
    const text = await Deno.readTextFile(path);
    try {
      return JSON.parse(text);
    } catch (error) {
      // Each event is a line: without its end it is good up to the last whole one.
      if (Date.now() > end && text.includes(",\n")) return JSON.parse(`${text.slice(0, text.lastIndexOf(",\n"))}]}`);
      if (Date.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What the log tells of: also what no tab knows of. */
function requestsIn({ constants, events }: NetworkLog): BrowserRequest[] {
  const started = constants.logEventTypes["URL_REQUEST_START_JOB"];
  return events.flatMap(({ type, params: { url, initiator = "" } = {} }) => {
    if (type !== started || url === undefined) return [];
    return [{ url, ...initiator.startsWith("http") ? { initiator } : {} }];
  });
}
