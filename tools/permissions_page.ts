// The table in docs/permissions.md, from the table in code.
import { PERMISSION_TABLE, type PermissionRow } from "../lib/cli/permission_table.ts";
import { worded } from "../lib/cli/permission_report.ts";

const BEGIN = "<!-- deno-fmt-ignore-start -->";
const END = "<!-- deno-fmt-ignore-end -->";

/** The page with the table as the code has it now; all that is around it stays. */
export function permissionsPage(page: string): string {
  const [before, rest = ""] = page.split(BEGIN);
  const [, after = ""] = rest.split(END);
  return `${before}${BEGIN}\n\n${table()}\n${END}${after}`;
}

function table(): string {
  const rows = (["read", "write", "net", "env", "run"] as const).flatMap((kind) =>
    PERMISSION_TABLE.filter((row) => row.kind === kind).map(rowText)
  );
  return `| flag | what | for | when | why | without it |\n| --- | --- | --- | --- | --- | --- |\n${rows.join("\n")}\n`;
}

function rowText(
  { kind, what, commands, when = "always", why, without = "an error names the flag" }: PermissionRow,
): string {
  const names = commands.map((name) => name === "own" ? "your own" : `\`${name}\``).join(", ");
  const cells = [`\`--allow-${kind}\``, what, names, when, why, without];
  return `| ${cells.map((cell) => worded({ environmentPrefix: "FIEF" }, cell)).join(" | ")} |`;
}
