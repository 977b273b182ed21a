/** A row of docs/coming-from-python.md. */
export interface ParityRow {
  /** Python's name with its arguments and defaults; `undefined` where only ours has something. */
  python: string | undefined;
  /** Our names. */
  ours: string[];
  /** What ours may throw: classes and codes. */
  errors: string[];
}

/** The rows about the two Python modules, in order. */
export async function parityTable(): Promise<ParityRow[]> {
  const text = await Deno.readTextFile(new URL("../../docs/coming-from-python.md", import.meta.url));
  const cells = text.slice(0, text.indexOf("## The file")).split("\n").filter((line) => /^\| (`|\(none\))/.test(line))
    .map((line) => line.split(" | ").map((cell) => cell.replaceAll(/^\|?\s+|\s+\|?$/g, "")));
  const names = (cell = "") => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
  return cells.map(([python, ours, errors]) => ({
    python: names(python)[0],
    ours: names(ours),
    errors: names(errors),
  }));
}
