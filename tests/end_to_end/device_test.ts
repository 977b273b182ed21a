// `login` by a code that is entered elsewhere: the real CLI as a process with exact permissions, at a real provider.
import { assert, assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import { denoFlags } from "../../lib/cli/permissions.ts";
import { enterCodeAt, signInAt } from "../support/browser.ts";
import type { CliSetup, RunningCli } from "../support/cli.ts";
import { type CliSession, startCliSession } from "../support/cli_session.ts";
import { startFakeProvider } from "../support/fake_provider.ts";
import { SecretHunt } from "../support/hunt.ts";

const DEVICE = { device: { interval: 0.1 } };
const FACTS: Partial<CliSetup> = { facts: { device: true } };

function login(session: CliSession, ...more: string[]): string[] {
  return ["login", "--base-url", session.provider.issuer, "--client-id", "cli", ...more];
}

/** The address and the code, as a person reads them. */
async function codeOf(running: RunningCli): Promise<{ url: string; userCode: string }> {
  const [, url] = await running.stderrMatch(/^(http:\S+\/device)$/m);
  const [, userCode] = await running.stderrMatch(/^Your code, good for 10 minutes:\n\n(\S+)\n/m);
  return { url: url!, userCode: userCode! };
}

async function enter(running: RunningCli, options: { deny?: boolean } = {}) {
  const { url, userCode } = await codeOf(running);
  return await enterCodeAt(url, userCode, "anne@example.com", options);
}

Deno.test("login --device shows address, code and server, and signs in without a port and without a program", async () => {
  await using session = await startCliSession(DEVICE);
  const running = session.start(login(session, "--device", "--api-origin", session.api.origin), FACTS);
  const [result] = await Promise.all([running.result(), enter(running)]);
  assertEquals([result.status, result.stdout], [0, "Signed in as anne@example.com\n"], result.stderr);
  assertStringIncludes(result.stderr, `To sign in at ${new URL(session.provider.issuer).host}, open this address`);
  assertMatch(result.stderr, /^http:\/\/localhost:\d+\/device\?user_code=[A-Z]{4}-[A-Z]{4}$/m);
  assertStringIncludes(result.stderr, "Waiting for you in the browser\n");
  assertFalse(/\p{Cc}/u.test(result.stderr.replaceAll("\n", "")), "no drawing where there is no terminal");
  assertEquals((await session.run(["hello"])).stdout, "Hello, anne@example.com\n");
  const api = await session.run(["call-api", session.api.origin]);
  assertEquals([api.status, api.stdout], [0, "castles"]);
  assertEquals((await session.run(["logout"])).status, 0);
});

Deno.test("the flags of login --device hold no port to listen at, no program, and no variable about browsers", () => {
  const facts = {
    command: "login",
    credentialsPath: "/home/anne/credentials.json",
    baseUrl: "https://example.fief.dev",
    redirectUris: ["http://localhost:51562/callback"],
    browsers: ["xdg-open"],
    environmentPrefix: "FIEF",
    os: "linux",
  } as const;
  const flags = denoFlags({
    ...facts,
    redirectUris: [...facts.redirectUris],
    browsers: [...facts.browsers],
    device: true,
  });
  const net = flags.find((flag) => flag.startsWith("--allow-net"));
  assertEquals(net, "--allow-net=example.fief.dev:443");
  assertEquals(flags.filter((flag) => flag.startsWith("--allow-run")), []);
  for (const name of ["BROWSER", "DISPLAY", "SSH_CONNECTION", "USER"]) assertFalse(flags.join().includes(name), name);
  // The directory is made where it is missing, as by any sign-in.
  assert(flags.some((flag) => flag.startsWith("--allow-write=") && flag.endsWith("/home/anne")));
});

Deno.test("login signs in by a code by itself where no browser can open, and says why", async () => {
  await using session = await startCliSession(DEVICE);
  const running = session.start(login(session));
  const [result] = await Promise.all([running.result(), enter(running)]);
  assertEquals(result.status, 0, result.stderr);
  assertStringIncludes(result.stderr, "on any device (there is no display):");
});

Deno.test("over SSH login signs in by a code, and says so", async () => {
  await using session = await startCliSession(DEVICE);
  const env = { SSH_CONNECTION: "192.0.2.1 4711 192.0.2.2 22", USER: "anne" };
  const running = session.start(login(session), { env });
  const [result] = await Promise.all([running.result(), enter(running)]);
  assertEquals(result.status, 0, result.stderr);
  assertStringIncludes(result.stderr, "(this is an SSH session without a display)");
  assertFalse(result.stderr.includes("ssh -N"));
});

Deno.test("over SSH, at a server without codes, login prints the address and the ssh line with the port that listens", async () => {
  await using session = await startCliSession();
  const env = { SSH_CONNECTION: "192.0.2.1 4711 192.0.2.2 2222", USER: "anne" };
  const running = session.start(login(session), { env });
  const url = await running.authorizationUrl();
  const port = new URL(new URL(url).searchParams.get("redirect_uri")!).port;
  const [result] = await Promise.all([running.result(), signInAt(url, "anne@example.com")]);
  assertEquals(result.status, 0, result.stderr);
  assertStringIncludes(result.stderr, `ssh -N -L ${port}:localhost:${port} -p 2222 anne@192.0.2.2\n`);
});

Deno.test("login --no-browser prints the address also where the server offers codes", async () => {
  await using session = await startCliSession(DEVICE);
  const { status, stderr } = await session.signIn();
  assertEquals([status, session.provider.requestsTo("/device/auth")], [0, 0], stderr);
});

Deno.test("login --device ends with status 4 when the user denies, when the code expires, and after --timeout; no file is left", async () => {
  await using session = await startCliSession(DEVICE);
  const denied = session.start(login(session, "--device"), FACTS);
  const [result] = await Promise.all([denied.result(), enter(denied, { deny: true })]);
  assertEquals([result.status, result.stdout], [4, ""]);
  assertStringIncludes(result.stderr, "fief-auth: The sign-in was denied\nTry again with: fief-auth login\n");

  const late = await session.run(login(session, "--device", "--timeout", "0.3"), FACTS);
  assertEquals(late.status, 4);
  assertMatch(late.stderr, /^fief-auth: Nobody signed in within 0 s$/m);

  await using brief = await startCliSession({ device: { interval: 0.1, lifetime: 1 } });
  const expired = await brief.run(login(brief, "--device"), FACTS);
  assertEquals(expired.status, 4);
  assertStringIncludes(expired.stderr, "fief-auth: Nobody signed in before the code expired\n");
  for (const { directory } of [session, brief]) {
    assertEquals(
      [...Deno.readDirSync(directory)].map(({ name }) => name).filter((name) => !name.endsWith(".lock")),
      [],
    );
  }
});

Deno.test("login --device ends with status 130 at Ctrl-C and 143 at SIGTERM, between two questions", async () => {
  await using session = await startCliSession({ device: { interval: 60 } });
  for (const [signal, status] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    const running = session.start(login(session, "--device"), FACTS);
    await running.untilStderr("Waiting for you in the browser");
    running.kill(signal);
    const result = await running.result();
    assertEquals([result.status, result.stdout], [status, ""]);
  }
});

Deno.test("login --device --json tells a program the code in one line, and people nothing twice", async () => {
  await using session = await startCliSession(DEVICE);
  const running = session.start(login(session, "--device", "--json"), FACTS);
  const [line] = await running.stderrMatch(/^\{"device_authorization".*\}\}$/m);
  const { device_authorization: told } = JSON.parse(line);
  assertEquals(told, {
    server: new URL(session.provider.issuer).host,
    user_code: told.user_code,
    verification_uri: `${session.provider.issuer}/device`,
    verification_uri_complete: `${session.provider.issuer}/device?user_code=${told.user_code}`,
    expires_in: 600,
  });
  assertMatch(told.user_code, /^[A-Z]{4}-[A-Z]{4}$/);
  const [result] = await Promise.all([
    running.result(),
    enterCodeAt(told.verification_uri_complete, undefined, "anne@example.com"),
  ]);
  assertEquals(result.status, 0);
  assertEquals(JSON.parse(result.stdout).user.email, "anne@example.com");
  assertFalse(result.stderr.includes("Your code"));
});

