import { wrap } from "./wrap.ts";

/**
 * Rows in columns that are as wide as what is in them, the last one as it is. Where that is too wide for the terminal, each row is a block of
 * lines: its first cell, and the others below.
 *
 * @param rows Cells of text; all rows have the same number of them.
 * @param columns Columns of the terminal; `Infinity` where there is none.
 */
export function table(rows: readonly (readonly string[])[], columns: number): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  const last = widths.length - 1;
  const lines = rows.map((cells) =>
    cells.map((cell, column) => column === last ? cell : cell.padEnd(widths[column]!)).join("  ").trimEnd()
  );
  if (lines.every((line) => line.length <= columns)) return lines.join("\n");
  return rows.map(([first = "", ...rest]) => {
    const below = rest.filter((cell) => cell !== "").flatMap((cell) => wrap(cell, columns - 4));
    return [first, ...below.map((line) => `    ${line}`)].join("\n");
  }).join("\n");
}
