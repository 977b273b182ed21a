import { FiefError } from "../errors.ts";

/** How the pages at the end of a sign-in look, and what they say last. */
export interface PageDesign {
  /** Colour of the program's name and of the sign that all went well: `#rgb` or `#rrggbb`. Where it could not be read, a shade of it is taken. */
  accent?: string;
  /** A square picture that takes the place of the drawn terminal: a `data:` URL of an SVG, PNG, JPEG, WebP or GIF image. */
  logo?: string;
  /** The last line after a sign-in, in place of the way back to the terminal. Text. */
  signedIn?: string;
  /** The last line after a sign-in that failed, whom to ask say. Text. */
  failed?: string;
}

/**
 * Refuses a design that no page could show, before anybody signs in.
 *
 * @throws {FiefError} `usage_invalid` where a colour or a picture is none.
 */
export function assertDesign({ accent, logo }: PageDesign): void {
  if (accent !== undefined && !COLOUR.test(accent)) {
    throw new FiefError("usage_invalid", `The accent "${accent}" is no colour`, "Write it as #rgb or #rrggbb");
  }
  if (logo !== undefined && !PICTURE.test(logo)) {
    throw new FiefError(
      "usage_invalid",
      "The logo is no picture that a page can carry itself",
      "Give it as a data: URL: data:image/svg+xml,...",
    );
  }
}

/** Whole, so that nothing but a colour gets into a style. */
const COLOUR = /^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i;
const PICTURE = /^data:image\/(?:svg\+xml|png|jpeg|webp|gif)[;,]/i;

/**
 * The shade of a colour that can be read on a ground: the colour itself, or mixed with black or white as little as it takes.
 *
 * @see WCAG 2.2 success criterion 1.4.3: a contrast of 4.5
 */
export function readableOn(ground: string, accent: string): string {
  const [from, below] = [channels(accent), channels(ground)];
  const end = luminance(below) > 0.18 ? 0 : 255;
  for (let step = 0; step < 20; step++) {
    const mixed = from.map((channel) => Math.round(channel + (end - channel) * step / 20));
    if (contrast(mixed, below) >= 4.5) return hex(mixed);
  }
  return hex([end, end, end]);
}

/** Black or white, whichever is read better on this colour. */
export function inkOn(colour: string): string {
  const ground = channels(colour);
  return contrast([0, 0, 0], ground) > contrast([255, 255, 255], ground) ? "#000000" : "#ffffff";
}

/** @see WCAG 2.2, contrast ratio */
export function contrast(one: number[], other: number[]): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high! + 0.05) / (low! + 0.05);
}

/** Red, green and blue, from 0 to 255. */
export function channels(colour: string): number[] {
  const digits = colour.slice(1);
  const pairs = digits.length === 3 ? [...digits].map((digit) => digit + digit) : digits.match(/../g)!;
  return pairs.map((pair) => parseInt(pair, 16));
}

function hex(colour: number[]): string {
  return `#${colour.map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
}

/** @see WCAG 2.2, relative luminance */
function luminance(colour: number[]): number {
  const [red, green, blue] = colour.map((channel) => {
    const part = channel / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}
