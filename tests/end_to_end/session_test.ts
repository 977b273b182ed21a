// The real CLI as real processes with exact permissions, at a real provider over real HTTP.
import { assert, assertEquals, assertFalse, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import { denyAt, signInAt } from "../support/browser.ts";
import { startCliSession } from "../support/cli_session.ts";
import { quietPort } from "../support/loopback.ts";
import { serve } from "../support/server.ts";

Deno.test("login, hello, whoami, token, status, call-api and logout are one session", async () => {
  await using session = await startCliSession(
    {},
    (request) => Response.json({ got: request.headers.get("authorization")?.slice(0, 7) }),
  );
  const login = await session.signIn();
  assertEquals([login.status, login.stdout], [0, "Signed in as anne@example.com\n"]);
  assertStringIncludes(login.stderr, "no browser was wanted");

  assertEquals(await session.run(["hello"]), { status: 0, stdout: "Hello, anne@example.com\n", stderr: "" });
  const whoami = await session.run(["whoami"]);
  assertMatch(whoami.stdout, /^email +anne@example\.com$/m);
  assertMatch(whoami.stdout, /^fields +\{"first_name":"Anne"\}$/m);

  const token = await session.run(["token"]);
  assertEquals([token.status, token.stderr], [0, ""]);
  assertEquals(token.stdout, `${(session.file()["tokens"] as Record<string, string>)["access_token"]}\n`);

  const status = await session.run(["status"]);
  assertEquals(status.status, 0);
  assertMatch(
    status.stdout,
    /^Signed in as anne@example\.com\nServer +http:\/\/localhost:\d+\nClient +cli\nScopes +openid\nAccess token +expires in 60 minutes/,
  );

  const api = await session.run(["call-api", `${session.api.origin}/castles`]);
  assertEquals(api, { status: 0, stdout: '{"got":"Bearer "}', stderr: "" });

  const logout = await session.run(["logout"]);
  assertEquals(logout.status, 0);
  assertMatch(logout.stdout, /^Signed out\. The access token still works, and expires in 60 minutes \(/);
  const after = await session.run(["hello"]);
  assertEquals(after, { status: 3, stdout: "", stderr: "fief-auth: Not signed in\nSign in with: fief-auth login\n" });
  assertEquals((await session.run(["status"])).status, 3);
});

Deno.test("login is needed once for base URL and client id: the file remembers both", async () => {
  await using session = await startCliSession();
  await session.signIn();
  await session.run(["logout"]);
  const running = session.start(["login", "--no-browser"]);
  const [{ status }] = await Promise.all([
    running.result(),
    signInAt(await running.authorizationUrl(), "bob@example.com"),
  ]);
  assertEquals(status, 0);
  assertEquals((await session.run(["hello"])).stdout, "Hello, bob@example.com\n");
});

Deno.test("a cached token, hello, whoami and status ask nobody, and need no permission to", async () => {
  await using session = await startCliSession();
  await session.signIn();
  const requests = () => session.provider.total();
  const before = requests();
  for (const command of ["token", "hello", "whoami", "status"]) {
    const { status, stderr } = await session.run([command], { providerOrigin: "https://nobody.invalid" });
    assertEquals([command, status, stderr], [command, 0, ""]);
  }
  assertEquals(requests(), before);
});

Deno.test("token refreshes once when ten processes meet an expired token, and all print the same one", async () => {
  await using session = await startCliSession({ accessTokenLifetime: 2, tokenDelay: 300 });
  await session.signIn();
  const file = session.file();
  (file["fief_auth"] as Record<string, unknown>)["expires_at"] = Math.floor(Date.now() / 1000) - 1;
  const before = (file["tokens"] as Record<string, string>)["access_token"];
  await Deno.writeTextFile(session.credentials, JSON.stringify(file));
  const results = await Promise.all(Array.from({ length: 10 }, () => session.run(["token"])));
  assertEquals(results.map(({ status, stderr }) => [status, stderr]), Array.from({ length: 10 }, () => [0, ""]));
  assertEquals(new Set(results.map(({ stdout }) => stdout)).size, 1);
  assertNotEquals(results[0]!.stdout.trim(), before);
  assertEquals(session.provider.requestsTo(session.provider.tokenPath), 2);
});

Deno.test("a session that died says so, once with who it was, and status 3", async () => {
  await using session = await startCliSession();
  await session.signIn();
  const file = session.file();
  (file["fief_auth"] as Record<string, unknown>)["expires_at"] = 0;
  await Deno.writeTextFile(session.credentials, JSON.stringify(file));
  session.provider.endSessions();
  const { status, stderr } = await session.run(["token"]);
  assertEquals([status, stderr], [
    3,
    "fief-auth: The session has ended: the server no longer takes its refresh token\nSign in with: fief-auth login\n",
  ]);
  const after = await session.run(["status"]);
  assertEquals(after.status, 3);
  assertStringIncludes(after.stdout, "Not signed in: the session of anne@example.com has ended");
});

Deno.test("login ends with status 4 when the user denies, and leaves no file", async () => {
  await using session = await startCliSession();
  const running = session.start(["login", "--no-browser", "--base-url", session.provider.issuer, "--client-id", "cli"]);
  const [result] = await Promise.all([running.result(), denyAt(await running.authorizationUrl(), "anne@example.com")]);
  assertEquals([result.status, result.stdout], [4, ""]);
  assertStringIncludes(result.stderr, "fief-auth: The sign-in was denied");
  assertEquals([...Deno.readDirSync(session.directory)].map(({ name }) => name), []);
});

Deno.test("login ends with status 4 when nobody signs in in time", async () => {
  await using session = await startCliSession();
  const args = [
    "login",
    "--no-browser",
    "--base-url",
    session.provider.issuer,
    "--client-id",
    "cli",
    "--timeout",
    "0.2",
  ];
  const { status, stderr } = await session.run(args);
  assertEquals(status, 4);
  assertStringIncludes(stderr, "Try again with: fief-auth login");
});

Deno.test("login says at once that client or redirect URI are not registered, and which one to register", async () => {
  await using session = await startCliSession();
  const login = ["login", "--no-browser", "--base-url", session.provider.issuer, "--client-id", "unknown"];
  const redirectUri = `http://localhost:${quietPort()}/callback`;
  const { status, stderr } = await session.run([...login, "--redirect-uri", redirectUri]);
  assertEquals(status, 4);
  assertStringIncludes(stderr, `register this redirect URI exactly: ${redirectUri}\n`);
  const anyPort = await session.run(login);
  assertEquals(anyPort.status, 4);
  assertStringIncludes(anyPort.stderr, "register a redirect URI that names one, and use that: http://localhost:51562/");
});

Deno.test("login goes on to the next redirect URI when another program has the port", async () => {
  await using session = await startCliSession();
  using taken = Deno.listen({ hostname: "::1", port: 0 });
  const uris = [`http://localhost:${taken.addr.port}/callback`, "http://localhost:0/callback"];
  const args = [
    "--base-url",
    session.provider.issuer,
    "--client-id",
    "cli",
    ...uris.flatMap((uri) => ["--redirect-uri", uri]),
  ];
  const running = session.start(["login", "--no-browser", ...args], { redirectUris: uris });
  const [{ status, stderr }] = await Promise.all([
    running.result(),
    signInAt(await running.authorizationUrl(), "anne@example.com"),
  ]);
  assertEquals(status, 0);
  assertStringIncludes(stderr, `Another program listens at ${uris[0]}: trying ${uris[1]}`);
});

Deno.test("login opens no browser and ends with status 4 when all ports are taken", async () => {
  await using session = await startCliSession();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const uri = `http://localhost:${taken.addr.port}/callback`;
  const args = ["login", "--base-url", session.provider.issuer, "--client-id", "cli", "--redirect-uri", uri];
  const { status, stderr } = await session.run(args, { redirectUris: [uri], env: { BROWSER: "firefox" } });
  assertEquals(status, 4);
  assertStringIncludes(stderr, "--redirect-uri");
  assertEquals(session.provider.total(), 0);
  // Where no browser can open, the server is asked first whether it gives out codes: those take no port.
  assertEquals((await session.run(args, { redirectUris: [uri] })).status, 4);
  assertEquals([session.provider.total(), session.provider.requestsTo("/.well-known/openid-configuration")], [1, 1]);
});

for (const [signal, expected] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test(`login ends with status ${expected} on ${signal}, its listener closed and nothing written`, async () => {
    await using session = await startCliSession();
    const running = session.start([
      "login",
      "--no-browser",
      "--base-url",
      session.provider.issuer,
      "--client-id",
      "cli",
    ]);
    const redirectUri = new URL(await running.authorizationUrl()).searchParams.get("redirect_uri")!;
    await running.untilStderr("Waiting for you");
    running.kill(signal);
    const { status, stdout } = await running.result();
    assertEquals([status, stdout], [expected, ""]);
    const port = Number(new URL(redirectUri).port);
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    assertEquals([...Deno.readDirSync(session.directory)].length, 0);
  });
}

Deno.test("login starts the browser that --browser names, with an address that holds no state, and a clean environment", async () => {
  await using session = await startCliSession();
  const browser = `${session.directory}/browser`;
  await Deno.writeTextFile(
    browser,
    `#!/bin/sh\necho "$1" > ${session.directory}/address\nenv > ${session.directory}/environment\n`,
    { mode: 0o755 },
  );
  const args = ["login", "--base-url", session.provider.issuer, "--client-id", "cli", "--browser", browser];
  const running = session.start(args, { facts: { browsers: [browser] }, env: { FIEF_ACCESS_TOKEN: "s3cret" } });
  await running.untilStderr("The browser is open");
  const address = (await Deno.readTextFile(`${session.directory}/address`)).trim();
  assertMatch(address, /^http:\/\/localhost:\d+\/\S+$/);
  assertFalse(address.includes("state="));
  assertFalse((await Deno.readTextFile(`${session.directory}/environment`)).includes("s3cret"));
  const [{ status, stderr }] = await Promise.all([running.result(), signInAt(address, "anne@example.com")]);
  assertEquals(status, 0);
  assertStringIncludes(stderr, "FIEF_ACCESS_TOKEN is set");
});

Deno.test("--json gives one object on standard output for every command, and errors as one on standard error", async () => {
  await using session = await startCliSession();
  const login = await session.signIn(["--json"]);
  const object = JSON.parse(login.stdout);
  assertEquals([object.signed_in, object.user.email, object.base_url], [
    true,
    "anne@example.com",
    session.provider.issuer,
  ]);
  for (const command of ["hello", "whoami", "token", "status"]) {
    const { status, stdout } = await session.run([command, "--json"]);
    assertEquals([command, status, typeof JSON.parse(stdout)], [command, 0, "object"]);
  }
  const api = JSON.parse((await session.run(["--json", "call-api", session.api.origin])).stdout);
  assertEquals([api.status, api.body], [200, "castles"]);
  assertEquals(JSON.parse((await session.run(["logout", "--json"])).stdout).server, "ended");
  const { status, stdout, stderr } = await session.run(["token", "--json"]);
  assertEquals([status, stdout], [3, ""]);
  assertEquals(JSON.parse(stderr), {
    error: { code: "not_authenticated", message: "Not signed in", hint: "Sign in with: fief-auth login" },
  });
});

Deno.test("--debug says what happens with times, and no secret", async () => {
  await using session = await startCliSession();
  const login = await session.signIn(["--debug"]);
  const { access_token, refresh_token, id_token } = session.file()["tokens"] as Record<string, string>;
  const file = session.file();
  (file["fief_auth"] as Record<string, unknown>)["expires_at"] = 0;
  await Deno.writeTextFile(session.credentials, JSON.stringify(file));
  const refresh = await session.run(["token", "--debug"]);
  assertMatch(login.stderr, /^\[\d+ ms\] POST http:\/\/localhost:\d+\/api\/token: status 200/m);
  assertMatch(refresh.stderr, /^\[\d+ ms\] POST http:\/\/localhost:\d+\/api\/token: status 200/m);
  const after = session.file()["tokens"] as Record<string, string>;
  for (const secret of [access_token!, refresh_token!, id_token!, after["refresh_token"]!, after["access_token"]!]) {
    assertFalse(login.stderr.includes(secret) || refresh.stderr.includes(secret));
  }
});

Deno.test("an access token in the environment is used as it is, and no file is touched", async () => {
  await using session = await startCliSession({}, (request) => new Response(request.headers.get("authorization")));
  const setup = { env: { FIEF_ACCESS_TOKEN: "from-ci" }, credentials: "/nonexistent/credentials.json" };
  assertEquals(await session.run(["token"], setup), { status: 0, stdout: "from-ci\n", stderr: "" });
  const api = await session.run(["call-api", session.api.origin, "--api-origin", session.api.origin], setup);
  assertEquals(api, { status: 0, stdout: "Bearer from-ci", stderr: "" });
  const other = await session.run(["call-api", session.api.origin], setup);
  assertEquals(other.status, 2);
  assertStringIncludes(other.stderr, "--api-origin");
});

Deno.test("a reader that goes away early is no error", async () => {
  await using session = await startCliSession({}, () => new Response(new Uint8Array(5_000_000)));
  await session.signIn();
  const running = session.start(["call-api", session.api.origin]);
  running.closeStdout();
  const { status, stderr } = await running.result();
  assertEquals([status, stderr], [0, ""]);
});

Deno.test("another base URL in the environment sends nothing anywhere: status 2, with both named", async () => {
  await using session = await startCliSession();
  await session.signIn();
  const before = session.provider.total();
  const { status, stderr } = await session.run(["token"], { env: { FIEF_BASE_URL: "https://other.example" } });
  assertEquals(status, 2);
  for (const named of [session.provider.issuer, "https://other.example"]) assertStringIncludes(stderr, named);
  assertEquals(session.provider.total(), before);
  assert(session.file()["tokens"] !== null);
});

for (const [signal, expected] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test(`${signal} during a refresh waits until the new session is saved: it would be lost`, async () => {
    await using session = await startCliSession({ tokenDelay: 3_000 });
    await session.signIn();
    const file = session.file();
    (file["fief_auth"] as Record<string, unknown>)["expires_at"] = 0;
    await Deno.writeTextFile(session.credentials, JSON.stringify(file));
    const running = session.start(["token", "--debug"]);
    await session.provider.untilRequests(session.provider.tokenPath, 2);
    running.kill(signal);
    const { status, stdout, stderr } = await running.result();
    assertEquals([status, stdout], [expected, ""], stderr);
    const [before, after] = [file, session.file()].map(({ tokens }) =>
      (tokens as Record<string, string>)["refresh_token"]
    );
    assertNotEquals(after, before);
    assertEquals([...Deno.readDirSync(session.directory)].map(({ name }) => name).sort(), [
      "credentials.json",
      "credentials.json.lock",
    ]);
    assertEquals((await session.run(["token"])).status, 0);
  });
}

Deno.test("an access token in the environment that is none is named by its variable, and not shown", async () => {
  await using session = await startCliSession();
  for (const token of ["s3cret\nx: y", "s3cret two", "s3crét"]) {
    for (const args of [["token"], ["call-api", session.api.origin, "--api-origin", session.api.origin]]) {
      const { status, stdout, stderr } = await session.run(args, { env: { FIEF_ACCESS_TOKEN: token } });
      assertEquals([status, stdout], [2, ""], stderr);
      assertStringIncludes(stderr, "FIEF_ACCESS_TOKEN");
      assertFalse(stderr.includes("s3cr"));
    }
  }
});

Deno.test("status refuses to call the session of one server that of another", async () => {
  await using session = await startCliSession();
  await session.signIn();
  const env = { FIEF_BASE_URL: "https://other.example", FIEF_CLIENT_ID: "cli" };
  const { status, stdout, stderr } = await session.run(["status"], { env });
  assertEquals([status, stdout], [2, ""]);
  assertStringIncludes(stderr, session.provider.issuer);
});

Deno.test("what a server or a file says cannot give the terminal orders", async () => {
  await using session = await startCliSession();
  await session.signIn();
  const file = session.file();
  (file["userinfo"] as Record<string, unknown>)["email"] = "a\x1b]0;pwn\x07\x1b[2Jb@x\nSigned out";
  await Deno.writeTextFile(session.credentials, JSON.stringify(file));
  for (const command of ["hello", "whoami", "status"]) {
    const { stdout, stderr } = await session.run([command]);
    // deno-lint-ignore no-control-regex -- control characters are what is looked for
    assertFalse(/[\x00-\x09\x0b-\x1f]/.test(stdout + stderr), command);
    assertStringIncludes(stdout, "a ]0;pwn [2Jb@x Signed out");
  }
});

Deno.test("status does not tell of an expiry beyond the token's life: the clock was another one then", async () => {
  await using session = await startCliSession();
  await session.signIn();
  const file = session.file();
  (file["fief_auth"] as Record<string, unknown>)["expires_at"] = 1e20;
  await Deno.writeTextFile(session.credentials, JSON.stringify(file));
  const { status, stdout } = await session.run(["status"]);
  assertEquals(status, 0);
  assertStringIncludes(stdout, "Access token  not known until when: the clock of this machine was put back since");
  assertEquals(JSON.parse((await session.run(["status", "--json"])).stdout).access_token_expires_at, null);
});

Deno.test("whoever never signed in is told how, with status 3, and may sign out", async () => {
  await using session = await startCliSession();
  for (const command of ["hello", "whoami", "token"]) {
    const { status, stderr } = await session.run([command]);
    assertEquals([status, stderr], [
      3,
      "fief-auth: Not signed in\nSign in with: fief-auth login --base-url URL --client-id ID\n",
    ]);
  }
  const logout = await session.run(["logout"]);
  assertEquals([logout.status, logout.stdout], [0, "Nobody was signed in.\n"]);
});

Deno.test("version and help are commands too", async () => {
  await using session = await startCliSession();
  const { stdout } = await session.run(["version"]);
  assertMatch(stdout, /^fief-auth \d+\.\d+\.\d+ \(Deno \d/);
  assertEquals((await session.run(["--version"])).stdout, stdout);
  for (const args of [["help"], ["help", "help"], ["help", "version"], ["--help"]]) {
    const help = await session.run(args);
    assertEquals(help.status, 0);
    assertStringIncludes(help.stdout, "Commands:");
  }
  assertStringIncludes((await session.run(["help", "token"])).stdout, "--min-valid");
});

Deno.test("requests to this machine go to it, whatever proxy is set", async () => {
  await using session = await startCliSession();
  const asked: string[] = [];
  await using proxy = serve((request) => (asked.push(request.url), new Response("a proxy", { status: 502 })));
  const env = Object.fromEntries(
    ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"].map((name) => [name, proxy.origin]),
  );
  await session.signIn();
  const file = session.file();
  (file["fief_auth"] as Record<string, unknown>)["expires_at"] = 0;
  await Deno.writeTextFile(session.credentials, JSON.stringify(file));
  assertEquals((await session.run(["token"], { env })).status, 0);
  assertEquals((await session.run(["call-api", session.api.origin], { env })).stdout, "castles");
  assertEquals(asked, []);
});

Deno.test("status shows what a server has written as text, and nothing that a terminal would obey", async () => {
  await using session = await startCliSession();
  await session.signIn();
  const { credentials } = session;
  const file = session.file() as { tokens: { scope?: string } };
  file.tokens.scope = "openid \x1b]0;evil\x07\x1b[2J";
  await Deno.writeTextFile(credentials, JSON.stringify(file));
  const { status, stdout } = await session.run(["status"]);
  assertEquals(status, 0);
  assertStringIncludes(stdout, "openid");
  assert(![...stdout].some((character) => character < " " && character !== "\n"), JSON.stringify(stdout));
});
