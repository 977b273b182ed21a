import type { Host } from "../../host.ts";
import { variable } from "../../signin/environment.ts";
import { wrap } from "../wrap.ts";
import type { Finding, FindingStatus } from "./finding.ts";

const MARKS: Record<FindingStatus, string> = { ok: "✓", warning: "!", failed: "✗", skipped: "-" };
const PLAIN_MARKS: Record<FindingStatus, string> = {
  ok: "[ok]",
  warning: "[warn]",
  failed: "[fail]",
  skipped: "[skip]",
};
const COLORS: Record<FindingStatus, number> = { ok: 32, warning: 33, failed: 31, skipped: 2 };

/** The findings as people read them: a line each, and what to do below it. */
export function reportOf(
  findings: Finding[],
  host: Pick<Host, "env" | "os" | "stdout">,
  color: boolean,
): string {
  const drawn = host.stdout.isTerminal() && showsUnicode(host);
  const marks = drawn ? MARKS : PLAIN_MARKS;
  const markWidth = Math.max(...Object.values(marks).map((mark) => mark.length)) + 1;
  const nameWidth = Math.max(...findings.map(({ name }) => name.length)) + 2;
  const indent = " ".repeat(markWidth + nameWidth);
  const room = host.stdout.isTerminal() ? host.stdout.columns() - indent.length : Infinity;
  // Where the terminal is too narrow for columns, the text goes below the name.
  const fit = (text: string) =>
    room >= 24
      ? wrapped(text, room).join(`\n${indent}`)
      : `\n  ${wrapped(text, room + indent.length - 2).join("\n  ")}`;
  return findings.map(({ name, status, found, advice }) => {
    const mark = marks[status].padEnd(markWidth);
    const shown = color && host.stdout.isTerminal() ? `\x1b[${COLORS[status]}m${mark}\x1b[0m` : mark;
    const first = `${shown}${name.padEnd(nameWidth)}${fit(found)}`;
    return advice === null ? first : `${first}\n${room >= 24 ? indent : ""}${fit(`${drawn ? "→" : "->"} ${advice}`)}`;
  }).join("\n");
}

/** What it all comes to, in one line. */
export function verdictOf(findings: Finding[], exitStatus: number): string {
  if (exitStatus === 0) return "A sign-in would work";
  const failed = new Set(findings.filter(({ status }) => status === "failed").map(({ name }) => name));
  return `A sign-in would fail, because of: ${[...failed].join(", ")}`;
}

function wrapped(text: string, room: number): string[] {
  return room === Infinity ? [text] : wrap(text, room);
}

/** As the C library decides: the first of the three that is set. */
function showsUnicode(host: Pick<Host, "env" | "os">): boolean {
  const locale = ["LC_ALL", "LC_CTYPE", "LANG"].map((name) => variable(host, name)).find((value) =>
    value !== undefined
  );
  return locale === undefined ? host.os !== "linux" : /utf-?8/i.test(locale);
}
