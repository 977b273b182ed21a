import { assertEquals } from "@std/assert";
import { table } from "../../lib/cli/table.ts";

const CASTLES = [["CASTLE", "REGION", "BUILT"], ["Chambord", "Loire", "1519"], ["If", "", "1531 by the king"]];
const COLUMNS = `CASTLE    REGION  BUILT
Chambord  Loire   1519
If                1531 by the king`;
const BLOCKS = `CASTLE
    REGION
    BUILT
Chambord
    Loire
    1519
If
    1531 by
    the king`;
const tables: [name: string, rows: string[][], columns: number, text: string][] = [
  ["columns where there is no terminal", CASTLES, Infinity, COLUMNS],
  ["columns where they just fit", CASTLES, 34, COLUMNS],
  ["blocks where they do not", CASTLES, 12, BLOCKS],
  ["blocks from one column less", CASTLES, 33, BLOCKS.replace("by\n    the", "by the")],
  ["nothing of no rows", [], 80, ""],
];
for (const [name, rows, columns, text] of tables) {
  Deno.test(`table() gives ${name}`, () => assertEquals(table(rows, columns), text));
}
