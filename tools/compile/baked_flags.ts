import { PERMISSION_TABLE } from "../../lib/cli/permission_table.ts";
import { flagsOf, type Grant, grantsFor, type PermissionFacts } from "../../lib/cli/permissions.ts";
import { PROXY_VARIABLES } from "../../lib/proxy.ts";
import { CompileError, systemOf } from "./options.ts";
import type { AskedApp } from "./recorded_app.ts";

/**
 * The permissions that a binary is built with: as exact as they can be before its user and home, and mostly its server, are known.
 *
 * - Variables: those of the table for all commands, those that the program itself has read, and PATH: whoever may start any program is told by
 *   `doctor` whether the browser is there.
 * - Network: where base URL and client are built in, their hosts, those of `apiOrigins` and of the redirect URIs; else all, as any server may
 *   be named.
 * - Files: all, as the credentials file is in the user's home, and `--credentials` may name any other.
 * - Programs: all, as `exec` starts any, and `BROWSER` names any.
 *
 * System information, foreign functions and imports from elsewhere: none.
 *
 * @param hosts Hosts with their port that are allowed beside those that the program names.
 * @throws {CompileError} Where hosts are named that make no difference.
 */
export function bakedFlags({ app, variables }: AskedApp, target: string, hosts: string[] = []): string[] {
  const anyServer = app.baseUrl === undefined || app.clientId === undefined || app.allowOverride;
  if (anyServer && hosts.length > 0) {
    throw new CompileError(`${app.name} has no server built in, and may reach any host: leave out --allow-host`);
  }
  const common = {
    // The server of somebody else's choice may be on this machine.
    baseUrl: anyServer ? "http://localhost" : app.baseUrl,
    apiUrls: app.apiOrigins,
    redirectUris: app.redirectUris,
    proxyVariables: [...PROXY_VARIABLES, "NO_PROXY", "no_proxy"],
    unasked: [...anyServer ? [] : ["BASE_URL", "CLIENT_ID"], ...app.hasEncryptionKey ? ["ENCRYPTION_KEY"] : []],
    environmentPrefix: app.environmentPrefix,
    os: systemOf(target),
  };
  const grants: Pick<Grant, "kind" | "value">[] = [
    ...everyCommand().flatMap((facts) => grantsFor({ ...facts, ...common })),
    ...app.needs.flatMap((needs) => grantsFor({ ...common, command: "own", needs })),
    ...hosts.map((value) => ({ kind: "net" as const, value })),
    ...[...variables ?? [], "PATH"].map((value) => ({ kind: "env" as const, value })),
  ];
  const exact = (kind: Grant["kind"]) => flagsOf(grants.filter((grant) => grant.kind === kind).toSorted(byValue));
  return [
    "--no-prompt",
    "--allow-read",
    "--allow-write",
    ...anyServer ? ["--allow-net"] : exact("net"),
    ...variables === undefined ? ["--allow-env"] : exact("env"),
    "--allow-run",
  ];
}

/** Every command of the table, with all that it may do. */
function everyCommand(): Pick<PermissionFacts, "command" | "opensBrowser" | "refreshes" | "program">[] {
  const commands = new Set(PERMISSION_TABLE.flatMap((row) => row.commands.map((name) => name.split(" ")[0]!)));
  return [...commands].map((command) => ({ command, opensBrowser: true, refreshes: true, program: "kubectl" }));
}

function byValue(a: { value: string }, b: { value: string }): number {
  return a.value < b.value ? -1 : 1;
}
