// `doctor` on settings, permissions and what is on this machine, each beside a real `login` in the same circumstances.
import { assert, assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import { denoFlags } from "../../lib/cli/permissions.ts";
import { startCliSession } from "../support/cli_session.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { ANY_PORT, assertCheck, assertSameEnd, diagnose, signIn, startDoctorScene } from "../support/doctor.ts";
import { hasIPv6, quietPort } from "../support/loopback.ts";
import { hasTerminal, inTerminal } from "../support/terminal.ts";
import { BINARY, freeCommand, runCli, sourceTest } from "../support/cli.ts";

Deno.test("doctor ends with 0 where a sign-in works, sends no token and changes nothing", async () => {
  await using session = await startCliSession();
  const args = ["--base-url", session.provider.issuer, "--client-id", "cli", "--redirect-uri", ANY_PORT];
  await using tools = await temporaryDirectory();
  const browser = `${tools.path}/browser`;
  await Deno.writeTextFile(browser, "#!/bin/sh\n", { mode: 0o755 });
  const setup = {
    credentials: session.credentials,
    providerOrigin: session.provider.issuer,
    env: { BROWSER: browser },
    facts: { browsers: [browser] },
    moreFlags: [`--allow-read=${session.directory}`, `--allow-write=${session.directory}`],
  };
  const before = await diagnose(args, setup);
  assertEquals(before.status, 0, before.stdout);
  assertEquals([...Deno.readDirSync(session.directory)], []);
  assertEquals((await session.signIn()).status, 0);
  const [text, names] = [Deno.readTextFileSync(session.credentials), [...Deno.readDirSync(session.directory)]];
  const { mtime } = Deno.statSync(session.credentials);
  const after = await diagnose(["--redirect-uri", ANY_PORT], setup);
  assertEquals([after.status, after.stderr], [0, ""], after.stdout);
  assertEquals([...Deno.readDirSync(session.directory)], names);
  assertEquals(Deno.readTextFileSync(session.credentials), text);
  assertEquals(Deno.statSync(session.credentials).mtime, mtime);
  assertEquals(session.provider.requestsTo(session.provider.tokenPath), 1); // that of the sign-in
  assertEquals(session.provider.requestsTo("/api/userinfo"), 0);
  for (
    const [name, found] of [
      [
        "version",
        BINARY === undefined ? `Deno ${Deno.version.deno}, V8 ${Deno.version.v8}` : "fief-auth 0.1.0, Deno 2.",
      ],
      [
        "permissions",
        BINARY === undefined ? "all that login, token, logout and status need" : "compiled in: all files",
      ],
      ["settings", `credentials file "${session.credentials}": from FIEF_CREDENTIALS`],
      ["settings", `base URL "${session.provider.issuer}": from the credentials file`],
      ["settings", 'client id "cli": from the credentials file'],
      ["settings", `redirect URI "${ANY_PORT}": from --redirect-uri`],
      ["file", "anne@example.com is signed in"],
      ["file", "mode 0600, owner "],
      ["lock", "free"],
      ["proxy", "none is set"],
      ["DNS", "localhost is "],
      ["clock", "the server's"],
      ["metadata", `issuer "${session.provider.issuer}"`],
      ["metadata", "PKCE with S256 is announced"],
      ["metadata", "offered: revocation of tokens, end of the browser's session; not offered: sign-in by a code"],
      ["keys", "1 from the server, 1 to check signatures with: RS256"],
      ["port", hasIPv6() ? "is free on 127.0.0.1 and ::1" : "is free on 127.0.0.1"],
      ["redirect", 'the server takes client "cli"'],
    ] as const
  ) assertCheck(after, name, "ok", found);
  assertCheck(after, "TLS", "skipped", "plain http");
  if (Deno.build.os === "linux") assertCheck(after, "directory", "ok", "can be written to, and there is room");
});

const settings: [name: string, args: string[], env: Record<string, string>, status: number, found: string][] = [
  ["no server is known", [], {}, 2, "Not known: base URL of the server and client id"],
  ["no client is known", ["--base-url", "https://example.test"], {}, 2, "Not known: client id"],
  ["the base URL is on plain http", ["--base-url", "http://example.test", "--client-id", "cli"], {}, 2, "plain http"],
  [
    "the base URL holds a password",
    ["--base-url", "https://anne:secret-0123@example.test", "--client-id", "cli"],
    {},
    2,
    "holds a user name or a password",
  ],
  ["a file and a profile are named", ["--credentials", "x", "--profile", "y"], {}, 2, "Both --credentials and"],
  ["the profile has no name", ["--profile", "../x"], {}, 2, "is no name for a profile"],
  [
    "the encryption key is none",
    ["--base-url", "https://example.test", "--client-id", "cli"],
    { FIEF_ENCRYPTION_KEY: "secret-0123" },
    2,
    "key",
  ],
];
for (const [name, args, env, status, found] of settings) {
  Deno.test(`doctor says what login says where ${name}`, async () => {
    await using scene = await startDoctorScene();
    const own = { FIEF_CREDENTIALS: "", XDG_CONFIG_HOME: scene.directory, ...env };
    const setup = { credentials: scene.credentials, env: own, flags: ["-A"] };
    const diagnosed = await diagnose(args, setup);
    assertSameEnd(diagnosed, await signIn(args, setup), status);
    assertCheck(diagnosed, "settings", "failed", found);
    assertCheck(diagnosed, "metadata", "skipped", "the settings have to be right first");
    assertFalse(diagnosed.stdout.includes("secret-0123"));
  });
}

Deno.test("doctor names the port that is taken, and goes on where another redirect URI is left", async () => {
  await using scene = await startDoctorScene();
  for (const hostname of ["127.0.0.1", ...hasIPv6() ? ["::1"] : []]) {
    using other = Deno.listen({ hostname, port: 0 });
    const taken = `http://localhost:${(other.addr as Deno.NetAddr).port}/callback`;
    const one = { redirectUris: [taken] };
    const diagnosed = await scene.doctor(["--redirect-uri", taken], one);
    assertSameEnd(diagnosed, await scene.login(["--redirect-uri", taken], one), 4);
    assertCheck(diagnosed, "port", "failed", `Another program listens at "${taken}"`);
    const free = `http://localhost:${quietPort()}/callback`;
    const two = { redirectUris: [taken, free] };
    const args = ["--redirect-uri", taken, "--redirect-uri", free];
    const second = await scene.doctor(args, two);
    assertSameEnd(second, await scene.login(args, two), 0);
    assertCheck(second, "port", "warning", "(another redirect URI is used)");
    assertCheck(second, "port", "ok", `${free} is free`);
  }
});

Deno.test("doctor refuses what no redirect URI can be, as login does", async () => {
  await using scene = await startDoctorScene();
  for (const uri of ["https://example.test/callback", "nonsense"]) {
    const diagnosed = await scene.doctor(["--redirect-uri", uri]);
    assertSameEnd(diagnosed, await scene.login(["--redirect-uri", uri]), 2);
    assert(diagnosed.checks.some(({ name, status }) => name === "port" && status === "failed"));
  }
});

/** The exact flags, without some values. */
function flagsWithout(facts: Parameters<typeof denoFlags>[0], without: RegExp, server: string): string[] {
  return denoFlags(facts).flatMap((flag) => {
    const [, kind, list] = flag.match(/^--allow-(\w+)=(.*)$/s)!;
    const values = list!.split(",").filter((value) => !without.test(`${kind} ${value === server ? "SERVER" : value}`));
    return values.length === 0 ? [] : [`--allow-${kind}=${values.join(",")}`];
  });
}

const permissions: [name: string, without: RegExp, status: number, found: string][] = [
  ["the file may not be read", /^read .*\.json$/, 2, "Deno does not allow read access to"],
  ["the file may not be written", /^write /, 2, "Deno does not allow write access to"],
  ["the server may not be reached", /^net SERVER$/, 2, "Deno does not allow net access to"],
  ["nobody may listen here", /^net (127\.0\.0\.1|\[::1\]):/, 2, "Deno does not allow net access to"],
  ["a variable may not be read", /^env FIEF_CREDENTIALS$/, 2, "Deno does not allow env access to"],
  ["nothing may be started", /^run /, 0, "Deno does not allow run access to xdg-open"],
  ["the display may not be looked for", /^env (DISPLAY|USER)$/, 0, "Deno does not allow env access to DISPLAY,USER"],
];
for (const [name, without, status, found] of permissions) {
  sourceTest(
    "its permissions are fixed",
    `doctor names the flags that are missing, and ends as login does, where ${name}`,
    async () => {
      await using scene = await startDoctorScene();
      const uri = `http://localhost:${quietPort()}/callback`;
      const args = ["--redirect-uri", uri];
      const facts = {
        credentialsPath: scene.credentials,
        baseUrl: scene.provider.issuer,
        redirectUris: [uri],
        browsers: ["xdg-open"],
        sources: [decodeURIComponent(new URL("../../lib", import.meta.url).pathname)],
        environmentPrefix: "FIEF",
        os: Deno.build.os,
      };
      const flags = [...flagsWithout({ command: "login", ...facts }, without, new URL(scene.provider.issuer).host)];
      const diagnosed = await scene.doctor(args, { flags });
      const login = await scene.login(args, { flags });
      assertEquals([diagnosed.status, login.status], [status, status], diagnosed.stdout + login.stderr);
      const check = diagnosed.checks.find((check) => check.found.includes(found) && check.status !== "ok");
      assert(check !== undefined, diagnosed.stdout);
      assertMatch(check.advice!, /--allow-(read|write|net|env|run)=/);
    },
  );
}

sourceTest("its permissions are fixed", "doctor names the permissions that nothing needs", async () => {
  await using scene = await startDoctorScene();
  const diagnosed = await scene.doctor([], { flags: ["-A"] });
  assertEquals(diagnosed.status, 0);
  const { advice } = assertCheck(diagnosed, "permissions", "warning", "--allow-run --allow-sys --allow-ffi");
  assertStringIncludes(advice!, `--allow-net=${new URL(scene.provider.issuer).host}`);
});

Deno.test("doctor finds the browser that is named, and says which is not there", async () => {
  await using scene = await startDoctorScene();
  const browser = `${scene.directory}/my-browser`;
  await Deno.writeTextFile(browser, "#!/bin/sh\n", { mode: 0o755 });
  const found = await scene.doctor([], { env: { BROWSER: `${browser} %s` }, facts: { browsers: [browser] } });
  assertCheck(found, "browser", "ok", `"${browser}" (named by BROWSER) is there`);
  assertCheck(found, "display", "ok", "a browser can be seen here");
  const missing = await scene.doctor([], {
    env: { BROWSER: "no-such-browser" },
    facts: { browsers: ["no-such-browser"] },
  });
  assertEquals(missing.status, 0);
  assertCheck(missing, "browser", "warning", '"no-such-browser" (named by BROWSER) is not there');
  const looked = await scene.doctor([], { env: { BROWSER: "no-such-browser:sh" }, flags: ["-A"] });
  assertMatch(assertCheck(looked, "browser", "ok", '"sh" (named by BROWSER) is there: ').found, /\/sh$/);
});

const displays: [env: Record<string, string>, found: string][] = [
  [{}, "there is no display"],
  [{ CI: "true" }, "this is a CI run"],
  [{ SSH_CONNECTION: "192.0.2.7 50000 192.0.2.8 22" }, "this is an SSH session without a display"],
  [{ DISPLAY: ":0" }, "no terminal is there for you to see"],
];
Deno.test({
  name: "doctor says why no browser would open here, and what to do over SSH",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using scene = await startDoctorScene();
    for (const [env, found] of displays) {
      const diagnosed = await scene.doctor([], { env });
      assertEquals(diagnosed.status, 0);
      const { advice } = assertCheck(diagnosed, "display", "warning", found);
      if (env["SSH_CONNECTION"]) {
        assertMatch(advice!, /ssh -N -L 0:localhost:0|ssh -N -L \d+:localhost:\d+ 192\.0\.2\.8/);
      }
    }
  },
});