Deno.test("login --device --quiet shows address and code all the same", async () => {
  await using session = await startCliSession(DEVICE);
  const running = session.start(login(session, "--device", "--quiet"), FACTS);
  const [result] = await Promise.all([running.result(), enter(running)]);
  assertEquals(result.status, 0);
  assertFalse(result.stderr.includes("Waiting"));
});

Deno.test("login --device at a server without codes says what to do, with status 4; with --browser it is wrong usage", async () => {
  await using session = await startCliSession();
  const { status, stdout, stderr } = await session.run(login(session, "--device"), FACTS);
  assertEquals([status, stdout, stderr], [
    4,
    "",
    "fief-auth: A sign-in by code is not possible: the server does not offer it\n" +
    "Sign in with: fief-auth login --no-browser, or have the device authorization grant allowed on the server\n",
  ]);
  const both = await session.run(login(session, "--device", "--browser", "firefox"), FACTS);
  assertEquals(both.status, 2);
  assertStringIncludes(both.stderr, "--device and --browser exclude each other");
});

Deno.test("the device code is shown nowhere, not with --debug and not by a failure; nor are the tokens", async () => {
  const hunt = new SecretHunt();
  const failures = ["slow_down_please", "invalid_grant", "access_denied", "expired_token", "html", "tokens"];
  for (const failure of failures) {
    const deviceCode = `${crypto.randomUUID()}+/=${crypto.randomUUID()}`;
    const accessToken = crypto.randomUUID() + crypto.randomUUID();
    hunt.know("device code", deviceCode);
    hunt.know("access token", accessToken);
    await using provider = startFakeProvider({
      device: (_, issuer) =>
        Response.json({
          device_code: deviceCode,
          user_code: "AB-CD",
          verification_uri: `${issuer}/enter`,
          expires_in: 60,
          interval: 0.05,
        }),
      token: (parameters) => {
        hunt.know("code verifier", parameters.get("code_verifier")!);
        if (failure === "html") return new Response(`<!doctype html>${parameters}`, { status: 400 });
        if (failure === "tokens") {
          return Response.json({ access_token: accessToken, id_token: deviceCode, token_type: "Bearer" });
        }
        return Response.json({ error: failure, error_description: parameters.toString() }, { status: 400 });
      },
    });
    await using session = await startCliSession();
    const { status, stdout, stderr } = await session.run(
      ["login", "--device", "--debug", "--base-url", provider.issuer, "--client-id", "cli"],
      { ...FACTS, providerOrigin: provider.issuer },
    );
    assert(status === 4 || status === 5, `${failure}: ${status} ${stderr}`);
    assertStringIncludes(stderr, "POST ");
    hunt.look(`${failure}: standard output`, stdout);
    hunt.look(`${failure}: standard error`, stderr);
  }
  assertEquals([hunt.known("device code"), hunt.known("code verifier")], [failures.length, failures.length]);
  assertEquals(hunt.hunt(), []);
});
