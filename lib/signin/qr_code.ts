import type { Output } from "../host.ts";

/** Light modules around a QR code: 4 by the standard, 2 where there is no room for more, which cameras take too. */
const QUIET_ZONES = [4, 2];

/** Lines that stay free: two for the code below, and one for what goes on. */
const LINES_BELOW = 3;

/** Black on white, whatever the colors of the terminal are: the cube of 256 colors is the same everywhere, unlike the first 16. */
const BLACK_ON_WHITE = "\x1b[38;5;16;48;5;231m";
const USUAL = "\x1b[0m";

/** The modules of a QR code: which of them are dark, row by row. */
export interface QrCode {
  data: boolean[][];
  /** Modules of a side. */
  size: number;
}

/**
 * The modules of a QR code, with the lowest level of error correction: what is on a screen is not damaged.
 *
 * @param text What it says.
 */
export async function encodeQrCode(text: string): Promise<QrCode> {
  const { encode } = await import("uqr");
  const { data, size } = encode(text, { ecc: "L", border: 0 });
  return { data, size };
}

/**
 * A QR code, two modules to a character, as a terminal shows it.
 *
 * @param code As {@linkcode encodeQrCode} gives it.
 * @param color Whether it may set its own colors. Without them its light modules are in the color of the text: light on a dark terminal.
 * @returns Its lines; `undefined` where the terminal has no room for it.
 * @see ISO/IEC 18004 section 5.3.8
 */
export function qrCodeLines(
  { data, size }: QrCode,
  terminal: Pick<Output, "columns" | "rows">,
  color: boolean,
): string[] | undefined {
  const quiet = QUIET_ZONES.find((zone) =>
    size + 2 * zone <= terminal.columns() && Math.ceil(size / 2) + zone + LINES_BELOW <= terminal.rows()
  );
  if (quiet === undefined) return undefined;
  const dark = (row: number, column: number) => data[row - quiet]?.[column - quiet] === true;
  const width = size + 2 * quiet;
  const lines: string[] = [];
  for (let row = 0; row < width; row += 2) {
    const blocks = Array.from(
      { length: width },
      (_, column) => block(dark(row, column) === color, dark(row + 1, column) === color),
    );
    lines.push(color ? `${BLACK_ON_WHITE}${blocks.join("")}${USUAL}` : blocks.join(""));
  }
  return lines;
}

/** The character whose upper and lower half are in the color of the text. */
function block(upper: boolean, lower: boolean): string {
  if (upper) return lower ? "█" : "▀";
  return lower ? "▄" : " ";
}
