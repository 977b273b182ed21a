import { FiefError } from "../errors.ts";
import { discreet } from "../readable.ts";

/** An answer, whole. */
export interface Answer {
  status: number;
  headers: Headers;
  /** The body; at most 1 MB. */
  text: string;
  /** Arrival in epoch milliseconds. */
  receivedAt: number;
}

/** Levels of objects and lists. No answer of these has ten; a hundred thousand would make gigabytes of blanks in the credentials file. */
const DEEPEST = 64;

/** The body as a JSON object, `undefined` where it is something else. */
export function jsonObject({ text }: Pick<Answer, "text">): Record<string, unknown> | undefined {
  const value = parsed(text);
  return isObject(value) && isShallow(value) ? value : undefined;
}

/** Whether JSON is nested no deeper than an answer can need. */
export function isShallow(value: unknown, levels = DEEPEST): boolean {
  if (typeof value !== "object" || value === null) return true;
  return levels > 0 && Object.values(value).every((member) => isShallow(member, levels - 1));
}

/** Characters of an answer that is kept: two of them fit into a credentials file, of which no more than 1 MB is read, in any writing. */
const LONGEST_KEPT = 150_000;

/** Whether JSON can be kept in a credentials file, which is written with line breaks and blanks. */
export function isKeepable(value: unknown): boolean {
  return isShallow(value) && JSON.stringify(value, null, 2).length <= LONGEST_KEPT;
}

/** What an answer that should have been JSON was, in words. */
export function describe({ status, headers, text }: Pick<Answer, "status" | "headers" | "text">): string {
  if (status >= 300 && status < 400) {
    const target = URL.parse(headers.get("location") ?? "");
    return `a redirect${target && target.host !== "" ? ` to "${discreet(target.origin)}"` : ""}`;
  }
  return `status ${status} and ${kindOf(text)}`;
}

function kindOf(text: string): string {
  if (text.trim() === "") return "an empty body";
  if (/^\s*<(!doctype|html)/i.test(text)) return "a web page";
  const value = parsed(text);
  if (value === undefined) return "no JSON";
  if (!isObject(value)) return "JSON that is no object";
  return isShallow(value) ? "JSON" : "JSON that is nested too deeply";
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An endpoint as a message shows it: without its query, and of a length that a line can hold. */
export function shown(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`.slice(0, 200);
}

/**
 * What the user is told where the server itself says that it cannot answer now.
 *
 * @param expected What was asked for, such as `tokens from "https://example.fief.dev/api/token"`.
 * @returns `undefined` for any other answer.
 * @see RFC 6585 section 4, RFC 9110 section 15.6
 */
export function failureOf(answer: Answer, expected: string): FiefError | undefined {
  const { status } = answer;
  const met = `expected ${expected}, got ${describe(answer)}`;
  if (status === 429 || (status === 503 && retryAfter(answer) !== undefined)) {
    return new FiefError("provider_busy", `The server is busy: ${met}`, waitHint(answer));
  }
  if (status < 500) return undefined;
  const hint = "Try again in a while; if it stays so, tell whoever runs the server";
  return new FiefError("provider_failed", `The server failed: ${met}`, hint);
}

/** How long the server asks to be left alone, as something to do. */
export function waitHint(answer: Pick<Answer, "headers" | "receivedAt">): string {
  const seconds = retryAfter(answer);
  if (seconds === undefined) return "Wait a while, then try again";
  if (seconds <= 0) return "Try again";
  const [size, unit] = seconds <= 120
    ? [1, "s"]
    : seconds <= 5_400
    ? [60, "minutes"]
    : seconds <= 129_600
    ? [3_600, "hours"]
    : [86_400, "days"];
  return `Wait ${Math.ceil(seconds / size)} ${unit}, then try again`;
}

/** Seconds; `undefined` where the server names no time. It may be a date, which is by the server's clock. @see RFC 9110 section 10.2.3 */
function retryAfter({ headers, receivedAt }: Pick<Answer, "headers" | "receivedAt">): number | undefined {
  const value = headers.get("retry-after")?.trim() ?? "";
  if (/^\d{1,9}$/.test(value)) return Number(value);
  const until = /^[A-Z][a-z]{2,8}, /.test(value) ? Date.parse(value) : NaN;
  const now = Date.parse(headers.get("date") ?? "");
  return Number.isNaN(until) ? undefined : Math.ceil((until - (Number.isNaN(now) ? receivedAt : now)) / 1000);
}
