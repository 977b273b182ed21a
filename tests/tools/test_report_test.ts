import { assertEquals } from "@std/assert";
import { countTests, coveredLines } from "../../tools/test_report.ts";

Deno.test("countTests() adds up all files, and counts what was not run as neither", () => {
  const report = `<testsuites name="deno test" tests="9" failures="1" errors="1">
    <testsuite name="a_test.ts" tests="4" disabled="1" errors="0" failures="1">
      <testcase name="tests=&quot;7&quot;"/>
    </testsuite>
    <testsuite name="b_test.ts" tests="5" disabled="0" errors="1" failures="0"></testsuite>
  </testsuites>`;
  assertEquals(countTests(report), { passed: 6, failed: 2 });
});

Deno.test("countTests() counts nothing where nothing ran", () => {
  assertEquals(countTests(""), { passed: 0, failed: 0 });
});

Deno.test("coveredLines() reads the last column of the last row, whatever its color", () => {
  const table =
    "| File | Branch % | Line % |\n| a.ts | 1.0 | 2.0 |\n| \x1b[32mAll files \x1b[0m | 92.3 | \x1b[32m 95.5\x1b[0m |\n";
  assertEquals(coveredLines(table), 95.5);
  assertEquals(coveredLines("error"), undefined);
});
