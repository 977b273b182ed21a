import { displayName } from "../auth/session.ts";
import type { Profile } from "./profiles.ts";
import { wrap } from "./wrap.ts";

/** Profiles as lines; a star marks the one in use. Where it is too narrow for columns, each is a block of lines. */
export function profileTable(profiles: Profile[], columns: number): string {
  if (profiles.length === 0) return "There are no profiles yet";
  const rows = profiles.map(cellsOf);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  const lines = rows.map(([name, state, server, who], index) => {
    const cells = [name!.padEnd(widths[0]!), state!.padEnd(widths[1]!), server!.padEnd(widths[2]!), who!];
    return `${mark(profiles[index]!)} ${cells.join("  ")}`.trimEnd();
  });
  if (lines.every((line) => line.length <= columns)) return lines.join("\n");
  return rows.map(([name, ...details], index) => {
    const below = details.filter((detail) => detail !== "").flatMap((detail) => wrap(detail, columns - 4));
    return [`${mark(profiles[index]!)} ${name}`, ...below.map((line) => `    ${line}`)].join("\n");
  }).join("\n");
}

/** Who comes last: names may be of any script, and no column after them has to begin at the same place. */
function cellsOf({ name, signedIn, baseUrl, user, unreadable }: Profile): string[] {
  const state = unreadable ? "cannot be read" : signedIn ? "signed in" : "not signed in";
  return [name, state, baseUrl ?? "", unreadable ? unreadable.message : user ? displayName(user) : ""];
}

function mark({ inUse }: Profile): string {
  return inUse ? "*" : " ";
}
