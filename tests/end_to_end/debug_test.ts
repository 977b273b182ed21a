// What --debug tells: what happened, in order, each line with its time; secrets as their length.
import { assert, assertEquals, assertFalse, assertMatch } from "@std/assert";
import { runCli } from "../support/cli.ts";
import { type SecretScene, startSecretScene } from "../support/secret_scene.ts";

/** The lines that debug tells, without their times, which never go back. */
function toldLines(stderr: string): string[] {
  const lines = [...stderr.matchAll(/^\[(\d+) ms\] (.*)$/gm)];
  const times = lines.map(([, time]) => Number(time));
  assertEquals(times, times.toSorted((a, b) => a - b));
  return lines.map(([, , line]) => line!);
}

/** Whether these lines are told, in this order; there may be others between them. */
function assertInOrder(stderr: string, patterns: RegExp[]): void {
  const lines = toldLines(stderr);
  let at = 0;
  for (const pattern of patterns) {
    const next = lines.findIndex((line, index) => index >= at && pattern.test(line));
    assert(next >= 0, `not told, or not in this order: ${pattern}\n${lines.join("\n")}`);
    at = next + 1;
  }
}

const FILE = String.raw`"\S+/credentials\.json"`;
const TOKENS = String
  .raw`access token \(\d+ characters\), refresh token \(\d+ characters\), ID token \(\d+ characters\)`;
const SESSION = new RegExp(
  String.raw`^session of user "anne", client "cli" at "http://127\.0\.0\.1:\d+": ${TOKENS}, -?\d+ s left$`,
);
const request = (what: string) => new RegExp(String.raw`^${what}: status \d+, \d+ bytes, \d+ ms$`);

function assertNoSecret({ hunt }: SecretScene): void {
  assertEquals(hunt.hunt(), []);
}

Deno.test("--debug tells of a login in order", async () => {
  await using scene = await startSecretScene();
  const browser = `${scene.directory}/browser`;
  await Deno.writeTextFile(browser, `#!/bin/sh\necho "$1" > ${scene.directory}/address\n`, { mode: 0o755 });
  const running = scene.start(scene.login("--debug", "--browser", browser), { facts: { browsers: [browser] } });
  await running.untilStderr("The browser is open");
  const address = (await Deno.readTextFile(`${scene.directory}/address`)).trim();
  const [{ status, stderr }] = await Promise.all([running.result(), scene.browse(address)]);
  assertEquals(status, 0);
  assertInOrder(stderr, [
    /^fief-auth \S+ \(Deno \S+, .*\): login$/,
    new RegExp(`^the credentials file is ${FILE}: from FIEF_CREDENTIALS$`),
    /^the base URL is "http:\/\/127\.0\.0\.1:\d+": from --base-url$/,
    /^the client id is "cli": from --client-id$/,
    new RegExp(`^read ${FILE}: no file$`),
    /^nobody is signed in$/,
    /^listening at http:\/\/localhost:\d+\/callback$/,
    request(String.raw`GET http://127\.0\.0\.1:\d+/\.well-known/openid-configuration`),
    /^opening the browser with "\S+\/browser"$/,
    /^"\S+\/browser" went well$/,
    /^the redirect came, with code, state$/,
    new RegExp(`^the lock "\\S+/credentials\\.json\\.lock" is taken$`),
    new RegExp(`^the draft "\\S+/credentials\\.json\\.tmp" is made$`),
    request(String.raw`POST http://127\.0\.0\.1:\d+/token`),
    /^the server's clock is -?\d s ahead of ours$/,
    new RegExp(`^the server gave: ${TOKENS}$`),
    new RegExp(`^saved ${FILE}: \\d+ characters$`),
  ]);
  assertNoSecret(scene);
});

Deno.test("--debug tells of a refresh in order, and why", async () => {
  await using scene = await startSecretScene();
  const cases: [expired: boolean, args: string[], why: RegExp][] = [
    [true, ["token"], /^a refresh is due: the access token is expired$/],
    [false, ["token", "--min-valid", "99999"], /^a refresh is due: the access token lives for \d+ s only$/],
  ];
  for (const [expired, args, why] of cases) {
    await scene.session({ expired });
    const { status, stderr } = await scene.run([...args, "--debug"]);
    assertEquals(status, 0);
    assertInOrder(stderr, [
      /: token$/,
      new RegExp(`^the credentials file is ${FILE}: from FIEF_CREDENTIALS$`),
      new RegExp(`^read ${FILE}: \\d+ characters$`),
      /^the base URL is "http:\/\/127\.0\.0\.1:\d+": from the credentials file$/,
      /^the client id is "cli": from the credentials file$/,
      new RegExp(`^read ${FILE}: \\d+ characters$`),
      SESSION,
      why,
      /^the lock "\S+" is taken$/,
      new RegExp(`^read ${FILE}: \\d+ characters$`),
      SESSION,
      /^the draft "\S+" is made$/,
      request(String.raw`POST http://127\.0\.0\.1:\d+/token`),
      /^the server's clock is -?\d s ahead of ours$/,
      new RegExp(`^the server gave: ${TOKENS}$`),
      new RegExp(`^saved ${FILE}: \\d+ characters$`),
    ]);
  }
  await scene.session();
  assertInOrder((await scene.run(["token", "--debug"])).stderr, [
    SESSION,
    /^the saved access token is good for \d+ s$/,
  ]);
  assertNoSecret(scene);
});

