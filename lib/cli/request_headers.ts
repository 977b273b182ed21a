import { FiefError } from "../errors.ts";

/** What the request itself decides: the token, where it goes, how long it is. Deno would leave out the last two without a word. */
const OWN = ["authorization", "host", "content-length"];

/**
 * The headers that `-H 'Name: value'` means, one for each line. What a line holds may be a secret: no error repeats its value.
 *
 * @throws {FiefError} `usage_invalid` for a line that is no header, or one that this command sets itself.
 * @see RFC 9110 section 5
 */
export function requestHeaders(lines: string[]): Headers {
  const headers = new Headers();
  for (const line of lines) {
    const [, name, value] = line.match(/^([^:\s]+):\s*(.*)$/s) ?? [];
    if (name !== undefined && OWN.includes(name.toLowerCase())) {
      throw new FiefError("usage_invalid", `The header "${name}" is what this command adds`, "Leave it out");
    }
    try {
      headers.append(name ?? "", value ?? "");
    } catch {
      const colon = line.indexOf(":");
      throw new FiefError(
        "usage_invalid",
        colon > 0
          ? `"${line.slice(0, Math.min(colon, 60))}: ..." is no header`
          : "A line without a name and a colon is no header",
        "Write it as -H 'Name: value', in one line",
      );
    }
  }
  return headers;
}
