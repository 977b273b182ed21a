// A failure of a property shows the seed and the smallest case: fc.assert(..., { seed, path }).
import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import fc from "fast-check";
import { requestHeaders } from "../../lib/cli/request_headers.ts";
import { FiefError } from "../../lib/errors.ts";
import { sized } from "../support/stress.ts";

const RUNS = { numRuns: sized(2_000, 100_000) };

const lines: [line: string, headers: [string, string][]][] = [
  ["X-Moat: deep", [["x-moat", "deep"]]],
  ["X-Moat:deep", [["x-moat", "deep"]]],
  ["X-Moat: ", [["x-moat", ""]]],
  ["X-Moat: a: b", [["x-moat", "a: b"]]],
  ["X-Moat: é", [["x-moat", "é"]]],
];
for (const [line, headers] of lines) {
  Deno.test(`requestHeaders() reads ${JSON.stringify(line)}`, () => assertEquals([...requestHeaders([line])], headers));
}

Deno.test("requestHeaders() joins the lines of one name", () => {
  assertEquals([...requestHeaders(["X: a", "x: b"])], [["x", "a, b"]]);
});

for (
  const line of [
    "",
    "X-Moat",
    ": a",
    " : a",
    "X Moat: a",
    "X-Moat : a",
    "X: a\r\nY: b",
    "X: a\nb",
    "X: \0",
    "é: a",
    "X: \u20ac",
  ]
) {
  Deno.test(`requestHeaders() refuses ${JSON.stringify(line)}`, () => {
    assertEquals(assertThrows(() => requestHeaders([line]), FiefError).code, "usage_invalid");
  });
}

for (const line of ["Authorization: Bearer s3cret", "AUTHORIZATION:", "host: evil.example", "Content-Length: 5"]) {
  Deno.test(`requestHeaders() leaves ${JSON.stringify(line)} to the command, and shows no value`, () => {
    const error = assertThrows(() => requestHeaders([line]), FiefError, "is what this command adds");
    assertFalse(error.message.includes("s3cret"));
  });
}

const piece = fc.oneof(
  fc.constantFrom(
    "X-Moat",
    "authorization",
    "Authorization",
    "host",
    ":",
    ": ",
    " ",
    "\t",
    "\r",
    "\n",
    "\r\n",
    "\0",
    ",",
  ),
  fc.constantFrom("Bearer", "\u00e9", "\u20ac", "\ud800", "\u2028", "\x7f", "x".repeat(100)),
  fc.string({ unit: "binary", maxLength: 4 }),
);

Deno.test("requestHeaders() makes of any line one header, or a usage error", () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join("")), (line) => {
      let headers: Headers;
      try {
        headers = requestHeaders([line]);
      } catch (error) {
        assertEquals(error instanceof FiefError && error.code, "usage_invalid");
        assert((error as FiefError).message.length < 200);
        return;
      }
      const [[name, value] = ["", ""], ...others] = [...headers];
      assertEquals(others, []);
      assertEquals(name, line.slice(0, line.indexOf(":")).toLowerCase());
      assertFalse(["authorization", "host", "content-length"].includes(name));
      assertFalse(/[\r\n\0]/.test(value));
      assert(line.includes(value));
    }),
    RUNS,
  );
});

Deno.test("requestHeaders() shows no value in its errors", () => {
  const secret = fc.stringMatching(/^s3cret[\w-]{10}$/);
  fc.assert(
    fc.property(
      secret,
      fc.array(piece, { maxLength: 4 }),
      fc.array(piece, { maxLength: 4 }),
      (secret, before, after) => {
        // In the name it is no secret: before the first colon.
        const line = `${before.join("").replaceAll(":", "")}X:${secret}${after.join("")}`;
        try {
          requestHeaders([line]);
        } catch (error) {
          assertFalse(Deno.inspect(error, { depth: 9 }).includes(secret));
        }
      },
    ),
    RUNS,
  );
});