Deno.test("--debug tells that another process has refreshed", async () => {
  await using scene = await startSecretScene();
  await scene.session({ expired: true });
  const asked = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  scene.provider.faults.token = async () => {
    asked.resolve();
    await release.promise;
    return undefined;
  };
  const first = scene.start(["token", "--debug"]);
  await asked.promise;
  const second = scene.start(["token", "--debug"]);
  await second.untilStderr("waiting for the lock");
  release.resolve();
  const results = await Promise.all([first.result(), second.result()]);
  assertEquals(results.map(({ status }) => status), [0, 0]);
  assertEquals(results[0]!.stdout, results[1]!.stdout);
  assertInOrder(results[1]!.stderr, [
    SESSION,
    /^a refresh is due: the access token is expired$/,
    /^waiting for the lock "\S+\.lock"$/,
    new RegExp(`^adopted what another process has got: ${TOKENS}$`),
  ]);
  assertFalse(toldLines(results[1]!.stderr).some((line) => line.startsWith("POST")));
  assertEquals(scene.provider.requests, ["POST /token"]);
  assertNoSecret(scene);
});

Deno.test("--debug tells of a call in order: the refusal, the refresh, the second time", async () => {
  let count = 0;
  await using scene = await startSecretScene({}, () => new Response("x", { status: count++ === 0 ? 401 : 200 }));
  await scene.session();
  const { status, stderr } = await scene.run(["call-api", `${scene.api.origin}/a?key=hidden`, "--debug"]);
  assertEquals(status, 0);
  const call = (status: number) =>
    new RegExp(`^GET http://127\\.0\\.0\\.1:\\d+/a, with the token: status ${status}, \\d+ bytes, \\d+ ms$`);
  assertInOrder(stderr, [
    SESSION,
    /^the saved access token is good for \d+ s$/,
    call(401),
    /^a refresh is due: the API has refused the access token$/,
    /^the lock "\S+" is taken$/,
    request(String.raw`POST http://127\.0\.0\.1:\d+/token`),
    new RegExp(`^saved ${FILE}: \\d+ characters$`),
    call(200),
  ]);
  assertFalse(stderr.includes("hidden"));
  assertNoSecret(scene);
});

Deno.test("--debug tells of a logout in order", async () => {
  await using scene = await startSecretScene();
  await scene.session();
  const { stderr } = await scene.run(["logout", "--debug"]);
  assertInOrder(stderr, [
    /: logout$/,
    /^the lock "\S+" is taken$/,
    SESSION,
    /^the draft "\S+" is made$/,
    new RegExp(`^saved ${FILE}: \\d+ characters$`),
    request(String.raw`POST http://127\.0\.0\.1:\d+/revoke`),
    request(String.raw`POST http://127\.0\.0\.1:\d+/revoke`),
  ]);
  assertNoSecret(scene);
});

Deno.test("--debug writes to standard error only, and a JSON error stays the last line", async () => {
  await using scene = await startSecretScene({
    token: () => Response.json({ error: "invalid_grant" }, { status: 400 }),
  });
  await scene.session({ expired: true });
  const { status, stdout, stderr } = await scene.run(["token", "--debug", "--json"]);
  assertEquals([status, stdout], [3, ""]);
  const lines = stderr.trimEnd().split("\n");
  assertEquals(JSON.parse(lines.at(-1)!).error.code, "refresh_rejected");
  for (const line of lines.slice(0, -1)) assertMatch(line, /^\[\d+ ms\] \S/);
  assertInOrder(stderr, [/^failed: refresh_rejected, status 3$/, /^at /]);
});

Deno.test("--debug tells where each setting is from, and no password of a base URL", async () => {
  await using scene = await startSecretScene();
  const env = { FIEF_BASE_URL: "https://anne:s3cret@a.example/?key=s3cret", FIEF_CLIENT_ID: "c" };
  const { status, stderr } = await scene.run(["hello", "--debug", "--credentials", `${scene.directory}/none.json`], {
    env,
    flags: ["-A"],
  });
  assertEquals(status, 2);
  assertInOrder(stderr, [
    /^the credentials file is "\S+\/none\.json": from --credentials$/,
    /^the base URL is "\.\.\.@a\.example\/\?\.\.\.": from FIEF_BASE_URL$/,
    /^the client id is "c": from FIEF_CLIENT_ID$/,
  ]);
  assertFalse(stderr.includes("s3cret"));
  const token = await runCli(["token", "--debug"], {
    credentials: "/nonexistent",
    env: { FIEF_ACCESS_TOKEN: "s3cret" },
  });
  assertInOrder(token.stderr, [/^the access token \(6 characters\) is from the environment: no file is read$/]);
  assertFalse(token.stderr.includes("s3cret"));
});
