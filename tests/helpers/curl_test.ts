// curl itself with what `credential curl`, `token --header` and `exec` give it.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { cliCommand } from "../support/cli.ts";
import { type CliSession, startCliSession } from "../support/cli_session.ts";
import { quoted, requireProgram, runScript } from "../support/helpers/programs.ts";
import { serve } from "../support/server.ts";

await requireProgram("curl", "--version");

/** A script that calls the CLI by its name. */
function script(session: CliSession, lines: string, args: string[], env: Record<string, string> = {}) {
  const command = cliCommand(args, {
    credentials: session.credentials,
    providerOrigin: session.provider.issuer,
    facts: { program: "sh" },
  });
  const program = command.slice(0, command.length - args.length);
  return runScript(`set -o pipefail\nfief-auth() { ${quoted(program)} "$@"; }\n${lines}`, session, env);
}

Deno.test("curl sends the token in each of the ways that are documented", async () => {
  await using session = await startCliSession();
  await session.signIn();
  const url = `${session.api.origin}/castles`;
  const ways: [line: string, args: string[]][] = [
    [`fief-auth credential curl ${url} | curl -s --config - ${url}`, ["credential", "curl", url]],
    [`fief-auth token --header | curl -s -H @- ${url}`, ["token", "--header"]],
    [`curl -s --config <(fief-auth credential curl ${url}) -d @- ${url} <<< '{"name":"Chambord"}'`, [
      "credential",
      "curl",
      url,
    ]],
    [
      `fief-auth exec -- sh -c 'printf "header = \\"Authorization: Bearer $FIEF_ACCESS_TOKEN\\"" | curl -s -K - ${url}'`,
      ["exec", "sh"],
    ],
  ];
  for (const [line, args] of ways) {
    const { status, stdout, stderr } = await script(session, line, args);
    assertEquals([line, status, stdout, stderr], [line, 0, "castles", ""]);
  }
  const bearer = `Bearer ${(await session.run(["token"])).stdout.trim()}`;
  assertEquals(session.api.requests.map(({ headers }) => headers.get("authorization")), Array(4).fill(bearer));
});

Deno.test("curl sends a token with quotes and backslashes as it is", async () => {
  await using session = await startCliSession();
  const token = String.raw`a"b\n\\c#'d"e`;
  const env = { FIEF_ACCESS_TOKEN: token, FIEF_BASE_URL: session.api.origin, FIEF_CLIENT_ID: "cli" };
  const { origin } = session.api;
  const line = `fief-auth credential curl ${origin} | curl -s --config - ${origin}`;
  assertEquals((await script(session, line, ["credential", "curl", origin], env)).stdout, "castles");
  assertEquals(session.api.requests[0]!.headers.get("authorization"), `Bearer ${token}`);
});

Deno.test("curl gets nothing for a URL that nobody named, and sends nothing", async () => {
  await using session = await startCliSession();
  await session.signIn();
  await using other = serve(() => new Response("other"));
  const line = `fief-auth credential curl ${other.origin} | curl -s --config - ${other.origin}`;
  const { status, stderr } = await script(session, line, ["credential", "curl", other.origin]);
  assertEquals(status, 2); // by pipefail
  assertStringIncludes(stderr, `--api-origin ${other.origin}`);
  assertEquals(other.requests.map(({ headers }) => headers.get("authorization")), [null]);
});

Deno.test("curl takes the header along no redirect to another server", async () => {
  await using other = serve(() => new Response("other"));
  await using session = await startCliSession(
    {},
    () => new Response(null, { status: 302, headers: { location: other.origin } }),
  );
  await session.signIn();
  const { origin } = session.api;
  const line = `fief-auth credential curl ${origin} | curl -s -L --config - ${origin}`;
  assertEquals((await script(session, line, ["credential", "curl", origin])).stdout, "other");
  assertEquals(other.requests.map(({ headers }) => headers.get("authorization")), [null]);
});
