/** A moment in words and in ISO 8601: `in 59 minutes (2026-01-02T03:04:05Z)`. */
export function momentInWords(epochSeconds: number, now: number): string {
  const seconds = epochSeconds - now / 1000;
  // Beyond what a Date can tell, whoever wrote it.
  if (!(Math.abs(epochSeconds) <= 8.64e12)) return seconds > 0 ? "in more years than can be told" : "long ago";
  const iso = new Date(epochSeconds * 1000).toISOString().replace(/\.\d+Z$/, "Z");
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
