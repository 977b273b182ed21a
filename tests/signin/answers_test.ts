import { assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import { page, plain, redirect } from "../../lib/signin/answers.ts";

async function hash(style: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style));
  return `'sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}'`;
}

Deno.test("page() lets through the styles that are in the document, and no scripts", async () => {
  const document = "<style>a{}</style><STYLE media=print>b{}\r\n</STYLE><script>alert(1)</script><p style='c:d'>";
  const response = await page(200, document);
  const policy = response.headers.get("content-security-policy")!;
  assertStringIncludes(policy, `style-src ${await hash("a{}")} ${await hash("b{}\n")}`);
  assertFalse(/script-src|unsafe/.test(policy));
  assertStringIncludes(policy, "default-src 'none'");
  assertEquals(await response.text(), document.replace("\r\n", "\n"));
});

for (
  const [name, answer] of [
    ["plain", () => plain(404, "Nothing is here")],
    ["redirect", () => redirect(303, "/result")],
    ["page", () => page(200, "<!doctype html>")],
  ] as const
) {
  Deno.test(`${name}() is kept by nobody, framed by nobody, and tells nobody where it was`, async () => {
    const { headers } = await answer();
    assertEquals(headers.get("cache-control"), "no-store");
    assertEquals(headers.get("referrer-policy"), "no-referrer");
    assertEquals(headers.get("x-content-type-options"), "nosniff");
    assertEquals(headers.get("x-frame-options"), "DENY");
    assertStringIncludes(headers.get("content-security-policy")!, "frame-ancestors 'none'");
    assertEquals(headers.get("access-control-allow-origin"), null);
  });
}
