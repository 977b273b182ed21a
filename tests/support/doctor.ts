// `doctor` beside `login`: the same circumstances, real processes, exact permissions.
import { assert, assertEquals } from "@std/assert";
import { type CliResult, type CliSetup, runCli, startCli } from "./cli.ts";
import { temporaryDirectory } from "./directory.ts";
import { type FakeAnswers, fakeMetadata, type FakeProvider, sign, startFakeProvider } from "./fake_provider.ts";

/** One check, as `--json` has it. */
export interface Check {
  name: string;
  status: "ok" | "warning" | "failed" | "skipped";
  found: string;
  advice: string | null;
}

/** What `doctor --json` said. */
export interface Diagnosed extends CliResult {
  ok: boolean;
  checks: Check[];
}

/** A provider that signs anne in without asking, and a place for her session. */
export interface DoctorScene extends AsyncDisposable {
  readonly provider: FakeProvider;
  readonly directory: string;
  readonly credentials: string;
  /** Runs `doctor --json` with what it needs to know. */
  doctor(args?: string[], setup?: Partial<CliSetup>): Promise<Diagnosed>;
  /** Runs `login --no-browser` with the same, and goes on in the browser where it gets so far. */
  login(args?: string[], setup?: Partial<CliSetup>): Promise<CliResult>;
}

/** A redirect URI with any port. */
export const ANY_PORT = "http://localhost:0/callback";

/** Starts it; what `answers` leaves out is answered as a good provider would. */
export async function startDoctorScene(answers: FakeAnswers = {}): Promise<DoctorScene> {
  const directory = await temporaryDirectory();
  const credentials = `${directory.path}/credentials.json`;
  const provider = startFakeProvider({
    other: (request) => {
      const asked = new URL(request.url).searchParams;
      if (!asked.has("redirect_uri")) return new Response("Not here", { status: 404 });
      // Its own nonce is in each code: what asks beforehand whether client and redirect URI are taken has another one.
      const back = new URLSearchParams({ code: `a-${asked.get("nonce")}`, state: asked.get("state")! });
      return new Response(null, { status: 302, headers: { location: `${asked.get("redirect_uri")}?${back}` } });
    },
    token: async (parameters, issuer) => {
      const now = Math.floor(Date.now() / 1000);
      const claims = { iss: issuer, sub: "anne", email: "anne@example.com", aud: "cli", exp: now + 3600, iat: now };
      const id_token = await sign({ ...claims, nonce: parameters.get("code")?.slice(2) });
      return Response.json({ access_token: "a", refresh_token: "r", id_token, token_type: "Bearer", expires_in: 3600 });
    },
    ...answers,
  });
  const common: CliSetup = { credentials, providerOrigin: provider.issuer };
  // Only a login gets the directory by itself; whoever wants the disk looked at grants it.
  const disk = { moreFlags: [`--allow-read=${directory.path}`, `--allow-write=${directory.path}`] };
  const server = (args: string[]) => [
    ...args.includes("--base-url") ? [] : ["--base-url", provider.issuer],
    ...args.includes("--client-id") ? [] : ["--client-id", "cli"],
    ...args.includes("--redirect-uri") ? [] : ["--redirect-uri", ANY_PORT],
  ];
  return {
    provider,
    directory: directory.path,
    credentials,
    doctor: (args = [], setup = {}) => diagnose([...server(args), ...args], { ...common, ...disk, ...setup }),
    login: (args = [], setup = {}) => signIn([...server(args), ...args], { ...common, ...setup }),
    async [Symbol.asyncDispose]() {
      await provider[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** Runs `doctor --json`. */
export async function diagnose(args: string[], setup: CliSetup): Promise<Diagnosed> {
  const result = await runCli(["doctor", "--json", ...args], setup);
  assert(result.stdout !== "", `doctor said nothing: ${result.stderr}`);
  return { ...result, ...JSON.parse(result.stdout) as { ok: boolean; checks: Check[] } };
}

/** Runs `login --no-browser` to its end. */
export async function signIn(args: string[], setup: CliSetup): Promise<CliResult> {
  const running = startCli(["login", "--no-browser", ...args], setup);
  const url = await running.authorizationUrl().catch(() => undefined); // where it fails before, its result says why
  if (url !== undefined) await (await fetch(url)).body?.cancel();
  return await running.result();
}

/** Asserts that a check came to this; gives it. */
export function assertCheck(diagnosed: Diagnosed, name: string, status: Check["status"], found: string): Check {
  const checks = diagnosed.checks.filter((check) => check.name === name);
  const check = checks.find((check) => check.status === status && check.found.includes(found));
  assert(check !== undefined, `no ${name} is ${status} with "${found}": ${JSON.stringify(checks, null, 1)}`);
  assertEquals(check.advice !== null, status === "warning" || status === "failed");
  return check;
}

/** Asserts that doctor ends as login does, and says what login says. */
export function assertSameEnd(diagnosed: Diagnosed, login: CliResult, status: number): void {
  const failures = diagnosed.checks.filter((check) => check.status === "failed");
  assertEquals([diagnosed.status, login.status], [status, status], `${JSON.stringify(failures)}\n${login.stderr}`);
  assertEquals(diagnosed.ok, status === 0);
  assertEquals(failures.length > 0, status !== 0);
  if (status === 0) return;
  assert(failures.some(({ found }) => login.stderr.includes(found)), `${JSON.stringify(failures)}\n${login.stderr}`);
}

/** Metadata with changes. */
export function changedMetadata(changes: (issuer: string) => Record<string, unknown>): FakeAnswers {
  return { metadata: (issuer) => Response.json({ ...fakeMetadata(issuer), ...changes(issuer) }) };
}
