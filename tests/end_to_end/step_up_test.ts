// An API that wants another sign-in (RFC 9470): what `call-api` tells, and that what it tells is safe to copy into a shell.
import { assert, assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import { signInAt } from "../support/browser.ts";
import { run } from "../support/child.ts";
import { runCli, startCli } from "../support/cli.ts";
import { startCliSession } from "../support/cli_session.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { NO_SERVER, saveSession } from "../support/saved_session.ts";
import { serve } from "../support/server.ts";
import { hasTerminal, inTerminal } from "../support/terminal.ts";

const TOKEN = "step-up-token-0123456789-abcdefghijklmnop";
const ERROR = 'error="insufficient_user_authentication"';

function challenge(rest: string): () => Response {
  const headers = { "www-authenticate": `Bearer ${ERROR}${rest}` };
  return () => new Response("stronger, please", { status: 401, headers });
}

/** What call-api tells of this challenge. */
async function told(
  rest: string,
  options: { scope?: string; apiOrigins?: string[]; args?: string[]; env?: Record<string, string>; flags?: string[] } =
    {},
) {
  await using directory = await temporaryDirectory();
  await using api = serve(challenge(rest));
  const credentials = `${directory.path}/credentials.json`;
  const { scope = "openid offline_access", apiOrigins = [] } = options;
  await saveSession(credentials, { accessToken: TOKEN, apiOrigins, scope });
  const args = ["call-api", api.origin, "--api-origin", api.origin, ...options.args ?? []];
  const setup = {
    credentials,
    providerOrigin: NO_SERVER,
    apiOrigin: api.origin,
    env: options.env ?? {},
    ...options.flags ? { flags: options.flags } : {},
  };
  const result = await runCli(args, setup);
  const line = result.stderr.match(/^ {2}(fief-auth .*)$/m)?.[1];
  return { ...result, line, credentials, requests: api.requests.length };
}

const lines: [name: string, rest: string, line: string, what: string][] = [
  ["a level", ', acr_values="gold"', "--param acr_values=gold", 'another sign-in: at the level "gold"'],
  ["levels", ', acr_values="urn:a:gold silver"', "--param 'acr_values=urn:a:gold silver'", '"urn:a:gold" or "silver"'],
  ["an age", ", max_age=300", "--param max_age=300", "another sign-in: at most 300 seconds ago"],
  [
    "both",
    ', acr_values=gold, max_age="1"',
    "--param acr_values=gold --param max_age=1",
    '"gold", at most 1 second ago',
  ],
  ["nothing", "", "--param prompt=login", "The API asks for another sign-in\n"],
  ["a scope", ', max_age=5, scope="castles:write"', "--scope castles:write --param max_age=5", "5 seconds"],
];
for (const [name, rest, options, what] of lines) {
  Deno.test(`call-api says how to sign in again when an API asks for ${name}`, async () => {
    const { status, stdout, stderr, line, requests } = await told(rest);
    assertEquals([status, stdout, line], [0, "stronger, please", `fief-auth login ${options}`]);
    assertStringIncludes(stderr, what);
    assertEquals(requests, 1); // no refresh would help
  });
}

Deno.test("call-api names what the session has now, and the file that it is in", async () => {
  const session = { scope: "openid castles:read offline_access a:b", apiOrigins: ["https://api.example.com"] };
  const all = "--scope castles:read --scope a:b --api-origin https://api.example.com --param max_age=5";
  assertEquals((await told(", max_age=5", session)).line, `fief-auth login ${all}`);
  await using directory = await temporaryDirectory();
  const other = `${directory.path}/an n's.json`;
  await saveSession(other, { accessToken: TOKEN, ...session });
  const { line, status } = await told(", max_age=5", { args: ["--credentials", other], flags: ["-A"] });
  assertEquals(status, 0);
  assertEquals(line, `fief-auth login --credentials '${other.replace("'", "'\\''")}' ${all}`);
});

Deno.test("call-api says what to do about a token of the environment", async () => {
  const { stderr, line } = await told(", acr_values=gold", {
    env: { FIEF_ACCESS_TOKEN: "from-ci", FIEF_BASE_URL: "https://fief.example.com" },
    args: [],
  });
  assertStringIncludes(stderr, "Set FIEF_ACCESS_TOKEN to a token of such a sign-in, or unset it");
  assertEquals(line, "fief-auth login --param acr_values=gold");
});

Deno.test("call-api --fail ends with 22 as before, --quiet tells nothing, and --json gives the challenge to programs", async () => {
  assertEquals((await told(", max_age=5", { args: ["--fail"] })).status, 22);
  assertEquals((await told(", max_age=5", { args: ["--quiet"] })).stderr, "");
  const { stdout } = await told(", max_age=5", { args: ["--json"] });
  assertEquals(JSON.parse(stdout).headers["www-authenticate"], `Bearer ${ERROR}, max_age=5`);
});

const hostile: string[] = [
  ', acr_values="$(touch MARK)"',
  ', acr_values="`touch MARK`"',
  ", acr_values=\"';touch MARK;'\"",
  ", acr_values=\"a'b'c\"",
  ', acr_values="a;touch MARK"',
  ', acr_values="a&&touch MARK" ',
  ', acr_values="a|touch MARK"',
  ', acr_values=">MARK"',
  ', acr_values="!!"',
  ', acr_values="--browser=touch"',
  ', acr_values="${IFS}*?[a]{b,c}~#"',
  ', acr_values="%0atouch%20MARK"',
  ', acr_values="\\"; touch MARK; \\""',
  ', acr_values="a\\\\"',
  ', max_age="1; touch MARK"',
  ', max_age="$(touch MARK)"',
  ', scope="$(touch MARK) \'; touch MARK"',
  ', acr_values="\u00e9\u00ff"',
  `, acr_values="${"a ".repeat(5000)}"`,
];
Deno.test("no part of what an API asks for is run by the shell that the line is copied into", async () => {
  await using directory = await temporaryDirectory();
  for (const each of hostile) {
    const rest = each.replaceAll("MARK", `${directory.path}/mark`);
    const { status, stderr, line } = await told(rest);
    assertEquals(status, 0);
    assert(line !== undefined, stderr);
    // deno-lint-ignore no-control-regex -- what a terminal would obey is what must not be there
    assertFalse(/[\x00-\x09\x0b-\x1f\x7f]/.test(stderr), stderr);
    // As the user's shell would see it, with a program of that name that tells its arguments.
    for (const shell of ["sh", "bash"]) {
      const { code, stdout } = await run([
        shell,
        "-c",
        `fief() { printf '%s\\n' "$@"; }; fief${line.slice("fief-auth".length)}`,
      ]);
      const words = stdout.trimEnd().split("\n");
      assertEquals([code, words[0]], [0, "login"], line);
      const rest = words.slice(1);
      assert(
        rest.every((word, index) => index % 2 === 0 ? /^--(param|scope)$/.test(word) : /^[\x20-\x7e]+$/.test(word)),
        stdout,
      );
    }
    assertEquals([...Deno.readDirSync(directory.path)], []);
  }
});

Deno.test({
  name: "the command line stays in one piece on a narrow terminal",
  ignore: !hasTerminal(),
  async fn() {
    await using directory = await temporaryDirectory();
    await using api = serve(challenge(', acr_values="urn:example:gold urn:example:silver", max_age=300'));
    const credentials = `${directory.path}/credentials.json`;
    await saveSession(credentials, { accessToken: TOKEN });
    const { cliCommand, cliEnvironment } = await import("../support/cli.ts");
    const setup = { credentials, providerOrigin: NO_SERVER, apiOrigin: api.origin };
    const command = cliCommand(["call-api", api.origin, "--api-origin", api.origin], setup);
    const terminal = inTerminal(command, cliEnvironment(setup), 40);
    assertEquals(await terminal.ended(), 0);
    const line = "fief-auth login --param 'acr_values=urn:example:gold urn:example:silver' --param max_age=300";
    assertStringIncludes(terminal.shown(), `\r\n  ${line}\r\n`);
  },
});

Deno.test("the command line that call-api prints signs in again with what the API has asked for", async () => {
  let asks = true;
  await using session = await startCliSession(
    {},
    () => asks ? challenge(', max_age=0, scope="castles:read"')() : new Response("castles"),
  );
  await session.signIn();
  const { stderr } = await session.run(["call-api", session.api.origin]);
  const line = stderr.match(/^ {2}fief-auth (login .*)$/m)![1]!;
  const words = (await run(["sh", "-c", `printf '%s\\n' ${line}`])).stdout.trimEnd().split("\n");
  const running = startCli([...words, "--no-browser"], {
    credentials: session.credentials,
    providerOrigin: session.provider.issuer,
  });
  const url = await running.authorizationUrl();
  const { searchParams } = new URL(url);
  assertEquals([searchParams.get("max_age"), searchParams.get("scope")?.includes("castles:read")], ["0", true]);
  const [{ status }] = await Promise.all([running.result(), signInAt(url, "anne@example.com")]);
  assertEquals(status, 0);
  asks = false;
  // The origin that was named before is named still.
  assertEquals((await session.run(["call-api", session.api.origin])).stdout, "castles");
});
