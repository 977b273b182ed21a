/** A moment in ISO 8601, in UTC: the same everywhere, and in every log. `undefined` beyond what a Date can tell. */
export function isoMoment(epochSeconds: number): string | undefined {
  if (!(Math.abs(epochSeconds) <= 8.64e12)) return undefined;
  return new Date(epochSeconds * 1000).toISOString().replace(/\.\d+Z$/, "Z");
}

/** A moment in words and in ISO 8601: `in 59 minutes (2026-01-02T03:04:05Z)`. */
export function momentInWords(epochSeconds: number, now: number): string {
  const seconds = epochSeconds - now / 1000;
  const iso = isoMoment(epochSeconds);
  if (iso === undefined) return seconds > 0 ? "in more years than can be told" : "long ago"; // whoever wrote it
  const size = Math.abs(seconds);
  const [amount, unit] = size < 90
    ? [size, "second"]
    : size < 5400
    ? [size / 60, "minute"]
    : size < 172_800
    ? [size / 3600, "hour"]
    : [size / 86_400, "day"];
  const rounded = Math.round(amount);
  const words = `${rounded} ${unit}${rounded === 1 ? "" : "s"}`;
  return `${seconds < 0 ? `${words} ago` : `in ${words}`} (${iso})`;
}
