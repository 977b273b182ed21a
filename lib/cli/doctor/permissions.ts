import { dirname } from "@std/path";
import { permissionFacts, permissionsLine } from "../permission_facts.ts";
import { flagsOf, type Grant, grantsFor } from "../permissions.ts";
import { type Finding, ok, skipped, warning } from "./finding.ts";
import type { Scene } from "./scene.ts";

/** Commands whose permissions a session takes; `call-api` needs those of `token`, and its APIs. */
const COMMANDS = ["login", "token", "logout", "status"];

/** What Deno allows against what the commands need. */
export async function checkPermissions(scene: Scene): Promise<Finding[]> {
  if (Deno.build.standalone) return [ok("permissions", `compiled in: ${await compiledIn()}`)];
  const needed = await neededBy(scene);
  if (needed === undefined) {
    return [
      skipped("permissions", "which are needed is not known before settings and file are right"),
      ...await surplus(),
    ];
  }
  const { missing, directory } = await missingOf(needed);
  const findings = [
    ...Map.groupBy(missing, ({ grant, commands, stopsLogin }) => `${grant.kind} ${commands.join()} ${stopsLogin}`)
      .values(),
  ].map(
    (group) => findingOf(group),
  );
  if (findings.length === 0) {
    const made = directory === undefined ? "" : `; to make the directory, login takes --allow-write=${directory} too`;
    findings.push(ok("permissions", `all that ${COMMANDS.join(", ").replace(/, (?=\w+$)/, " and ")} need${made}`));
  }
  return [...findings, ...await surplus(needed)];
}

/** What a binary may: a class as a whole, or what was named when it was compiled. */
async function compiledIn(): Promise<string> {
  const classes = [["read", "files to read"], ["write", "files to write"], ["net", "hosts"], ["env", "variables"], [
    "run",
    "programs",
  ]] as const;
  const words = classes.map(async ([name, what]) =>
    (await Deno.permissions.query({ name })).state === "granted" ? `all ${what}` : `${what} that it was compiled with`
  );
  return (await Promise.all(words)).join(", ");
}

/** A permission, and the commands that need it. */
interface Need {
  grant: Grant;
  commands: string[];
  /** Whether a sign-in fails without it. */
  stopsLogin: boolean;
}

/** What the commands need; `undefined` where settings or file are wrong, which other checks tell. */
async function neededBy({ app, files, named, host }: Scene): Promise<Need[] | undefined> {
  const server = [
    ...named.baseUrl === undefined ? [] : ["--base-url", named.baseUrl],
    ...named.clientId === undefined ? [] : ["--client-id", named.clientId],
    ...named.redirectUris.flatMap((uri) => ["--redirect-uri", uri]),
  ];
  const needed = new Map<string, Need>();
  try {
    for (const command of COMMANDS) {
      const line = permissionsLine(files, [command, ...command === "login" ? server : []]);
      for (const grant of grantsFor(await permissionFacts(app, line, host))) {
        const name = `${grant.kind} ${grant.value}`;
        const known = needed.get(name);
        const stopsLogin = known?.stopsLogin === true || command === "login" && grant.row.without === undefined;
        needed.set(name, { grant, commands: [...known?.commands ?? [], command], stopsLogin });
      }
    }
  } catch {
    return undefined;
  }
  return [...needed.values()];
}

/**
 * What Deno does not allow of it; and the directory, where only that is not allowed: nobody but `login` gets it, so nobody else can tell.
 */
async function missingOf(needed: Need[]): Promise<{ missing: Need[]; directory?: string }> {
  const granted = await Promise.all(needed.map(async ({ grant }) => await stateOf(grant) === "granted"));
  const missing = needed.filter((_, index) => !granted[index]);
  const isIn = ({ grant: { kind, value } }: Need, directory: string) =>
    kind === "write" && dirname(value) === directory;
  const directory = missing.find(({ grant }) => needed.some((need) => isIn(need, grant.value)))?.grant.value;
  if (directory === undefined) return { missing };
  const others = missing.filter(({ grant }) => grant.value !== directory);
  // Where it is there, the files in it are enough for a sign-in.
  return {
    missing: others.map((need) =>
      isIn(need, directory) ? { ...need, commands: ["login", ...need.commands], stopsLogin: true } : need
    ),
    directory,
  };
}

/** What the same commands need of one kind is one finding. */
function findingOf(group: Need[]): Finding {
  const { grant: { kind }, commands } = group[0]!;
  const list = group.map(({ grant }) => grant.value).join(",");
  const met = `Deno does not allow ${kind} access to ${list}: ${commands.join(", ")} would need it`;
  const finding = warning("permissions", met, `Add this flag to deno run: --allow-${kind}=${list}`);
  return group.some(({ stopsLogin }) => stopsLogin) ? { ...finding, status: "failed", exitStatus: 2 } : finding;
}

async function stateOf({ kind, value }: Grant): Promise<Deno.PermissionState> {
  const descriptor: Deno.PermissionDescriptor = kind === "net"
    ? { name: kind, host: value }
    : kind === "env"
    ? { name: kind, variable: value }
    : kind === "run"
    ? { name: kind, command: value }
    : { name: kind, path: value };
  return (await Deno.permissions.query(descriptor)).state;
}

/** What is granted as a whole, while a list would do. Deno does not tell what else is granted by name. */
async function surplus(needed: Need[] = []): Promise<Finding[]> {
  const whole: string[] = [];
  for (const name of ["read", "write", "net", "env", "run", "sys", "ffi"] as const) {
    if ((await Deno.permissions.query({ name })).state === "granted") whole.push(`--allow-${name}`);
  }
  if (whole.length === 0) return [];
  const flags = flagsOf(needed.map(({ grant }) => grant));
  const advice = flags.length === 0
    ? "Grant what is needed only: see --allow-read and the like of deno run"
    : `These are enough: ${flags.join(" ")}`;
  return [warning("permissions", `granted without a limit: ${whole.join(" ")}`, advice)];
}
