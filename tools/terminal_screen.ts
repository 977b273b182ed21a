// What a terminal shows at the end, from what a program has written to it.

/** Letters of one look. */
export interface Span {
  text: string;
  /** Parameters of the last SGR sequence (ECMA-48, 8.3.117): `1;31` is bold and red, nothing is plain. */
  look: string;
}

// deno-lint-ignore no-control-regex -- the escape sequences of terminals
const SEQUENCE = /\x1b\[([0-9;?]*)([A-Za-z])|\r|\n|[^\x1b\r\n]/gu;

/** The lines on a screen that is wide enough for all of them. Knows colors, returns and erased lines, which is all that the CLI writes. */
export function screenLines(written: string): Span[][] {
  let line: { letter: string; look: string }[] = [];
  const lines = [line];
  let column = 0;
  let look = "";
  for (const [letter, parameters = "", final] of written.matchAll(SEQUENCE)) {
    if (final === "m") look = parameters === "0" ? "" : parameters;
    else if (final === "K") line.length = Math.min(line.length, column);
    else if (letter === "\r") column = 0;
    else if (letter === "\n") {
      lines.push(line = []);
      column = 0;
    } else if (final === undefined) line[column++] = { letter, look };
  }
  if (line.length === 0) lines.pop();
  return lines.map(spansOf);
}

function spansOf(letters: { letter: string; look: string }[]): Span[] {
  const spans: Span[] = [];
  for (const { letter, look } of letters) {
    const last = spans.at(-1);
    if (last?.look === look) last.text += letter;
    else spans.push({ text: letter, look });
  }
  return spans;
}
