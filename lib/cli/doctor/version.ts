import type { App } from "../app.ts";
import { versionFacts } from "../version_line.ts";
import { type Finding, ok, warning } from "./finding.ts";

/** The oldest Deno that the program is tested on. */
const OLDEST = [2, 6, 10];

/** What runs here. */
export function checkVersion(app: App): Finding[] {
  const { name, version, deno, target, std } = versionFacts(app);
  const found = `${name} ${version}, Deno ${deno}, V8 ${Deno.version.v8}, ${target}`;
  const standIns = std === undefined ? "" : ", with stand-ins for @std";
  if (!isOlder(deno!)) return [ok("version", found + standIns)];
  return [warning("version", found + standIns, `Use Deno ${OLDEST.join(".")} or newer: deno upgrade`)];
}

function isOlder(version: string): boolean {
  const parts = version.split(".").map((part) => parseInt(part));
  const at = OLDEST.findIndex((part, index) => part !== parts[index]);
  return at >= 0 && (parts[at] ?? 0) < OLDEST[at]!;
}
