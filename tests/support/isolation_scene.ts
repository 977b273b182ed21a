// A provider, and the program with all of its npm packages taken over: what they have tried, and what came of it.
import { assert, assertEquals } from "@std/assert";
import { type CliResult, type CliSetup, type RunningCli, startCli } from "./cli.ts";
import { temporaryDirectory } from "./directory.ts";
import { fakeMetadata, type FakeProvider, sign, startFakeProvider } from "./fake_provider.ts";
import type { Loot, Report } from "./hostile_module.ts";

/** A provider, and a program all of whose npm packages have been taken over. */
export interface IsolationScene extends AsyncDisposable {
  provider: FakeProvider;
  credentials: string;
  planted: string;
  /** How often somebody came to the listener that nobody should come to. */
  visits(): number;
  /** What the hostile modules have told since the last time. */
  reports(): Report[];
  start(args: string[], program?: string): RunningCli;
  run(args: string[], program?: string): Promise<CliResult>;
  signIn(args?: string[], program?: string): Promise<CliResult>;
}

/**
 * Starts it.
 *
 * @param takeOver Puts hostile modules in the place of the packages, and gives what the program is started with.
 */
export async function startIsolationScene(
  takeOver: (directory: string, loot: Loot) => Promise<Partial<CliSetup>>,
): Promise<IsolationScene> {
  const directory = await temporaryDirectory();
  const credentials = `${directory.path}/credentials.json`;
  const planted = `${directory.path}/planted`;
  let reports: Report[] = [];
  let visits = 0;
  let nonce: string | null = null;
  const listener = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    visits++;
    return new Response("export default 1", { headers: { "content-type": "text/javascript" } });
  });
  const provider = startFakeProvider({
    metadata: (issuer) =>
      Response.json({
        ...fakeMetadata(issuer),
        revocation_endpoint: `${issuer}/revoke`,
        device_authorization_endpoint: `${issuer}/device`,
      }),
    other: async (request) => {
      const { pathname, searchParams } = new URL(request.url);
      if (pathname === "/stolen") {
        reports.push(await request.json());
        return new Response(null, { status: 204 });
      }
      if (!searchParams.has("redirect_uri")) return new Response("Not here", { status: 404 });
      const back = new URLSearchParams({ code: "a-code", state: searchParams.get("state")! });
      return new Response(null, { status: 302, headers: { location: `${searchParams.get("redirect_uri")}?${back}` } });
    },
    token: async (parameters, issuer) => {
      const now = Math.floor(Date.now() / 1000);
      const given = parameters.get("grant_type") === "authorization_code" ? nonce : undefined; // the throwaway question has another one
      const claims = { iss: issuer, sub: "anne", email: "anne@example.com", aud: "cli", exp: now + 3600, iat: now };
      const id_token = await sign({ ...claims, nonce: given ?? undefined });
      const tokens = { access_token: `a-${crypto.randomUUID()}`, refresh_token: `r-${crypto.randomUUID()}`, id_token };
      return Response.json({ ...tokens, token_type: "Bearer", expires_in: 3600 });
    },
    device: (_parameters, issuer) =>
      Response.json({
        device_code: "d",
        user_code: "ABCD",
        verification_uri: `${issuer}/activate`,
        expires_in: 60,
        interval: 1,
      }),
    userinfo: () => Response.json({ sub: "anne", email: "anne@example.com" }),
    revocation: () => new Response(null),
  });
  const elsewhere = `${directory.path}/elsewhere.mjs`;
  await Deno.writeTextFile(elsewhere, "export default 1; globalThis.postMessage?.(1);");
  const json = `${directory.path}/elsewhere.json`;
  await Deno.writeTextFile(json, '{"secret":1}');
  const setup = await takeOver(directory.path, {
    provider: provider.issuer,
    credentials,
    home: directory.path,
    port: listener.addr.port,
    planted,
    elsewhere,
    json,
  });
  const start = (args: string[], program?: string) =>
    startCli(args, {
      credentials,
      env: { FIEF_SECRET: "s3cret" },
      ...setup,
      ...program === undefined ? {} : { program },
    });
  const run = (args: string[], program?: string) => start(args, program).result();
  return {
    provider,
    credentials,
    planted,
    visits: () => visits,
    reports: () => {
      const told = reports;
      reports = [];
      return told;
    },
    start,
    run,
    signIn: async (args = [], program) => {
      const server = ["--base-url", provider.issuer, "--client-id", "cli"];
      const running = start(["login", "--no-browser", ...server, ...args], program);
      const url = await running.authorizationUrl().catch(() => undefined);
      nonce = url === undefined ? null : new URL(url).searchParams.get("nonce");
      if (url !== undefined) await fetch(url).then((page) => page.body?.cancel(), () => {}); // where it fails, its result says why
      return await running.result();
    },
    async [Symbol.asyncDispose]() {
      await provider[Symbol.asyncDispose]();
      await listener.shutdown();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** Asserts that these have tried, in the Worker, and that nothing has come of it. */
export function assertRefused(scene: IsolationScene, result: CliResult, expected: string[]): void {
  assertEquals(result.status, 0, result.stderr);
  const reports = scene.reports();
  const met = new Set(reports.map(({ name, when }) => `${name} ${when}`));
  for (const each of expected) assert(met.has(each), `${each} is missing in ${[...met]}`);
  assertEquals(reports.filter(({ thread }) => thread !== "worker"), []);
  for (const { name, when, attempts } of reports) {
    assertEquals(attempts.length, ATTEMPTS);
    const successes = attempts.filter(({ succeeded }) => succeeded);
    assertEquals(successes, [], `${name} ${when}`);
  }
  assertEquals(scene.visits(), 0);
  assertEquals(
    [...Deno.readDirSync(scene.planted.replace(/\/[^/]*$/, ""))].filter(({ name }) => name.startsWith("planted")),
    [],
  );
  assert(!result.stderr.includes("hostile"), result.stderr);
}

/** At how many things a hostile module tries. */
const ATTEMPTS = 40;

/** What each package does as it is loaded. */
export const LOADED = ["jose loaded", "oauth4webapi loaded", "uqr loaded"];
