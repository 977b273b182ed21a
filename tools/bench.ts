// Prints what commands cost to start, as ratios to an empty program beside main.ts with the same deno.json, lock and import map.
//
//     deno task bench [ROUNDS]
//
// In each round all run in turn, and the ratios are taken round by round: so they hold where the machine's speed drifts. On a busy machine
// they are higher.
import { denoFlags } from "../lib/cli/permissions.ts";
import { knownFlags } from "./find_std.ts";

/** What is measured, with the session in the file that `FIEF_CREDENTIALS` names; `limit` is what README promises. */
const ROWS: { args: string[]; limit?: number }[] = [
  { args: ["token"], limit: 1.35 },
  { args: ["token", "--quiet"] },
  { args: ["hello"] },
  { args: ["status"] },
  { args: ["--version"] },
];
const ROOT = import.meta.dirname!.replace(/[/\\]tools$/, "");

if (import.meta.main) {
  const rounds = Number(Deno.args[0] ?? 40);
  const directory = await Deno.makeTempDir({ prefix: "fief-auth-bench-" });
  const empty = `${ROOT}/empty_${crypto.randomUUID()}.ts`;
  try {
    const credentials = `${directory}/credentials.json`;
    await Deno.writeTextFile(credentials, JSON.stringify(session()), { mode: 0o600 });
    await Deno.writeTextFile(empty, "");
    const env = { FIEF_CREDENTIALS: credentials };
    const run = ["run", "-q", "--no-prompt", ...knownFlags() ?? []];
    const commands = ROWS.map((
      { args },
    ) => [...run, ...permissions(args[0]!, credentials), `${ROOT}/main.ts`, ...args]);
    for (const args of [[...run, empty], ...commands]) await time(args, env); // fills Deno's caches
    const ratios = ROWS.map((): number[] => []);
    for (let i = 0; i < rounds; i++) {
      const base = await time([...run, empty], env);
      for (const [row, args] of commands.entries()) ratios[row]!.push(await time(args, env) / base);
    }
    console.log(`Times an empty program, median of ${rounds} rounds:`);
    for (const [row, { args, limit }] of ROWS.entries()) {
      const ratio = median(ratios[row]!);
      const promise = limit === undefined ? "" : `  (at most ${limit})`;
      console.log(`${args.join(" ").padEnd(16)} ${ratio.toFixed(2)}${promise}`);
      if (limit !== undefined && ratio > limit) Deno.exitCode = 1;
    }
  } finally {
    await Deno.remove(empty).catch(() => {});
    await Deno.remove(directory, { recursive: true });
  }
}

/** The exact flags for a command that asks no server. */
function permissions(command: string, credentialsPath: string): string[] {
  const sources = [`${ROOT}/lib`];
  return denoFlags({
    command,
    credentialsPath,
    baseUrl: undefined,
    sources,
    environmentPrefix: "FIEF",
    os: Deno.build.os,
  });
}

/** Milliseconds that a run of Deno takes, from start to end. */
async function time(args: string[], env: Record<string, string>): Promise<number> {
  const command = new Deno.Command(Deno.execPath(), { args, env, stdin: "null", stdout: "null", stderr: "piped" });
  const started = performance.now();
  const { success, stderr } = await command.output();
  const taken = performance.now() - started;
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return taken;
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

/** A session whose token is good for a long time. */
function session(): unknown {
  const [base_url, client_id] = ["https://example.fief.dev", "cli"];
  return {
    userinfo: { sub: "anne", email: "anne@example.com" },
    tokens: {
      access_token: "x".repeat(900),
      id_token: "y".repeat(900),
      token_type: "bearer",
      expires_in: 86_400,
      refresh_token: "z".repeat(43),
    },
    fief_auth: {
      version: 1,
      base_url,
      client_id,
      issuer: base_url,
      token_endpoint: `${base_url}/api/token`,
      expires_at: Math.floor(Date.now() / 1000) + 86_400,
    },
  };
}
