import { FiefError } from "../errors.ts";
import type { Host } from "../host.ts";
import { normalizeBaseUrl } from "../provider/base_url.ts";
import type { App } from "./app.ts";
import type { NamedFiles } from "./command.ts";
import { commandNames } from "./commands.ts";
import { endpointsFor, isOwn, permissionFacts, permissionsLine } from "./permission_facts.ts";
import { PERMISSION_TABLE, type PermissionRow } from "./permission_table.ts";
import type { PermissionFacts } from "./permission_values.ts";
import { flagsOf, type Grant, grantsFor } from "./permissions.ts";
import { shellWords } from "./shell_words.ts";

/** What `permissions` is asked about. */
interface Scene {
  app: App;
  files: NamedFiles;
  host: Host;
  /** Whether the server may be asked for its metadata. */
  asksServer: boolean;
}

/** What it says: as an object, as text, and words to people. */
interface Report {
  object: Record<string, unknown>;
  text: string;
  notices?: string[];
}

/** Tried with 2.6.10 and 2.9.6. */
const COMMA =
  "A path has a comma, which is written twice in a flag: Deno 2.6 takes that, Deno 2.9 takes no such path. Use a file elsewhere: --credentials PATH";

/** The exact flags for one command line. */
export async function permissionsOfOne(scene: Scene, args: string[]): Promise<Report> {
  const facts = await factsFor(scene, args);
  const grants = grantsFor(facts);
  const flags = [...unstableFlags(scene.app, facts), ...flagsOf(grants)];
  const notices = [
    ...facts.baseUrl === undefined && asksTheServer(facts)
      ? [`No server is known yet, so its host is not among these. ${howToName(scene)}`]
      : [],
    ...grants.some(({ value }) => value.includes(",")) ? [COMMA] : [],
  ];
  const text = flags.map((flag) => shellWords([flag], scene.host.os) ?? flag).join(" ");
  return { object: objectOf(scene, args[0]!, flags, grants), text, notices };
}

/** What each command needs, and why. */
export async function permissionsOfAll(scene: Scene): Promise<Report> {
  const { app } = scene;
  const all = await Promise.all(
    commandNames(app).map(async (name) => {
      const facts = await factsFor(scene, [name]);
      const grants = grantsFor(facts);
      const unstable = unstableFlags(app, facts);
      const reasons = unstable.flatMap((flag) => [`  ${flag}`, `      ${WHY_UNSTABLE}`]);
      return {
        object: objectOf(scene, name, [...unstable, ...flagsOf(grants)], grants),
        text: [name, ...reasons, ...described(app, name, grants)].join("\n"),
      };
    }),
  );
  return {
    object: { commands: all.map(({ object }) => object) },
    text: all.map(({ text }) => text).join("\n\n"),
  };
}

async function factsFor({ app, files, host, asksServer }: Scene, args: string[]): Promise<PermissionFacts> {
  const facts = await permissionFacts(app, permissionsLine(files, args), host);
  if (!asksServer || !asksTheServer(facts)) return facts;
  if (facts.baseUrl === undefined) {
    throw new FiefError("usage_invalid", "No server is known that could be asked", howToName({ app }));
  }
  const { fetchMetadata } = await import("../provider/metadata.ts");
  const metadata = await fetchMetadata(normalizeBaseUrl(facts.baseUrl), host);
  return { ...facts, endpoints: endpointsFor(metadata, facts) };
}

function howToName({ app }: Pick<Scene, "app">): string {
  return `Name it: ${app.name} permissions login --base-url URL, or ${app.environmentPrefix}_BASE_URL`;
}

const WHY_UNSTABLE =
  "no permission: what asks the server runs in a Worker with fewer permissions; without it, Deno ends the program with status 70";

/** What Deno has to be told beside permissions, where a Worker with its own asks the server. */
function unstableFlags({ isolated }: App, facts: PermissionFacts): string[] {
  return isolated && facts.command !== "permissions" && asksTheServer(facts) ? ["--unstable-worker-options"] : [];
}

/** Whether the command asks the server at all. */
function asksTheServer(facts: PermissionFacts): boolean {
  if (facts.credentialsPath === undefined) return false;
  const probe = "https://server.invalid";
  return grantsFor({ ...facts, baseUrl: probe }).some(({ kind, value }) =>
    kind === "net" && value === "server.invalid:443"
  );
}

function objectOf({ app }: Scene, command: string, flags: string[], grants: Grant[]): Record<string, unknown> {
  return {
    command,
    flags,
    grants: grants.map(({ kind, value, row: { what, why, without } }) => ({
      flag: `--allow-${kind}`,
      value,
      what: worded(app, what),
      why,
      without: without ?? null,
    })),
  };
}

/** The lines of the table that are about a command, with their values where they apply now. */
function described(app: App, name: string, grants: Grant[]): string[] {
  const known = isOwn(app, name) ? "own" : name;
  return PERMISSION_TABLE.flatMap((row) => {
    const form = row.commands.find((each) => each === known || each.startsWith(`${known} `));
    if (form === undefined) return [];
    const values = grants.filter((grant) => grant.row === row).map(({ value }) => value);
    // What only its author could have named is not told where they did not.
    if (values.length === 0 && (row.what.startsWith("what the command's author") || grants.some(alsoIn(row)))) {
      return [];
    }
    const flag = `  --allow-${row.kind}=${values.length > 0 ? values.join(",") : "..."}`;
    return [flag, `      ${sentence(app, row, form === known ? undefined : form)}`];
  });
}

/** A value that two lines name is told at the one without which nothing works. */
function alsoIn(row: PermissionRow): (grant: Grant) => boolean {
  return (grant) => grant.row !== row && grant.row.what === row.what && grant.kind === row.kind;
}

function sentence(app: App, { what, when, why, without }: PermissionRow, form: string | undefined): string {
  const conditions = [...form === undefined ? [] : [`for ${form}`], ...when === undefined ? [] : [`where ${when}`]];
  return worded(
    app,
    `${what}${conditions.length > 0 ? ` (${conditions.join(", ")})` : ""}: ${why}${
      without === undefined ? "" : `; without it, ${without}`
    }`,
  );
}

/** The table in the words of this CLI. */
export function worded({ environmentPrefix }: Pick<App, "environmentPrefix">, text: string): string {
  return text.replaceAll("PREFIX", environmentPrefix);
}
