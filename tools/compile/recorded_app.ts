import type { App } from "../../lib/cli/app.ts";
import type { CommandNeeds } from "../../lib/cli/command.ts";

/** A CLI as compile knows it. */
export interface RecordedApp
  extends Pick<App, "name" | "apiOrigins" | "redirectUris" | "allowOverride" | "environmentPrefix"> {
  /** Base URL that is built in. */
  baseUrl?: string | undefined;
  /** Client id that is built in. */
  clientId?: string | undefined;
  /** Whether a private key is built in. */
  hasEncryptionKey: boolean;
  /** What its own commands need, as their author says. */
  needs: CommandNeeds[];
}

/** In front of the line that tells of it. */
export const MARK = "fief-auth compiles: ";

/** A program, and what it asked Deno for before it called `cli()`. */
export interface AskedApp {
  app: RecordedApp;
  /** Variables that it read by itself; `undefined` where it read all of them. */
  variables: string[] | undefined;
}

/**
 * What a program has told.
 *
 * @param stdout What it printed.
 * @param audit What Deno wrote down of its permissions, a JSON object a line.
 * @returns `undefined` where it told nothing.
 */
export function readRecord(stdout: string, audit: string): AskedApp | undefined {
  const line = stdout.split("\n").findLast((line) => line.startsWith(MARK));
  if (line === undefined) return undefined;
  const asked: { permission: string; value?: string }[] = audit.split("\n").filter(Boolean).map((line) =>
    JSON.parse(line)
  );
  const names = asked.filter(({ permission }) => permission === "env").map(({ value }) => value);
  const variables = names.flatMap((name) => name === undefined || name === "*" ? [] : [name]);
  return {
    app: JSON.parse(line.slice(MARK.length)),
    variables: variables.length === names.length ? [...new Set(variables)].sort() : undefined,
  };
}
