/** Lines of at most so many columns, broken between words. What has no blank in it, a URL say, stays whole. */
export function wrap(text: string, columns: number): string[] {
  const width = Math.min(columns, 100);
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
