import { assertEquals } from "@std/assert";
import { nearest } from "../../lib/cli/nearest.ts";

const names = ["login", "logout", "hello", "token", "call-api", "status"];
const typed: [string, string | undefined][] = [
  ["logn", "login"],
  ["tokne", "token"],
  ["callapi", "call-api"],
  ["sttus", "status"],
  ["frobnicate", undefined],
  ["x", undefined],
];
for (const [word, meant] of typed) {
  Deno.test(`nearest() suggests ${meant ?? "nothing"} when "${word}" is typed`, () =>
    assertEquals(nearest(word, names), meant));
}
