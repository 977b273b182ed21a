// A whole session on a real OpenID provider over real HTTP: sign in, say hello, get a token, call an API, let the token expire, sign out.
// The provider and the API run inside this process, the CLI as processes of its own with exact permissions.
//
//     deno task demo               a fetch with a cookie jar signs in
//     deno task demo --browser     you do, in your own browser
import { startCastles } from "../tests/support/castles.ts";
import { startCli } from "../tests/support/cli.ts";
import { temporaryDirectory } from "../tests/support/directory.ts";
import { startProvider } from "../tests/support/provider.ts";
import { signInAt } from "../tests/support/browser.ts";

const ACCESS_TOKEN_LIFETIME = 4; // seconds
const USER = "anne@example.com";
const withBrowser = Deno.args.includes("--browser");
const started = Date.now();

await using provider = await startProvider({ accessTokenLifetime: ACCESS_TOKEN_LIFETIME });
await using directory = await temporaryDirectory();
await using api = startCastles(provider.issuer);
const credentials = `${directory.path}/credentials.json`;
const cli = (...args: string[]) =>
  startCli(args, { credentials, providerOrigin: provider.issuer, apiOrigin: api.origin });

say(`An OpenID provider listens at ${provider.issuer}, an API at ${api.origin}.`);

say("\nSign in: the browser does the work, the terminal waits.");
const server = ["--base-url", provider.issuer, "--client-id", "cli", "--api-origin", api.origin];
await show(
  ["login", ...server, ...withBrowser ? [] : ["--no-browser"]],
  withBrowser ? undefined : (url) => signInAt(url, USER),
);

say("\nFrom now on no command asks anybody while the token is good.");
await show(["hello"]);
await show(["status"]);
const first = await secret(["token"]);
await show(["call-api", `${api.origin}/castles`]);

const before = provider.requestsTo(provider.tokenPath);
say(`\nThe access token lives ${ACCESS_TOKEN_LIFETIME} s. Wait until it is expired, then ask ten times at once.`);
await until(Date.now() + ACCESS_TOKEN_LIFETIME * 1000);
const tokens = await Promise.all(Array.from({ length: 10 }, () => secret(["token"], true)));
const distinct = new Set(tokens);
say(
  `  ten processes: ${distinct.size} new token, ${
    provider.requestsTo(provider.tokenPath) - before
  } refresh at the provider`,
);
await show(["call-api", `${api.origin}/castles`]);

say("\nSign out.");
await show(["logout"]);
const status = await show(["hello"], undefined, 3);

const kept = distinct.size === 1 && !distinct.has(first) && provider.requestsTo(provider.tokenPath) - before === 1 &&
  status === 3;
say(
  kept
    ? `\nAll as promised, in ${((Date.now() - started) / 1000).toFixed(1)} s.`
    : "\nThe demo did not go as promised.",
);
Deno.exitCode = kept ? 0 : 1;

/** Runs one command and shows it as a terminal would. */
async function show(args: string[], browser?: (url: string) => Promise<unknown>, expected = 0): Promise<number> {
  say(`  $ fief-auth ${args.join(" ")}`);
  const running = cli(...args);
  if (browser) await browser(await running.authorizationUrl());
  const { status, stdout, stderr } = await running.result();
  for (const line of `${stdout}${browser ? "" : stderr}`.trimEnd().split("\n")) say(`    ${line}`);
  if (status !== expected) {
    throw new Error(`"${args[0]}" ended with status ${status} in place of ${expected}: ${stderr}`);
  }
  return status;
}

/** A token is a secret: its length is all that is shown. */
async function secret(args: string[], quiet = false): Promise<string> {
  const { stdout } = await cli(...args).result();
  const token = stdout.trim();
  if (!quiet) say(`  $ fief-auth ${args.join(" ")}\n    (${token.length} characters of a secret)`);
  return token;
}

function until(moment: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, moment - Date.now() + 50));
}

function say(line: string): void {
  console.log(line);
}
