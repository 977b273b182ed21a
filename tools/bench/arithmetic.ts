/** The value in the middle; with an even number of values the upper one of the two. */
export function median(values: number[]): number {
  if (values.length === 0) throw new RangeError("There is no median of nothing");
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/**
 * Measures in rounds, in each of which all run in turn, and compares round by round: so the ratios hold where the speed of the machine drifts.
 *
 * @param base What the others are compared with.
 * @returns For each of the others the median of its ratios to the base of the same round.
 */
export async function ratios(
  rounds: number,
  base: () => Promise<number>,
  others: (() => Promise<number>)[],
): Promise<number[]> {
  const all = others.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    const unit = await base();
    for (const [index, other] of others.entries()) all[index]!.push(await other() / unit);
  }
  return all.map(median);
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
