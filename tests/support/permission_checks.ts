// What is checked of each run of a command: that its grants are enough, are used, and are missed.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { flagsOf, type Grant, grantsFor } from "../../lib/cli/permissions.ts";
import { hasOpenssl, makeAuthority } from "./authority.ts";
import type { CliResult } from "./cli.ts";
import { startCliSession } from "./cli_session.ts";
import { quietPort } from "./loopback.ts";
import { exactFacts } from "./own_place.ts";
import { type PermissionScene, type PermissionWorld, type PreparedRun, prepareRun } from "./permission_scenes.ts";

const ROOT = decodeURIComponent(new URL("../../", import.meta.url).pathname);
/** Runs at the same time: CI has two cores. */
const AT_ONCE = 3;

/** A provider that takes one session as often as it likes, an API, and an authority where openssl makes one. */
export async function startWorld(): Promise<PermissionWorld & AsyncDisposable> {
  const session = await startCliSession({
    rotates: false, // one sign-in is enough for all runs
    opaqueAccessTokens: true,
    intercept: ({ path }) => path === "/token/revocation" ? new Response(null) : undefined,
  });
  assertEquals((await session.signIn()).status, 0);
  const authority = hasOpenssl() ? (await makeAuthority(session.directory, ["server.example"])).file : undefined;
  return {
    issuer: session.provider.issuer,
    api: session.api.origin,
    saved: session.file() as PermissionWorld["saved"],
    ...authority === undefined ? {} : { authority },
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

/** What a run used, as `DENO_AUDIT_PERMISSIONS` tells: `read /path`, `net host:port`. */
function usedIn(audit: string): string[] {
  const lines = audit.split("\n").filter(Boolean).map((line) => JSON.parse(line) as Record<string, string>);
  const used = lines.map(({ permission, value }) => {
    const url = permission === "net" ? URL.parse(value!) : null;
    // Deno tells of a request's URL, and of its host and port.
    const host = url?.host ? `${url.hostname}:${url.port || (url.protocol === "https:" ? 443 : 80)}` : value;
    return `${permission} ${host}`;
  });
  // The stand-ins for @std, where JSR does not answer; and what Deno looks at by itself when a Worker gets a part of the hosts.
  return [...new Set(used)].filter((each) => !each.startsWith(`read ${ROOT}tools/offline/`) && each !== "net null");
}

function covers({ kind, value }: Grant, used: string): boolean {
  const each = `${kind} ${value}`;
  return used === each || /^(read|write)$/.test(kind) && used.startsWith(each.replace(/\/?$/, "/"));
}

/** One run with all that it is granted, checked. */
export async function runExactly(scene: PermissionScene, world: PermissionWorld) {
  await using run = await prepareRun(scene, world, quietPort());
  const grants = grantsFor(await exactFacts(run.args, run.env));
  const log = `${run.directory}/audit`;
  const result = await run.run({ flags: flagsOf(grants), env: { DENO_AUDIT_PERMISSIONS: log } });
  const title = `${run.args.join(" ")} (${scene.name})`;
  assertEquals(result.status, scene.status ?? 0, `${title}: ${result.stderr}`);
  const used = usedIn(await Deno.readTextFile(log));
  assertEquals(used.filter((each) => !grants.some((grant) => covers(grant, each))), [], `${title} uses more`);
  // Deno's audit does not tell of programs: that they are needed shows where they are taken away.
  const isUsed = (grant: Grant) => grant.kind === "run" ? scene.starts : used.some((each) => covers(grant, each));
  return {
    result,
    used: new Set(
      grants.filter(isUsed).map((grant) => nameOf(grant, run.directory)),
    ),
    granted: grants.map((grant) => nameOf(grant, run.directory)),
    dispensable: grants.filter(({ row }) => row.without !== undefined).map((grant) => nameOf(grant, run.directory)),
  };
}

/** A grant in the words of all runs: their directories and ports are different ones. */
export function nameOf({ kind, value, row }: Grant, directory: string): string {
  // Which program opens the browser is the user's choice.
  if (kind === "run" && row.without !== undefined) return "run BROWSER";
  return `${kind} ${value.replace(directory, "DIR").replace(/^(127\.0\.0\.1|\[::1\]|localhost):\d+$/, "$1:PORT")}`
    .replace("/.config/", "/config/");
}

/** How a run with these flags is started: from source, or as a binary that has them inside. */
export type RunWith = (flags: string[], run: PreparedRun) => Promise<CliResult>;

/** From source. */
export const fromSource: RunWith = (flags, run) => run.run({ flags });

/** The same run without one grant. */
export async function runWithout(
  name: string,
  scene: PermissionScene,
  world: PermissionWorld,
  expected: CliResult,
  runWith: RunWith = fromSource,
): Promise<void> {
  await using run = await prepareRun(scene, world, quietPort());
  const facts = await exactFacts(run.args, run.env);
  // A binary has its parts inside.
  const grants = grantsFor(runWith === fromSource ? facts : { ...facts, sources: [] });
  const gone = grants.find((grant) => nameOf(grant, run.directory) === name)!;
  const result = await runWith(flagsOf(grants.filter((grant) => grant !== gone)), run);
  const title = `${run.args.join(" ")} (${scene.name}) without ${name}: status ${result.status}: ${result.stderr}`;
  if (gone.row.without !== undefined) {
    assertEquals(result.status, expected.status, title);
    if (gone.row.without.includes("flag")) assertStringIncludes(result.stdout + result.stderr, `--allow-${gone.kind}`);
    return;
  }
  // The parts of the program are loaded before anybody knows that it is `exec`.
  assertEquals(result.status, run.args[0] === "exec" && !gone.value.startsWith(ROOT) ? 125 : 2, title);
  const flag = result.stderr.match(new RegExp(`--allow-${gone.kind}=(\\S+)`));
  assert(flag !== null, title);
  // A part of the program is named by its file, and a directory that holds the file that is missed stands for it.
  const isNamed = flag[1]!.includes(gone.value) || gone.kind !== "net" && flag[1]!.startsWith(gone.value);
  assert(isNamed, title);
}

export async function inParallel<T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  // All are waited for: what one leaves behind must not meet the next command.
  const workers = await Promise.allSettled(Array.from({ length: AT_ONCE }, async () => {
    for (const [index, item] of queue) results[index] = await work(item);
  }));
  for (const worker of workers) if (worker.status === "rejected") throw worker.reason;
  return results;
}

/** What came of running all scenes of a command. */
type Runs = Awaited<ReturnType<typeof runExactly>>[];

/**
 * What is to be taken away, each with a scene that uses it. What every command goes on without in the same way is tried with one command.
 *
 * @param tried What other commands have gone on without.
 */
export function casesOf(runs: Runs, tried: Set<string>): [name: string, scene: number][] {
  const names = new Set(runs.flatMap(({ used }) => [...used]));
  const dispensable = new Set(runs.flatMap((run) => run.dispensable).filter((name) => name.startsWith("env ")));
  const left = [...names].filter((name) => !dispensable.has(name) || !tried.has(name));
  for (const name of dispensable) if (names.has(name)) tried.add(name);
  return left.map((name) => [name, runs.findIndex(({ used }) => used.has(name))]);
}
