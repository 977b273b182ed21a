import { assertEquals } from "@std/assert";
import { wrap } from "../../lib/cli/wrap.ts";

const texts: [text: string, columns: number, lines: string[]][] = [
  ["", 10, [""]],
  ["short", 10, ["short"]],
  ["one two three", 7, ["one two", "three"]],
  ["one two three", 8, ["one two", "three"]],
  ["see https://example.fief.dev/a/long/path now", 12, ["see", "https://example.fief.dev/a/long/path", "now"]],
  ["\x1b[1;31mone:\x1b[0m two three", 8, ["\x1b[1;31mone:\x1b[0m two", "three"]],
];
for (const [text, columns, lines] of texts) {
  Deno.test(`wrap() breaks ${JSON.stringify(text)} into ${lines.length} at ${columns} columns`, () => {
    assertEquals(wrap(text, columns), lines);
  });
}
