import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { codeChallengeOf, equalInConstantTime, randomText } from "../../lib/provider/pkce.ts";

Deno.test("codeChallengeOf() is the one of RFC 7636 appendix B", async () => {
  assertEquals(
    await codeChallengeOf("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
    "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
  );
});

Deno.test("randomText() is 43 characters of the URL alphabet, and never the same", () => {
  const [a, b] = [randomText(), randomText()];
  assertMatch(a, /^[A-Za-z0-9_-]{43}$/);
  assertNotEquals(a, b);
});

const pairs: [a: string, b: string, equal: boolean][] = [
  ["", "", true],
  ["abc", "abc", true],
  ["abc", "abd", false],
  ["abc", "ab", false],
  ["abc", "ABC", false],
  ["é", "e", false],
];
for (const [a, b, equal] of pairs) {
  Deno.test(`equalInConstantTime() is ${equal} when "${a}" meets "${b}"`, () =>
    assertEquals(equalInConstantTime(a, b), equal));
}
