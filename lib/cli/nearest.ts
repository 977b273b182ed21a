/** The name that was most likely meant, `undefined` where none is near. */
export function nearest(typed: string, names: string[]): string | undefined {
  const ranked = names.map((name) => ({ name, steps: distance(typed, name) })).sort((a, b) => a.steps - b.steps);
  const best = ranked[0];
  // More than every third letter wrong is another word.
  return best !== undefined && best.steps <= Math.max(2, Math.floor(typed.length / 3)) ? best.name : undefined;
}

/** Levenshtein's: letters to add, remove or exchange. A package for it would cost every start of the program more than these lines do. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
