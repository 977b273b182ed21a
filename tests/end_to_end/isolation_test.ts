// No line of an npm package ever runs with access to a file, to a variable or to a program: all three of them are taken over here, and try.
import { assert, assertEquals } from "@std/assert";
import { type CliResult, type RunningCli, startCli } from "../support/cli.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { expire } from "../support/expire.ts";
import { fakeMetadata, type FakeProvider, sign, startFakeProvider } from "../support/fake_provider.ts";
import { type Report, writeHostileModules } from "../support/hostile_module.ts";

/** As the binary has them: whole classes. */
const WHOLE = ["--allow-env", "--allow-read", "--allow-write", "--allow-net", "--allow-run"];
/** Attempts that may come to nothing in the main thread too: what they reach for is not there, or was not granted. */
const FUTILE = [
  "read the credentials file",
  "open the credentials file for writing",
  "node:fs",
  "make a directory",
  "ask for a permission",
  "look up a name",
  "fetch from the same port by another name",
  "what Deno hides: its own operations",
  "load a module from the network",
];

interface Scene extends AsyncDisposable {
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

async function startScene(): Promise<Scene> {
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
  await Deno.writeTextFile(elsewhere, "export default 1;");
  const map = await writeHostileModules(directory.path, {
    provider: provider.issuer,
    credentials,
    home: directory.path,
    port: listener.addr.port,
    planted,
    elsewhere,
  });
  const start = (args: string[], program?: string) =>
    startCli(args, {
      credentials,
      flags: [...WHOLE, "--unstable-worker-options", "--no-check", "--no-lock"],
      importMap: map,
      env: { FIEF_SECRET: "s3cret" },
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
function assertRefused(scene: Scene, result: CliResult, expected: string[]): void {
  assertEquals(result.status, 0, result.stderr);
  const reports = scene.reports();
  const met = new Set(reports.map(({ name, when }) => `${name} ${when}`));
  for (const each of expected) assert(met.has(each), `${each} is missing in ${[...met]}`);
  assertEquals(reports.filter(({ thread }) => thread !== "worker"), []);
  for (const { name, when, attempts } of reports) {
    assert(attempts.length > 20);
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

const LOADED = ["jose loaded", "oauth4webapi loaded", "uqr loaded"];

Deno.test("packages that have been taken over reach no file, no variable, no program and no other address, whatever the command", async () => {
  await using scene = await startScene();
  const signedIn = await scene.signIn();
  assertRefused(scene, signedIn, [...LOADED, "jose called", "oauth4webapi called"]);
  assertEquals(signedIn.stdout, "Signed in as anne@example.com\n");

  for (
    const args of [["token"], ["token", "--json"], ["call-api", `${scene.provider.issuer}/userinfo`], [
      "hello",
      "--refresh",
    ]]
  ) {
    expire(scene.credentials);
    assertRefused(scene, await scene.run(args), [...LOADED, "oauth4webapi called"]);
  }
  assertRefused(scene, await scene.run(["doctor", "--redirect-uri", "http://localhost:0/callback"]), [
    ...LOADED,
    "jose called",
  ]);
  assertRefused(scene, await scene.run(["logout"]), [...LOADED, "oauth4webapi called"]);
  assertRefused(scene, await scene.run(["login", "--device"]), [...LOADED, "jose called", "oauth4webapi called"]);
});

Deno.test("commands that do not ask the server load no package at all", async () => {
  await using scene = await startScene();
  await scene.signIn();
  scene.reports();
  const commands = [
    ["token"],
    ["token", "--json"],
    ["hello"],
    ["whoami"],
    ["status"],
    ["profiles"],
    ["--version"],
    ["--help"],
    [
      "completions",
      "bash",
    ],
    ["exec", "--", "true"],
    ["credential", "curl", scene.provider.issuer],
  ];
  for (const args of commands) {
    const { status, stderr } = await scene.run(args);
    assertEquals([status, scene.reports()], [0, []], `${args}: ${stderr}`);
  }
});

Deno.test("the same packages get all of it where they are in the main thread: what refuses is the Worker", async () => {
  await using scene = await startScene();
  const program = `${scene.planted.replace(/\/[^/]*$/, "")}/unguarded.ts`;
  const entry = new URL("../../lib/cli/mod.ts", import.meta.url).href;
  await Deno.writeTextFile(
    program,
    `import { cli } from "${entry}";\nconst status = await cli({ name: "fief-auth" });\nconsole.error(({}).hostile);\nDeno.exit(status);\n`,
  );
  const { stderr } = await scene.signIn(["--redirect-uri", "http://localhost:0/callback"], program);
  const reports = scene.reports();
  assert(reports.length > 0, stderr);
  assert(stderr.includes("everywhere"), stderr); // its prototypes are those of the program
  for (const { thread, attempts } of reports) {
    assertEquals(thread, "main");
    const missed = attempts.filter(({ what, succeeded }) => !succeeded && !FUTILE.includes(what));
    assertEquals(missed, []);
  }
  assert(scene.visits() > 0);
});
