// Reads a QR code back from what a terminal shows, as a camera would.
import jsQR from "jsqr";

/** Pixels of a module: a camera needs some. */
const SCALE = 4;

/** How a terminal shows text whose colors nobody has set. */
export type Theme = "dark" | "light";

/**
 * The text in the QR code on a screen, `undefined` where there is none that can be read.
 *
 * @param shown What a terminal has shown, control characters included.
 * @param theme Colors of the terminal: text without its own is light on a dark one.
 */
export function readQrCode(shown: string, theme: Theme): string | undefined {
  const rows = shown.split(/\r?\n/).map((line) => line.replaceAll(/^.*\r/g, "")).flatMap((line) =>
    modulesOf(line, theme)
  );
  const width = Math.max(...rows.map((row) => row.length)) * SCALE;
  const height = rows.length * SCALE;
  const pixels = new Uint8ClampedArray(width * height * 4).fill(255);
  const paper = theme === "light";
  for (let y = 0; y < height; y++) {
    const row = rows[Math.floor(y / SCALE)]!;
    for (let x = 0; x < width; x++) {
      const light = row[Math.floor(x / SCALE)] ?? paper;
      pixels.fill(light ? 255 : 0, (y * width + x) * 4, (y * width + x) * 4 + 3);
    }
  }
  // Not inverted: not every camera reads those.
  return jsQR.default(pixels, width, height, { inversionAttempts: "dontInvert" })?.data;
}

/** Two rows of modules, upper and lower halves of the characters: whether each is light. */
function modulesOf(line: string, theme: Theme): [boolean[], boolean[]] {
  const [upper, lower]: [boolean[], boolean[]] = [[], []];
  let [text, background] = [theme === "dark", theme === "light"];
  // deno-lint-ignore no-control-regex -- colors are what is looked for
  for (const [, codes, character] of line.matchAll(/\x1b\[([0-9;]*)[a-zA-Z]|(.)/gu)) {
    if (codes !== undefined) {
      if (codes === "0") [text, background] = [theme === "dark", theme === "light"];
      if (codes === "38;5;16;48;5;231") [text, background] = [false, true];
      continue;
    }
    upper.push(character === "█" || character === "▀" ? text : background);
    lower.push(character === "█" || character === "▄" ? text : background);
  }
  return [upper, lower];
}
