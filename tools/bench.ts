// Prints what a cached `token` costs to start, as a ratio to an empty program beside it with the same deno.json, lock and import map.
//
//     deno task bench [PAIRS]
//
// The two run in turn, and the ratio is taken pair by pair: so it holds where the machine's speed drifts.
import { denoFlags } from "../lib/cli/permissions.ts";
import { knownFlags } from "./find_std.ts";

/** What issue and README promise. */
const LIMIT = 1.35;
const ROOT = decodeURIComponent(new URL("..", import.meta.url).pathname);

if (import.meta.main) {
  const pairs = Number(Deno.args[0] ?? 60);
  const directory = await Deno.makeTempDir({ prefix: "fief-auth-bench-" });
  const empty = `${ROOT}empty_${crypto.randomUUID()}.ts`;
  try {
    const credentials = `${directory}/credentials.json`;
    await Deno.writeTextFile(credentials, JSON.stringify(session()), { mode: 0o600 });
    await Deno.writeTextFile(empty, "");
    const flags = knownFlags() ?? [];
    const facts = { command: "token", credentialsPath: credentials, baseUrl: undefined, sources: [`${ROOT}lib`] };
    const permissions = denoFlags({ ...facts, environmentPrefix: "FIEF", os: Deno.build.os });
    const token = [
      "run",
      "-q",
      "--no-prompt",
      ...flags,
      ...permissions,
      `${ROOT}main.ts`,
      "token",
      "--credentials",
      credentials,
    ];
    const nothing = ["run", "-q", "--no-prompt", ...flags, empty];
    await time(token);
    await time(nothing);
    const ratios: number[] = [];
    for (let i = 0; i < pairs; i++) ratios.push(await time(token) / await time(nothing));
    const ratio = median(ratios);
    console.log(
      `A cached token takes ${ratio.toFixed(2)} times an empty program (median of ${pairs} pairs; at most ${LIMIT})`,
    );
    if (ratio > LIMIT) Deno.exitCode = 1;
  } finally {
    await Deno.remove(empty).catch(() => {});
    await Deno.remove(directory, { recursive: true });
  }
}

/** Milliseconds that a run of Deno takes, from start to end. */
async function time(args: string[]): Promise<number> {
  const command = new Deno.Command(Deno.execPath(), { args, stdin: "null", stdout: "null", stderr: "piped" });
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
