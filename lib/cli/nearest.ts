import { distance } from "fastest-levenshtein";

/** The name that was most likely meant, `undefined` where none is near. */
export function nearest(typed: string, names: string[]): string | undefined {
  const ranked = names.map((name) => ({ name, steps: distance(typed, name) })).sort((a, b) => a.steps - b.steps);
  const best = ranked[0];
  // More than every third letter wrong is another word.
  return best !== undefined && best.steps <= Math.max(2, Math.floor(typed.length / 3)) ? best.name : undefined;
}
