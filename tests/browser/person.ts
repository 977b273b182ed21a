// What a person does at a server's pages, by typing and clicking, or by the keyboard alone.
import type { RecordedTab } from "../support/recorded_tab.ts";

/** The password that people type where the server does not know them. */
const ANY = "correct horse battery staple";

/** Presses what matches, and waits for the page behind it. */
export async function click(tab: RecordedTab, selector: string): Promise<void> {
  await Promise.all([tab.page.waitForNavigation(), tab.page.locator(selector).click()]);
}

/** Types the words one letter after the other, in place of what is there. */
async function type(tab: RecordedTab, selector: string, words: string): Promise<void> {
  await tab.page.locator(selector).click({ count: 3 });
  await tab.page.type(selector, words);
}

/** Signs in at the pages of oidc-provider, and allows what is asked. */
export async function signInByHand(tab: RecordedTab, email = "anne@example.com"): Promise<void> {
  await type(tab, "input[name=login]", email);
  await type(tab, "input[name=password]", ANY);
  await click(tab, "button[type=submit]");
  await click(tab, "button[type=submit]");
}

/** Signs in there, and cancels where it is asked to allow something. */
export async function denyByHand(tab: RecordedTab, email = "anne@example.com"): Promise<void> {
  await type(tab, "input[name=login]", email);
  await type(tab, "input[name=password]", ANY);
  await click(tab, "button[type=submit]");
  await click(tab, "a[href$='/abort']");
}

/** Signs in there without a mouse: the fields and buttons have the focus, or get it by the tabulator. */
export async function signInByKeyboard(tab: RecordedTab, email = "anne@example.com"): Promise<void> {
  await focus(tab, "input[name=login]");
  await tab.page.keyboard.type(email);
  await tab.page.keyboard.press("Tab");
  await focus(tab, "input[name=password]");
  await tab.page.keyboard.type(ANY);
  await enter(tab);
  await focus(tab, "button[type=submit]");
  await enter(tab);
}

/** Waits until this has the focus: a page gives it a moment after it has loaded. */
async function focus(tab: RecordedTab, selector: string): Promise<void> {
  await tab.page.waitForSelector(`${selector}:focus`);
}

/** Presses Enter, and waits for the page behind it. */
export async function enter(tab: RecordedTab): Promise<void> {
  await Promise.all([tab.page.waitForNavigation(), tab.page.keyboard.press("Enter")]);
}

/** Fills in Fief's form for signing in, and sends it. */
export async function signInAtFief(tab: RecordedTab, email: string, password: string): Promise<void> {
  await type(tab, "input[name=email]", email);
  await type(tab, "input[name=password]", password);
  await click(tab, "button[type=submit], input[type=submit]");
}
