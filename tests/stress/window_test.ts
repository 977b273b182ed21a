// The one window that no client can close: the server has rotated the refresh token, and the process dies before it has saved the new one.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { startCli } from "../support/cli.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { expire } from "../support/expire.ts";
import { startFakeProvider } from "../support/fake_provider.ts";
import { figure, sized } from "../support/stress.ts";

/** A file with a session at this provider, whose access token has run out. */
async function saveSession(directory: string, issuer: string): Promise<string> {
  const path = `${directory}/credentials.json`;
  const record = { version: 1, base_url: issuer, client_id: "cli", issuer, token_endpoint: `${issuer}/token` };
  const tokens = { access_token: "old", id_token: null, token_type: "bearer", expires_in: 3600, refresh_token: "0" };
  const userinfo = { sub: "anne", email: "anne@example.com" };
  await Deno.writeTextFile(path, JSON.stringify({ userinfo, tokens, fief_auth: record }), { mode: 0o600 });
  expire(path);
  return path;
}

/** The next tokens; each refresh token counts one up, and only the last one is good. */
function rotating(answered: () => void = () => {}) {
  let last = 0;
  return (parameters: URLSearchParams): Response => {
    if (parameters.get("refresh_token") !== String(last)) {
      return Response.json({ error: "invalid_grant" }, { status: 400 });
    }
    last++;
    answered();
    return Response.json({
      access_token: `token-${last}`,
      refresh_token: String(last),
      token_type: "Bearer",
      expires_in: 3600,
    });
  };
}

Deno.test("who was killed between the server's answer and the file signs in again, and sees who they were", async () => {
  await using provider = startFakeProvider();
  await using directory = await temporaryDirectory();
  const credentials = await saveSession(directory.path, provider.issuer);
  const run = (command: string) => startCli([command], { credentials, providerOrigin: provider.issuer });
  const victim = run("token");
  provider.answers.token = rotating(() => victim.kill("SIGKILL"));
  assertEquals((await victim.result()).status, 137);

  const { status, stdout, stderr } = await run("token").result();
  assertEquals([status, stdout], [3, ""]);
  assertStringIncludes(stderr, "Sign in with: fief-auth login");
  const { userinfo, tokens } = JSON.parse(await Deno.readTextFile(credentials));
  assertEquals([userinfo.email, tokens], ["anne@example.com", null]);
  assertStringIncludes((await run("status").result()).stdout, "anne@example.com");
});

const rounds = sized(3, 50);
Deno.test(`the window between the server's answer and the file is short, in ${rounds} refreshes`, async () => {
  let answeredAt = 0;
  await using provider = startFakeProvider({ token: rotating(() => answeredAt = performance.now()) });
  await using directory = await temporaryDirectory();
  const credentials = await saveSession(directory.path, provider.issuer);
  const windows: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = (await Deno.stat(credentials)).ino;
    const running = startCli(["token"], { credentials, providerOrigin: provider.issuer });
    let over = false;
    const result = running.result().finally(() => over = true);
    while (!over && (await Deno.stat(credentials)).ino === before) await new Promise((resolve) => setTimeout(resolve));
    windows.push(performance.now() - answeredAt);
    assertEquals((await result).status, 0);
    expire(credentials);
  }
  windows.sort((a, b) => a - b);
  const [median, longest] = [windows[Math.floor(rounds / 2)]!, windows.at(-1)!];
  figure(
    "milliseconds from the server's answer to the saved file, median and longest",
    `${Math.round(median)} and ${Math.round(longest)}`,
  );
  assert(median < 1_000, `${median} ms`);
});
