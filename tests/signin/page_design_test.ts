import { assert, assertEquals, assertThrows } from "@std/assert";
import { FiefError } from "../../lib/errors.ts";
import { successPage } from "../../lib/signin/callback_page.ts";
import { assertDesign, channels, contrast, inkOn, readableOn } from "../../lib/signin/page_design.ts";

const refused: [name: string, design: Record<string, string>][] = [
  ["a colour by name", { accent: "red" }],
  ["a colour of five digits", { accent: "#12345" }],
  ["a style in place of a colour", { accent: "#fff; } body { display: none" }],
  ["a colour and a line more", { accent: "#ffffff\n" }],
  ["a picture from elsewhere", { logo: "https://acme.example/logo.svg" }],
  ["a page in place of a picture", { logo: "data:text/html,<p>" }],
  ["a script", { logo: "javascript:alert(1)" }],
];
for (const [name, design] of refused) {
  Deno.test(`assertDesign() refuses ${name}`, () => {
    assertEquals(assertThrows(() => assertDesign(design), FiefError).code, "usage_invalid");
  });
}

Deno.test("assertDesign() takes colours of three and six digits, and pictures that a page carries itself", () => {
  assertDesign({ accent: "#0a7" });
  assertDesign({ accent: "#00AA77", logo: "data:image/png;base64,AAAA" });
  assertDesign({});
});

Deno.test("every accent can be read on the sheet, light and dark, and so can the sign on it: 4.5 to 1", () => {
  const steps = [0, 51, 102, 153, 204, 255];
  const ground = { light: "#ffffff", dark: "#1b1b1f" };
  for (const red of steps) {
    for (const green of steps) {
      for (const blue of steps) {
        const accent = `#${[red, green, blue].map((each) => each.toString(16).padStart(2, "0")).join("")}`;
        for (const sheet of Object.values(ground)) {
          const shade = readableOn(sheet, accent);
          assert(contrast(channels(shade), channels(sheet)) >= 4.5, `${accent} as ${shade} on ${sheet}`);
          assert(contrast(channels(inkOn(shade)), channels(shade)) >= 4.5, `a sign on ${shade}`);
        }
      }
    }
  }
});

Deno.test("a colour that can be read already is taken as it is, and the page has a shade for dark screens", () => {
  assertEquals(readableOn("#ffffff", "#0b5d3b"), "#0b5d3b");
  const html = successPage({ appName: "acme", design: { accent: "#0b5d3b" } });
  assert(html.includes(".app { color: #0b5d3b; }"));
  const dark = html.match(/prefers-color-scheme: dark\) \{\n\.app \{ color: (#\w{6})/)![1]!;
  assert(dark !== "#0b5d3b");
});
