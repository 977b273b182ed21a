// A branded CLI as a binary: its own server inside, its own name, variables and paths, and no host but its own.
import { assert, assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import { signInAt } from "../support/browser.ts";
import { startCliSession } from "../support/cli_session.ts";
import { compileCli, embeddedIn } from "../support/compiled.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { quietPort } from "../support/loopback.ts";
import { serve } from "../support/server.ts";

const ROOT = decodeURIComponent(new URL("../../", import.meta.url).pathname);

Deno.test("examples/acme.ts as a binary signs in, calls its API, and reaches no other host", async () => {
  await using session = await startCliSession({}, () => Response.json(["Chambord"]));
  await using directory = await temporaryDirectory();
  await using elsewhere = serve(() => new Response("elsewhere"));
  const output = `${directory.path}/acme`;
  // A program of somebody else, in a directory of its own: the example with a redirect URI whose port is free here.
  const uri = `http://localhost:${quietPort()}/callback`;
  const source = await Deno.readTextFile(`${ROOT}examples/acme.ts`);
  const app = `${directory.path}/somewhere/acme.ts`;
  await Deno.mkdir(`${directory.path}/somewhere`);
  await Deno.writeTextFile(app, source.replace('clientId: "cli",', `clientId: "cli", redirectUris: ["${uri}"],`));
  const server = { ACME_SERVER: session.provider.issuer, ACME_API: session.api.origin };
  const made = await compileCli(["--app", app, "--output", output], server);
  assertEquals([made.status, made.stderr], [0, ""]);

  const { permissions, contents } = await embeddedIn(output);
  const hosts = [session.provider.issuer, session.api.origin].map((each) => new URL(each).host);
  const port = new URL(uri).port;
  assertEquals(permissions["allow_net"], [...hosts, `127.0.0.1:${port}`, `[::1]:${port}`].sort());
  const variables = permissions["allow_env"] as string[];
  for (const name of ["ACME_API", "ACME_CREDENTIALS", "ACME_ACCESS_TOKEN"]) assert(variables.includes(name), name);
  assertEquals(variables.filter((name) => /FIEF|ACME_BASE_URL|ACME_CLIENT_ID/.test(name)), []);
  assertEquals(contents["main.js"]?.filter((path) => !path.startsWith("lib/")), ["app/acme.ts"]);

  const start = (...args: string[]) =>
    new Deno.Command(output, {
      args,
      clearEnv: true,
      env: { ...server, HOME: directory.path, PATH: Deno.env.get("PATH") ?? "" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await start(...args).output();
    return { status: code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
  };
  const help = await run("--help");
  assertEquals(help.status, 0);
  assertStringIncludes(help.stdout, "castles");
  assertFalse(/fief-auth|FIEF_/.test(help.stdout));
  const out = await run("castles");
  assertEquals([out.status, out.stderr], [3, "acme: Not signed in\nSign in with: acme login\n"]);

  const login = start("login", "--no-browser");
  const [said, heard] = login.stderr.tee();
  let url: string | undefined;
  let text = "";
  for await (const chunk of heard.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    url = text.match(/^(https?:\/\/\S+)\s*$/m)?.[1];
    if (url !== undefined) break;
  }
  assert(url !== undefined, text);
  await signInAt(url, "anne@example.com");
  await Promise.all([said.cancel(), login.stdout.cancel()]);
  assertEquals((await login.status).code, 0);
  const { mode } = await Deno.stat(`${directory.path}/.config/acme/credentials.json`);
  assertEquals(mode! & 0o777, 0o600);
  const castles = await run("castles");
  assertEquals([castles.status, castles.stdout], [0, "Chambord\n"]);

  const refused = await run("call-api", elsewhere.origin, "--api-origin", elsewhere.origin);
  assertEquals([refused.status, refused.stdout], [2, ""]);
  assertMatch(
    refused.stderr,
    /^acme: Deno does not allow net access to "\S+"\nWhat this program may do was fixed when it was compiled, without --allow-net=\S+\n$/,
  );
});
