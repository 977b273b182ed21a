import { assertEquals } from "@std/assert";
import { momentInWords } from "../../lib/cli/moments.ts";

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const moments: [seconds: number, words: string][] = [
  [0, "in 0 seconds (2026-01-02T03:04:05Z)"],
  [1, "in 1 second (2026-01-02T03:04:06Z)"],
  [89, "in 89 seconds (2026-01-02T03:05:34Z)"],
  [3600, "in 60 minutes (2026-01-02T04:04:05Z)"],
  [86_400, "in 24 hours (2026-01-03T03:04:05Z)"],
  [172_800, "in 2 days (2026-01-04T03:04:05Z)"],
  [-60, "60 seconds ago (2026-01-02T03:03:05Z)"],
];
for (const [seconds, words] of moments) {
  Deno.test(`momentInWords() says "${words}" ${seconds} s from now`, () => {
    assertEquals(momentInWords(NOW / 1000 + seconds, NOW), words);
  });
}
