/** The value in the middle; with an even number of values the upper one of the two. */
export function median(values: number[]): number {
  if (values.length === 0) throw new RangeError("There is no median of nothing");
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** Measures in rounds, in each of which all run in turn; gives what each took, round by round. */
export async function inTurn(rounds: number, all: (() => Promise<number>)[]): Promise<number[][]> {
  const taken = all.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, one] of all.entries()) taken[index]!.push(await one());
  }
  return taken;
}

/** The median of the ratios within a round: it holds where the speed of the machine drifts. */
export function medianRatio(values: number[], base: number[]): number {
  return median(values.map((value, round) => value / base[round]!));
}

/** The ratio of the fastest to the fastest: it holds where the machine is so busy that most runs wait for a processor. */
export function fastestRatio(values: number[], base: number[]): number {
  return Math.min(...values) / Math.min(...base);
}

/** What a row promises. */
export interface Limit {
  kind: "at most" | "at least";
  value: number;
}

/** Whether a value keeps a promise. */
export function isMet(value: number, limit: Limit | undefined): boolean {
  if (limit === undefined) return true;
  return limit.kind === "at most" ? value <= limit.value : value >= limit.value;
}

/** The better of two values: what else the machine does makes a program slower, never faster. */
export function better(one: number, other: number, limit: Limit | undefined): number {
  return limit?.kind === "at least" ? Math.max(one, other) : Math.min(one, other);
}
