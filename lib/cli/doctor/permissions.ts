import { permissionFacts } from "../permission_facts.ts";
import { denoFlags } from "../permissions.ts";
import { type Finding, ok, skipped, warning } from "./finding.ts";
import type { Scene } from "./scene.ts";

/** Commands whose permissions a session takes; `call-api` needs those of `token`, and its APIs. */
const COMMANDS = ["login", "token", "logout", "status"];

const KINDS = ["read", "write", "net", "env", "run"] as const;
type Kind = typeof KINDS[number];

/** What a sign-in can do without: it then opens no browser by itself. */
const OPTIONAL =
  /^(BROWSER|CI|DISPLAY|WAYLAND_DISPLAY|WSL_DISTRO_NAME|SSH_CONNECTION|SSH_TTY|USER|[A-Z]+_PROXY|[a-z]+_proxy)$/;

/** What Deno allows against what the commands need. */
export async function checkPermissions(scene: Scene): Promise<Finding[]> {
  if (Deno.build.standalone) {
    return [ok("permissions", "compiled in: reading, writing, network, environment and running of programs")];
  }
  const needed = await neededBy(scene);
  if (needed === undefined) {
    return [
      skipped("permissions", "which are needed is not known before settings and file are right"),
      ...await surplus(),
    ];
  }
  const findings: Finding[] = [];
  for (const [flag, commands] of needed) {
    const missing = await missingIn(flag);
    if (missing.length === 0) continue;
    const { kind } = partsOf(flag);
    const list = missing.join(",");
    const met = `Deno does not allow ${kind} access to ${list}: ${commands.join(", ")} would need it`;
    const advice = `Add this flag to deno run: --allow-${kind}=${list}`;
    const dispensable = !commands.includes("login") || kind === "run" ||
      kind === "env" && missing.every((name) => OPTIONAL.test(name));
    const finding = warning("permissions", met, advice);
    findings.push(dispensable ? finding : { ...finding, status: "failed", exitStatus: 2 });
  }
  if (findings.length === 0) findings.push(ok("permissions", `all that login, token, logout and status need`));
  return [...findings, ...await surplus(needed)];
}

/** Each flag with the commands that need it; `undefined` where settings or file are wrong, which other checks tell. */
async function neededBy({ app, files, named, host }: Scene): Promise<Map<string, string[]> | undefined> {
  const common = [
    ...files.credentials === undefined ? [] : ["--credentials", files.credentials],
    ...files.profile === undefined ? [] : ["--profile", files.profile],
    ...files.ca === undefined ? [] : ["--ca", files.ca],
  ];
  const server = [
    ...named.baseUrl === undefined ? [] : ["--base-url", named.baseUrl],
    ...named.clientId === undefined ? [] : ["--client-id", named.clientId],
    ...named.redirectUris.flatMap((uri) => ["--redirect-uri", uri]),
  ];
  const needed = new Map<string, string[]>();
  try {
    for (const command of COMMANDS) {
      const facts = await permissionFacts(app, [command, ...common, ...command === "login" ? server : []], host);
      for (const flag of denoFlags(facts)) {
        const { kind, values } = partsOf(flag);
        for (const value of values) {
          const each = `--allow-${kind}=${value}`;
          needed.set(each, [...needed.get(each) ?? [], command]);
        }
      }
    }
  } catch {
    return undefined;
  }
  return gathered(needed);
}

/** What the same commands need of one kind is one flag. */
function gathered(needed: Map<string, string[]>): Map<string, string[]> {
  const groups = Map.groupBy(needed, ([flag, commands]) => `${partsOf(flag).kind} ${commands.join()}`);
  return new Map([...groups.values()].map((group) => {
    const { kind } = partsOf(group[0]![0]);
    const values = group.flatMap(([flag]) => partsOf(flag).values);
    return [`--allow-${kind}=${values.join(",")}`, group[0]![1]];
  }));
}

function partsOf(flag: string): { kind: Kind; values: string[] } {
  const [, kind, list] = flag.match(/^--allow-(\w+)=(.*)$/s)!;
  return { kind: kind as Kind, values: list!.split(",") };
}

async function missingIn(flag: string): Promise<string[]> {
  const { kind, values } = partsOf(flag);
  const states = await Promise.all(values.map((value) => stateOf(kind, value)));
  return values.filter((_, index) => states[index] !== "granted");
}

async function stateOf(kind: Kind, value: string): Promise<Deno.PermissionState> {
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
async function surplus(needed?: Map<string, string[]>): Promise<Finding[]> {
  const whole: string[] = [];
  for (const name of [...KINDS, "sys", "ffi"] as const) {
    if ((await Deno.permissions.query({ name })).state === "granted") whole.push(`--allow-${name}`);
  }
  if (whole.length === 0) return [];
  const lists = KINDS.flatMap((kind) => {
    const values = [...needed?.keys() ?? []].map(partsOf).filter((part) => part.kind === kind).flatMap(({ values }) =>
      values
    );
    return values.length === 0 ? [] : [`--allow-${kind}=${[...new Set(values)].join(",")}`];
  });
  const advice = lists.length === 0
    ? "Grant what is needed only: see --allow-read and the like of deno run"
    : `These are enough: ${lists.join(" ")}`;
  return [warning("permissions", `granted without a limit: ${whole.join(" ")}`, advice)];
}
