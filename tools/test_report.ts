// What a run of all tests comes to, in one line at its end.

/**
 * How many tests passed and failed.
 *
 * @param junit The report of `deno test --junit-path`.
 */
export function countTests(junit: string): { passed: number; failed: number } {
  const sum = (name: string) =>
    [...junit.matchAll(/<testsuite\b[^>]*>/g)].reduce(
      (total, [head]) => total + Number(new RegExp(`\\b${name}="(\\d+)"`).exec(head)?.[1] ?? 0),
      0,
    );
  const failed = sum("failures") + sum("errors");
  return { passed: sum("tests") - sum("disabled") - failed, failed };
}

/**
 * How many of the lines ran, in percent; undefined where the table does not say.
 *
 * @param table What `deno coverage` prints.
 */
export function coveredLines(table: string): number | undefined {
  // deno-lint-ignore no-control-regex -- that is how colors begin
  const row = table.replaceAll(/\x1b\[[\d;]*m/g, "").split("\n").find((line) => line.startsWith("| All files"));
  const [, percent] = /\|\s*([\d.]+)\s*\|\s*$/.exec(row ?? "") ?? [];
  return percent === undefined ? undefined : Number(percent);
}
