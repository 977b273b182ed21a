import { assert, assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import { page } from "../../lib/signin/answers.ts";
import { errorPage, strayPage, successPage } from "../../lib/signin/callback_page.ts";

const HOSTILE = `</style></title><script>alert("1")</script><img src=x onerror='alert(1)'>&amp;`;
const ESCAPED =
  "&lt;/style&gt;&lt;/title&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&lt;img src=x onerror=&#39;alert(1)&#39;&gt;&amp;amp;";

const pages: [name: string, make: (text: string) => string][] = [
  ["successPage", (text) => successPage({ appName: text, user: text })],
  ["errorPage", (text) => errorPage({ appName: text, message: text, hint: text })],
  ["strayPage", (text) => strayPage({ appName: text, kind: "other" })],
];
for (const [name, make] of pages) {
  Deno.test(`${name}() shows as text whatever it is given`, () => {
    const html = make(HOSTILE);
    assertStringIncludes(html, ESCAPED);
    assertFalse(html.includes(HOSTILE));
    assertFalse(/<script|<img/i.test(html));
    assertEquals(html.match(/<\/style>/g)?.length, 1);
  });

  Deno.test(`${name}() is a whole document that needs nothing from elsewhere`, () => {
    const html = make("acme");
    assert(html.startsWith('<!doctype html>\n<html lang="en">'));
    assertStringIncludes(html, '<meta charset="utf-8">');
    assertStringIncludes(html, '<meta name="viewport" content="width=device-width, initial-scale=1">');
    assertStringIncludes(html, "prefers-color-scheme: dark");
    assertEquals(html.match(/<h1>/g)?.length, 1);
    assertEquals(html.match(/<main>/g)?.length, 1);
    assertFalse(/https?:|\/\/|@import|url\(|style=/.test(html));
  });
}

Deno.test("successPage() names who signed in, and what to do next", () => {
  const html = successPage({ appName: "acme", user: "anne@example.com" });
  assertStringIncludes(html, "<title>You are signed in – acme</title>");
  assertStringIncludes(html, '<strong class="user" dir="auto">anne@example.com</strong> is now signed in to');
  assertStringIncludes(html, "You can close this tab and go back to the terminal.");
});

Deno.test("successPage() does without a name", () => {
  assertStringIncludes(successPage({ appName: "acme" }), "The sign-in to <strong");
});

Deno.test("errorPage() says what happened and what to do next, as far as it knows", () => {
  const html = errorPage({ appName: "acme", message: "The sign-in was denied", hint: "Sign in again" });
  assertStringIncludes(html, '<dt>What happened</dt><dd dir="auto">The sign-in was denied.</dd>');
  assertStringIncludes(html, '<dt>What to do</dt><dd dir="auto">Sign in again.</dd>');
  assertFalse(/<dl>|undefined/.test(errorPage({ appName: "acme" })));
  for (const said of ["The sign-in was denied: You are locked out.", "The sign-in was denied: Who are you?"]) {
    assertStringIncludes(errorPage({ appName: "acme", message: said }), `<dd dir="auto">${said}</dd>`);
  }
});

const DESIGN = { accent: "#ffe066", logo: 'data:image/svg+xml,<svg xmlns="x">', signedIn: HOSTILE, failed: HOSTILE };

Deno.test("a design's texts and picture are shown as text and as a picture, whatever they hold", () => {
  for (
    const html of [
      successPage({ appName: "acme", design: DESIGN }),
      errorPage({ appName: "acme", message: "Denied", hint: "Try again", design: DESIGN }),
    ]
  ) {
    assertStringIncludes(html, `<p class="next">${ESCAPED}</p>`);
    assertStringIncludes(html, 'href="data:image/svg+xml,&lt;svg xmlns=&quot;x&quot;&gt;"');
    assertFalse(html.includes(HOSTILE));
    assertFalse(/<script|<img|style=/i.test(html));
    assertEquals(html.match(/<\/style>/g)?.length, 1);
  }
});

Deno.test("a design's pages need nothing else of the listener's policy: one style that is hashed, one data: picture", async () => {
  const [plainPolicy, ownPolicy] = await Promise.all(
    [successPage({ appName: "acme" }), successPage({ appName: "acme", design: DESIGN })].map(async (html) =>
      (await page(200, html)).headers.get("content-security-policy")!.replace(/sha256-[^']+/, "HASH")
    ),
  );
  assertEquals(ownPolicy, plainPolicy);
});
