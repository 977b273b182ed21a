/**
 * Says that this machine's clock and the server's do not agree.
 *
 * @param offset Seconds that the server's is ahead.
 */
export function clockLine(offset: number): string {
  const side = offset > 0 ? "behind" : "ahead of";
  return `The clock of this machine is ${inWords(Math.abs(offset))} ${side} the server's: going by the server's`;
}

const UNITS: [name: string, seconds: number][] = [["years", 31_557_600], ["days", 86_400], ["hours", 3600], [
  "minutes",
  60,
]];

/** In the largest unit of which there are two. */
export function inWords(seconds: number): string {
  const [name, size] = UNITS.find(([, size]) => seconds / size >= 2) ?? ["seconds", 1];
  return `${Math.round(seconds / size)} ${name}`;
}
