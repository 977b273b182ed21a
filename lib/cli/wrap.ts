/** Colors take no room on the screen. */
// deno-lint-ignore no-control-regex -- they begin with one
const COLORS = /\x1b\[[0-9;]*m/g;

/** Lines of at most so many columns, broken between words. What has no blank in it, a URL say, stays whole. */
export function wrap(text: string, columns: number): string[] {
  const width = Math.min(columns, 100);
  const lines: string[] = [];
  let line = "";
  let length = 0;
  for (const word of text.split(" ")) {
    const own = word.replaceAll(COLORS, "").length;
    if (line !== "" && length + 1 + own > width) {
      lines.push(line);
      [line, length] = [word, own];
    } else [line, length] = line === "" ? [word, own] : [`${line} ${word}`, length + 1 + own];
  }
  return [...lines, line];
}
