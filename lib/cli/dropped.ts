import type { App } from "./app.ts";

/** A whole class of permissions. */
type PermissionClass = "net" | "run";

/** What a command never needs, whatever its options. From the others something is kept, and Deno can take back whole classes only. */
const NEVER_NEEDED: Record<string, PermissionClass[]> = {
  status: ["net", "run"],
  profiles: ["net", "run"],
  completions: ["net", "run"],
  token: ["run"],
  hello: ["run"],
  whoami: ["run"],
  "call-api": ["run"],
  credential: ["run"],
};

/** Before anything is read: gives back what this command line will not need. Only the program does, whose commands are all known. */
export function dropUnneeded(app: App, command: string, values: Record<string, unknown>): void {
  // A command of the CLI's own may have any of these names.
  if (Object.hasOwn(app.commands, command)) return;
  const opens = command === "logout"
    ? values["browser-session"] === true
    : values["no-browser"] !== true && values["device"] !== true;
  const ways: PermissionClass[] = (command === "login" || command === "logout") && !opens ? ["run"] : [];
  drop(app, ...NEVER_NEEDED[command] ?? [], ...ways);
}

/** Gives classes of permissions back, for the rest of the run. A program that is built into another one leaves them to that. */
export function drop({ isolated }: Pick<App, "isolated">, ...classes: PermissionClass[]): void {
  if (!isolated) return;
  for (const name of classes) Deno.permissions.revokeSync({ name });
}
