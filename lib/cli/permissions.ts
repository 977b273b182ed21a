import { PERMISSION_TABLE, type PermissionRow } from "./permission_table.ts";
import { namesOf, type PermissionFacts, type PermissionKind } from "./permission_values.ts";

export type { PermissionFacts, PermissionKind } from "./permission_values.ts";

/** One permission of a command line. */
export interface Grant {
  kind: PermissionKind;
  /** A path, a host with its port, a variable or a program. */
  value: string;
  /** Why it is needed; where there are two reasons, the one without which nothing works. */
  row: PermissionRow;
}

/** What one command line needs, in the order of the table; nothing twice. */
export function grantsFor(facts: PermissionFacts): Grant[] {
  const names = namesOf(facts);
  const grants = new Map<string, Grant>();
  for (const row of PERMISSION_TABLE) {
    if (!row.commands.some((name) => names.includes(name))) continue;
    for (const value of row.values(facts)) {
      const known = value === undefined ? undefined : grants.get(`${row.kind} ${value}`);
      if (value === undefined || (known !== undefined && (known.row.without === undefined || row.without))) continue;
      grants.set(`${row.kind} ${value}`, { kind: row.kind, value, row });
    }
  }
  return [...grants.values()];
}

/** The flags of `deno run` for these grants: one of each kind. A comma within a value is written twice. */
export function flagsOf(grants: Pick<Grant, "kind" | "value">[]): string[] {
  return (["read", "write", "net", "env", "run"] as const).flatMap((kind) => {
    const values = new Set(
      grants.filter((grant) => grant.kind === kind).map(({ value }) => value.replaceAll(",", ",,")),
    );
    return values.size === 0 ? [] : [`--allow-${kind}=${[...values].join(",")}`];
  });
}

/** The exact flags of `deno run` for one command line. */
export function denoFlags(facts: PermissionFacts): string[] {
  return flagsOf(grantsFor(facts));
}
