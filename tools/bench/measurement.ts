import { better, isMet, type Limit } from "./arithmetic.ts";

/** One line of the result. */
export interface Row {
  name: string;
  /** What is promised; without it the row only tells. */
  limit?: Limit;
  /** `times` (a ratio within one run) where nothing is given. */
  unit?: string;
}

/** How much is done. */
export interface Effort {
  rounds: number;
  /** Bytes of a large download. */
  bytes: number;
}

/** What is measured together. */
export interface Measurement {
  /** The word that asks for it alone. */
  name: string;
  /** What is compared with what. */
  about: string;
  rows: Row[];
  /**
   * Measures once, and gives a value for each row. What it needs is cleaned up by then.
   *
   * @throws {NotMeasured}
   */
  measure(effort: Effort): Promise<number[]>;
}

/** What this machine lacks for a measurement. */
export class NotMeasured extends Error {}

/** How often what is not met is measured again. */
const BATCHES = 3;

/** What came of a measurement. */
export interface Outcome {
  met: number;
  missed: number;
  notMeasured: number;
}

/** Measures and tells. The best of three batches counts: what else the machine does makes a program slower, never faster. */
export async function report(
  { name, about, rows, measure }: Measurement,
  effort: Effort,
  tell: (line: string) => void,
): Promise<Outcome> {
  tell(`${name}: ${about}`);
  const promised = rows.filter(({ limit }) => limit !== undefined).length;
  let best: number[] | undefined;
  let batches = 0;
  try {
    do {
      const values = await measure(effort);
      best = values.map((value, at) => best === undefined ? value : better(value, best[at]!, rows[at]!.limit));
      batches++;
    } while (batches < BATCHES && !rows.every(({ limit }, at) => isMet(best![at]!, limit)));
  } catch (error) {
    if (!(error instanceof NotMeasured)) throw error;
    tell(`  not measured: ${error.message}\n`);
    return { met: 0, missed: 0, notMeasured: promised };
  }
  const width = Math.max(...rows.map((row) => row.name.length));
  for (const [at, row] of rows.entries()) tell(`  ${row.name.padEnd(width)}  ${inWords(best[at]!, row)}`);
  tell(batches === 1 ? "" : `  best of ${batches} batches\n`);
  const missed = rows.filter(({ limit }, at) => !isMet(best[at]!, limit)).length;
  return { met: promised - missed, missed, notMeasured: 0 };
}

/** A value beside its limit. */
export function inWords(value: number, { limit, unit = "times" }: Row): string {
  const number = (each: number) => unit === "times" ? each.toFixed(2) : String(Math.round(each));
  const text = `${number(value)} ${unit}`;
  if (limit === undefined) return text;
  const missed = isMet(value, limit) ? "" : ": NOT MET";
  return `${text}  (${limit.kind} ${limit.value}${missed})`;
}
