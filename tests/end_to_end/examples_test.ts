// The examples run as their readers would run them.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { signInAt } from "../support/browser.ts";
import { denoRunFlags } from "../support/cli.ts";
import { startCliSession } from "../support/cli_session.ts";

const EXAMPLES = decodeURIComponent(new URL("../../examples/", import.meta.url).pathname);

function run(example: string, args: string[], env: Record<string, string>): Deno.ChildProcess {
  const flags = denoRunFlags().filter((flag) => !flag.startsWith("--allow"));
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-q",
      "--no-prompt",
      ...flags,
      "--allow-env",
      "--allow-net=localhost,127.0.0.1,[::1]",
      "--allow-read",
      "--allow-write",
      `${EXAMPLES}${example}`,
      ...args,
    ],
    env,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function result(child: Deno.ChildProcess): Promise<{ status: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await child.output();
  return { status: code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

Deno.test("acme.ts is a CLI with its own name, commands, variables, hints and help, and its server built in", async () => {
  await using session = await startCliSession(
    {},
    (request) =>
      Response.json([
        request.headers.get("authorization")?.slice(0, 7),
        new URL(request.url).searchParams.get("region"),
      ]),
  );
  const env = {
    ACME_SERVER: session.provider.issuer,
    ACME_API: session.api.origin,
    ACME_CREDENTIALS: session.credentials,
    FIEF_BASE_URL: "https://other.example",
    ACME_BASE_URL: "https://other.example",
  };
  const before = await result(run("acme.ts", ["castles"], env));
  assertEquals(before, { status: 3, stdout: "", stderr: "acme: Not signed in\nSign in with: acme login\n" });
  await session.signIn();
  const castles = await result(run("acme.ts", ["castles", "--region", "Loire"], env));
  assertEquals(castles, { status: 0, stdout: "Bearer \nLoire\n", stderr: "" });
  assertEquals((await result(run("acme.ts", ["castles", "--json"], env))).stdout, '{"castles":["Bearer ",null]}\n');
  assertMatch(
    (await result(run("acme.ts", ["--version"], env))).stdout,
    /^acme 1\.0\.0 \(fief-auth \d+\.\d+\.\d+, Deno /,
  );
  const help = (await result(run("acme.ts", ["help"], env))).stdout;
  for (const text of ["acme login", "castles", "ACME_CREDENTIALS"]) assertStringIncludes(help, text);
  assertEquals(/fief|--base-url|ACME_BASE_URL/i.test(help), false, help);
  const override = await result(run("acme.ts", ["login", "--base-url", "https://other.example"], env));
  assertEquals(override.status, 2);
  assertStringIncludes(override.stderr, 'There is no option "--base-url"');
});

Deno.test("app.ts is the example of Fief's documentation: login, hello, call-api", async () => {
  await using session = await startCliSession();
  const env = {
    FIEF_BASE_URL: session.provider.issuer,
    FIEF_CLIENT_ID: "cli",
    FIEF_CREDENTIALS: session.credentials,
    CI: "true",
  };
  const before = await result(run("app.ts", ["hello"], env));
  assertEquals([before.status, before.stderr], [1, "You are not authenticated: run login first\n"]);
  using _port = await freePort(51562);
  let login = await signIn(env);
  // Any program's connection may have this port for a while: the system gives it out.
  for (const until = performance.now() + 60_000; /^Another program listens/m.test(login.seen);) {
    if (performance.now() > until) break;
    await new Promise((resolve) => setTimeout(resolve, 500));
    login = await signIn(env);
  }
  assertEquals([login.stdout, login.status], ["Signed in as anne@example.com\n", 0], login.seen);
  assertEquals((await result(run("app.ts", ["hello"], env))).stdout, "Hello, anne@example.com\n");
  assertStringIncludes((await result(run("app.ts", ["call-api", session.api.origin], env))).stdout, "200 castles");
});

/** Signs in with app.ts, and in the browser. */
async function signIn(env: Record<string, string>): Promise<{ status: number; stdout: string; seen: string }> {
  const login = run("app.ts", ["login"], env);
  const text = new TextDecoderStream();
  const stderr = login.stderr.pipeThrough(text as unknown as TransformStream<Uint8Array, string>);
  let seen = "";
  for await (const chunk of stderr) {
    seen += chunk;
    const url = seen.match(/^(http:\/\/\S+)\n/m)?.[1];
    if (url === undefined) continue;
    void signInAt(url, "anne@example.com");
    break;
  }
  const stdout = await new Response(login.stdout).text();
  return { status: (await login.status).code, stdout, seen };
}

/** app.ts uses the port of Fief's documentation: tests that do wait for each other here. */
async function freePort(port: number): Promise<Disposable> {
  const lock = await Deno.open(`/tmp/fief-auth-port-${port}.lock`, { create: true, write: true });
  await lock.lock(true);
  return { [Symbol.dispose]: () => lock.close() };
}
