// A failure of a property shows the seed and the smallest case: fc.assert(..., { seed, path }).
import { assertEquals, assertFalse, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import { originOf } from "../../lib/cli/origin.ts";
import { FiefError } from "../../lib/errors.ts";
import { sized } from "../support/stress.ts";

const origins: [text: string, origin: string][] = [
  ["https://api.example.com", "https://api.example.com"],
  ["https://api.example.com/", "https://api.example.com"],
  ["HTTPS://API.Example.com:443", "https://api.example.com"],
  ["https://api.example.com:8443", "https://api.example.com:8443"],
  ["https://bücher.example", "https://xn--bcher-kva.example"],
  ["http://localhost:8000", "http://localhost:8000"],
  ["http://127.1:8000", "http://127.0.0.1:8000"],
  ["http://[::1]:8000", "http://[::1]:8000"],
];
for (const [text, origin] of origins) {
  Deno.test(`originOf() is ${origin} when the text is ${text}`, () => assertEquals(originOf(text), origin));
}

const refused = [
  "",
  "api.example.com",
  "https://",
  "*",
  "https://*.example.com/x",
  "https://api.example.com/v1",
  "https://api.example.com?s3cret",
  "https://api.example.com#s3cret",
  "https://anne:s3cret@api.example.com",
  "https://s3cret@api.example.com",
  "http://api.example.com",
  "http://localhost.example.com",
  "http://localhost@api.example.com",
  "http://0.0.0.0:8000",
  "ftp://api.example.com",
  "blob:https://api.example.com",
  "javascript:s3cret",
  "null",
];
for (const text of refused) {
  Deno.test(`originOf() refuses ${JSON.stringify(text)}, and shows no password`, () => {
    const error = assertThrows(() => originOf(text), FiefError);
    assertEquals(error.code, "usage_invalid");
    if (/[@?#].*s3cret|s3cret.*@/.test(text)) assertFalse(error.message.includes("s3cret"));
  });
}

Deno.test("originOf() makes of any text an origin that a token may go to, or a usage error", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      "https://",
      "http://",
      "HTTP:",
      "localhost",
      "127.0.0.1",
      "[::1]",
      "api.example.com",
      "evil.example",
    ),
    fc.constantFrom("@", "/", "\\", "?", "#", ":", ":80", ":443", ".", "%2e", "\t", " ", "\u3002", "user:password"),
    fc.string({ unit: "binary", maxLength: 4 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 7 }).map((pieces) => pieces.join("")), (text) => {
      try {
        const origin = originOf(text);
        assertEquals(new URL(origin).origin, origin);
        assertMatch(
          origin,
          /^(https:\/\/[^/@?#\s]+|http:\/\/([^/@?#\s]+\.)?(localhost|127(\.\d+){3}|\[::1\])(:\d+)?)$/,
        );
        assertFalse(text.includes("user:password@"), text);
      } catch (error) {
        if (!(error instanceof FiefError)) throw error;
        assertEquals(error.code, "usage_invalid");
      }
    }),
    { numRuns: sized(2_000, 100_000) },
  );
});