Deno.test({
  name: "doctor marks its lines where the terminal shows it, and writes words where it does not",
  ignore: !hasTerminal(),
  async fn() {
    await using scene = await startDoctorScene();
    const args = ["doctor", "--base-url", scene.provider.issuer, "--client-id", "cli", "--redirect-uri", ANY_PORT];
    const plain = await runCli(args, { credentials: scene.credentials, providerOrigin: scene.provider.issuer });
    assertEquals(plain.status, 0);
    assertMatch(plain.stdout, /^\[ok\] {3}version {6}fief-auth /);
    assertMatch(plain.stdout, /^\[skip\] TLS /m);
    assertMatch(plain.stdout, /^\[warn\] display .*\n +-> fief-auth login prints/m);
    assertFalse(/[^\x20-\x7e\n]/.test(plain.stdout));
    assertMatch(plain.stdout, /\nA sign-in would work\n$/);
    const unknown = await runCli(["doctor", "--redirect-uri", ANY_PORT], {
      credentials: scene.credentials,
      providerOrigin: scene.provider.issuer,
    });
    assertEquals(unknown.status, 2);
    assertMatch(unknown.stdout, /\nA sign-in would fail, because of: settings\n$/);
    const env = Object.fromEntries(["PATH", "HOME", "DENO_DIR", "DENO_COVERAGE_DIR", "DENO_TLS_CA_STORE"].flatMap(
      (name) => Deno.env.has(name) ? [[name, Deno.env.get(name)!]] : [],
    ));
    const command = freeCommand(args);
    const where = { ...env, FIEF_CREDENTIALS: scene.credentials };
    const drawn = inTerminal(command, { ...where, LANG: "C.UTF-8" }, 60);
    assertEquals(await drawn.ended(), 0, drawn.shown());
    // deno-lint-ignore no-control-regex -- colors are what is looked for
    assertMatch(drawn.shown(), /\x1b\[32m✓ \x1b\[0mversion/);
    assertStringIncludes(drawn.shown(), "→ ");
    const words = drawn.shown().split(/\r?\n/).filter((line) => line.includes(" ") && !/[/:=]\S{20,}/.test(line));
    // deno-lint-ignore no-control-regex -- as above
    for (const line of words) assert(line.replaceAll(/\x1b\[\d+m/g, "").length <= 60, line);
    const ascii = inTerminal(command, { ...where, LC_ALL: "C", LANG: "C.UTF-8", NO_COLOR: "1" });
    assertEquals(await ascii.ended(), 0);
    assertMatch(ascii.shown(), /^\[ok\] {3}version/);
    for (const drawing of ["✓", "→", "\x1b"]) assertFalse(ascii.shown().includes(drawing));
  },
});
