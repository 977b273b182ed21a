// Every command and every failure, with secrets that are known: they are found where they belong, and nowhere else.
import { assert, assertEquals, assertFalse, assertMatch } from "@std/assert";
import { dirname } from "@std/path";
import { freeCommand } from "../support/cli.ts";
import { type SecretScene, startSecretScene } from "../support/secret_scene.ts";
import type { Faults, Told } from "../support/telling_provider.ts";
import { hasTerminal, inTerminal } from "../support/terminal.ts";

/** Processes are watched through /proc. */
const ignore = Deno.build.os !== "linux";

function assertNothingLeaked({ hunt }: SecretScene): void {
  assertEquals(hunt.hunt(), []);
}

/** Goes through a sign-in that prints its address. */
async function signIn(scene: SecretScene, more: string[] = []) {
  const running = scene.start(scene.login("--no-browser", "--debug", ...more));
  const [result] = await Promise.all([
    running.result(),
    running.authorizationUrl().then((url) => scene.browse(url)),
  ]);
  return result;
}

Deno.test({
  name: "no secret is where it does not belong when all goes well, whatever the command",
  ignore,
  async fn() {
    const answers: Record<string, (request: Request) => Response> = {
      "/echo": ({ headers }) => Response.json(Object.fromEntries(headers), { status: 500 }),
      "/away": ({ headers }) =>
        new Response(null, { status: 302, headers: { location: `/${headers.get("authorization")?.slice(7)}` } }),
    };
    await using scene = await startSecretScene(
      {},
      (request) => answers[new URL(request.url).pathname]?.(request) ?? new Response("castles"),
    );
    const { hunt, api } = scene;
    assertEquals((await signIn(scene, ["--api-origin", api.origin])).status, 0);
    const file = JSON.parse(await Deno.readTextFile(scene.credentials));
    const expired = { ...file, fief_auth: { ...file.fief_auth, expires_at: 1 } };
    for (
      const args of [
        ["hello"],
        ["whoami"],
        ["whoami", "--refresh"],
        ["whoami", "--refresh", "--json"],
        ["hello", "--refresh"],
        ["status"],
        ["status", "--json"],
        ["doctor", "--redirect-uri", "http://localhost:0/callback"],
        ["doctor", "--redirect-uri", "http://localhost:0/callback", "--json"],
        ["token"],
        ["token", "--json"],
        ["token", "--min-valid", "99999"],
        ["call-api", `${api.origin}/echo`],
        ["call-api", `${api.origin}/echo`, "-i", "--fail"],
        ["call-api", `${api.origin}/away`],
        ["completions", "bash"],
        ["help"],
        ["help", "call-api"],
        ["version"],
      ]
    ) {
      const { status } = await scene.run([...args, "--debug"]);
      assert(args.includes("--fail") ? status === 22 : status === 0, args.join(" "));
    }
    // As a profile, the file is a link: whatever else lies there is looked through.
    const config = dirname(scene.credentials);
    await Deno.mkdir(`${config}/fief-auth`);
    await Deno.symlink(scene.credentials, `${config}/fief-auth/credentials.json`);
    for (const args of [["profiles"], ["profiles", "--json"], ["profiles", "remove", "default"]]) {
      const { status, stderr } = await scene.run([...args, "--debug"], {
        env: { XDG_CONFIG_HOME: config, FIEF_CREDENTIALS: "" },
        flags: ["-A"],
      });
      assertEquals(status, args.includes("remove") ? 2 : 0, stderr);
    }
    await Deno.writeTextFile(scene.credentials, JSON.stringify(expired));
    const { stdout } = await scene.run(["token", "--debug"]);
    const saved = JSON.parse(await Deno.readTextFile(scene.credentials));
    assertEquals(stdout, `${saved.tokens.access_token}\n`);
    assertEquals((await scene.run(["logout", "--debug"])).status, 0);
    assertFalse((await Deno.readTextFile(scene.credentials)).includes(saved.tokens.refresh_token));
    for (const what of ["state", "nonce", "code", "code verifier", "access token", "refresh token", "ID token"]) {
      assert(hunt.known(what) > 0, `no ${what} was ever seen`);
    }
    assertNothingLeaked(scene);
  },
});

Deno.test({
  name: "no secret is in the arguments and variables of the browser, nor in what it is served",
  ignore,
  async fn() {
    await using scene = await startSecretScene();
    const note = `${scene.directory}/note`;
    const browser = `${scene.directory}/browser`;
    await Deno.writeTextFile(
      browser,
      `#!/bin/sh\ncat /proc/$$/cmdline /proc/$$/environ /proc/$PPID/cmdline > ${note}.tmp\nmv ${note}.tmp ${note}\necho "$1" > ${scene.directory}/address\nsleep 0.3\n`,
      { mode: 0o755 },
    );
    const token = "from-ci-0123456789abcdefghijklmnopqrstuvwxyz";
    scene.hunt.know("access token of the environment", token);
    for (const how of [{ args: ["--browser", `${browser} %s`], env: {} }, { args: [], env: { BROWSER: browser } }]) {
      const running = scene.start(scene.login("--debug", ...how.args), {
        facts: { browsers: [browser] },
        env: how.env,
      });
      await running.untilStderr("The browser is open");
      const address = (await Deno.readTextFile(`${scene.directory}/address`)).trim();
      const [{ status }] = await Promise.all([running.result(), scene.browse(address)]);
      assertEquals(status, 0);
      assertMatch(address, /^http:\/\/localhost:\d+\/start\/[\w-]+$/);
    }
    // The environment of the program itself holds the token that the user has put there; what it starts does not get it.
    const running = scene.start(scene.login("--browser", browser, "--timeout", "0.1"), {
      facts: { browsers: [browser] },
      env: { FIEF_ACCESS_TOKEN: token },
    });
    await running.result();
    assertMatch(await Deno.readTextFile(note), /FIEF_ACCESS_TOKEN=\0/);
    const finds = scene.hunt.hunt();
    assertEquals(finds, [{ what: "access token of the environment", where: "processes of login" }]);
  },
});

Deno.test({
  name: "no secret is shown when the redirect is pasted into a terminal",
  ignore: ignore || !hasTerminal(),
  async fn() {
    await using scene = await startSecretScene();
    const login = scene.login("--no-browser", "--debug", "--redirect-uri", "http://localhost:0/callback");
    const env = Object.fromEntries(["PATH", "HOME", "DENO_DIR", "DENO_COVERAGE_DIR", "DENO_TLS_CA_STORE"].flatMap(
      (name) => Deno.env.has(name) ? [[name, Deno.env.get(name)!]] : [],
    ));
    const terminal = inTerminal(
      freeCommand(login),
      { ...env, FIEF_CREDENTIALS: scene.credentials, TMPDIR: scene.directory },
      400,
    );
    const [copied, url] = await terminal.until(/(http:\/\/127\.0\.0\.1:\d+\/auth\?\S+)\r\n/);
    await terminal.until(/Waiting for you/);
    const answer = await fetch(url!, { redirect: "manual" });
    await answer.body?.cancel();
    const redirect = answer.headers.get("location")!;
    await terminal.type(`${redirect.replace(/state=[^&]*/, "state=wrong")}\r`);
    await terminal.until(/That is not it/);
    await terminal.type(`\x1b[200~${redirect}\x1b[201~\r`);
    assertEquals(await terminal.ended(), 0, terminal.shown());
    scene.hunt.look("the terminal", terminal.shown().replaceAll(copied!, ""));
    assertNothingLeaked(scene);
  },
});

/** Says back what it was sent, as servers in trouble do. */
const repeat = (status: number) => ({ sent }: Told) =>
  Response.json({ error: "server_error", error_description: sent, detail: sent, request: sent }, { status });
const invalidGrant = ({ sent }: Told) =>
  Response.json({ error: "invalid_grant", error_description: `Not valid: ${sent}` }, { status: 400 });
const elsewhere = ({ sent }: Told) =>
  new Response(null, { status: 307, headers: { location: `https://elsewhere.example/?${sent}` } });
const itsHost = ({ parameters }: Told) => {
  const host = (parameters.get("refresh_token") ?? parameters.get("code_verifier"))!.replaceAll(/[^\w-]/g, "");
  return new Response(null, { status: 302, headers: { location: `https://${host}.example/` } });
};
const errorItself = ({ parameters }: Told) =>
  Response.json({ error: parameters.get("refresh_token") ?? parameters.get("code_verifier") }, { status: 400 });
const page = ({ sent }: Told) => new Response(`<html>You sent: ${sent}`, { headers: { "content-type": "text/html" } });
const noTokens = ({ sent }: Told) => Response.json({ received: sent, refresh_token: sent });
const wrongType = ({ sent }: Told) => Response.json({ access_token: [sent], token_type: sent, refresh_token: sent });
const lineBreak = ({ sent }: Told) => Response.json({ access_token: `${sent}\n${sent}`, token_type: "Bearer" });
const lifetime = ({ sent }: Told) =>
  Response.json({ access_token: "a", token_type: "Bearer", expires_in: sent, scope: [sent] });
const tokenFaults: [name: string, token: (told: Told) => Response, login: number, refresh: number][] = [
  ["refuses the grant and repeats the request", invalidGrant, 4, 3],
  ["fails and repeats the request", repeat(503), 5, 5],
  ["refuses the request and repeats it", repeat(401), 5, 5],
  ["redirects with the request in the address", elsewhere, 5, 5],
  ["redirects to a host of the secret's name", itsHost, 5, 5],
  ["has the secret as its error", errorItself, 5, 5],
  ["answers with a page that repeats the request", page, 5, 5],
  ["answers with everything but an access token", noTokens, 5, 5],
  ["answers with an access token of the wrong type", wrongType, 5, 5],
  ["answers with an access token over two lines", lineBreak, 5, 5],
  ["answers with a lifetime of words", lifetime, 5, 5],
];
for (const [name, token, login, refresh] of tokenFaults) {
  Deno.test({
    name: `no secret leaks when the token endpoint ${name}`,
    ignore,
    async fn() {
      await using scene = await startSecretScene({ token });
      assertOneObject(await signIn(scene, ["--json"]), login);
      await scene.session({ expired: true });
      assertOneObject(await scene.run(["token", "--json", "--debug"]), refresh);
      assertNothingLeaked(scene);
    },
  });
}

/** Whatever `--debug` tells before it, the error is the last line, and JSON. */
function assertOneObject({ status, stderr }: { status: number; stderr: string }, expected: number): void {
  assertEquals(status, expected, stderr);
  const { error } = JSON.parse(stderr.trimEnd().split("\n").at(-1)!);
  assertEquals(Object.keys(error), ["code", "message", "hint"]);
}

const signIns: [name: string, faults: Faults, status: number][] = [
  [
    "is denied in words that repeat the request",
    {
      redirect: (url) => ({
        error: "access_denied",
        error_description: `No: ${url.search}`,
        state: url.searchParams.get("state")!,
      }),
    },
    4,
  ],
  [
    "ends with an error that repeats the request",
    {
      redirect: (url) => ({
        error: `invalid ${url.searchParams.get("nonce")}`,
        error_description: `In Base64: ${btoa(url.search)}`,
        state: url.searchParams.get("state")!,
      }),
    },
    4,
  ],
  [
    "comes back from an issuer that repeats the request",
    {
      redirect: (url) => ({
        code: "code/0123456789abcdef",
        iss: `https://a.example/${url.searchParams.get("nonce")}`,
        state: url.searchParams.get("state")!,
      }),
    },
    4,
  ],
  ["gets an ID token with another nonce", { claims: () => ({ nonce: "0123456789abcdefghijklmnop" }) }, 5],
  ["gets an ID token whose issuer is the code", { claims: ({ parameters }) => ({ iss: parameters.get("code") }) }, 5],
  ["gets an ID token for the code", { claims: ({ parameters }) => ({ aud: parameters.get("code") }) }, 5],
  [
    "gets an ID token with the verifier for a party",
    { claims: ({ parameters }) => ({ azp: parameters.get("code_verifier") }) },
    5,
  ],
];
for (const [name, faults, status] of signIns) {
  Deno.test({
    name: `no secret leaks when a sign-in ${name}`,
    ignore,
    async fn() {
      await using scene = await startSecretScene(faults);
      assertOneObject(await signIn(scene, ["--json"]), status);
      assertNothingLeaked(scene);
    },
  });
}

Deno.test({
  name: "no secret leaks when a sign-in times out, is interrupted or is ended",
  ignore,
  async fn() {
    await using scene = await startSecretScene();
    const login = scene.login("--no-browser", "--debug", "--json");
    assertOneObject(await scene.run([...login, "--timeout", "0.1"]), 4);
    for (const [signal, status] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
      const running = scene.start(login);
      await running.untilStderr("Waiting for you");
      running.kill(signal);
      assertOneObject(await running.result(), status);
    }
    assertNothingLeaked(scene);
  },
});

const sent = ({ sent }: Told) => sent.replace("Bearer ", "");
const details: [name: string, detail: (told: Told) => string][] = [
  ["the token", sent],
  ["half of the token", (told) => sent(told).slice(0, 60)],
  ["the other half of the token", (told) => sent(told).slice(-60)],
  ["the token in Base64", (told) => btoa(told.sent)],
  ["the token, percent-encoded", (told) => encodeURIComponent(told.sent)],
];
for (const [name, detail] of details) {
  Deno.test({
    name: `no secret leaks when the userinfo endpoint repeats ${name}`,
    ignore,
    async fn() {
      await using scene = await startSecretScene({
        userinfo: (told) => Response.json({ detail: `Invalid: ${detail(told)}` }, { status: 401 }),
      });
      await scene.session();
      assertOneObject(await scene.run(["whoami", "--refresh", "--json", "--debug"]), 5);
      assertNothingLeaked(scene);
    },
  });
}

Deno.test({
  name: "no secret leaks when a logout fails and the server repeats the request",
  ignore,
  async fn() {
    for (const revocation of [repeat(503), repeat(400), elsewhere, page]) {
      await using scene = await startSecretScene({ revocation });
      await scene.session();
      assertEquals((await scene.run(["logout", "--debug"])).status, 0);
      assertNothingLeaked(scene);
    }
  },
});

const calls: [name: string, answer: (request: Request) => Response, args: string[], status: number][] = [
  [
    "redirects to a host of the token's name",
    ({ headers }) =>
      new Response(null, {
        status: 302,
        headers: { location: `http://${headers.get("authorization")!.slice(-40)}.localhost:1/` },
      }),
    [],
    5,
  ],
  [
    "redirects for ever, by way of the token",
    ({ headers }) => new Response(null, { status: 302, headers: { location: `/${headers.get("authorization")}` } }),
    [],
    5,
  ],
  ["repeats the headers, and the answer cannot be written", ({ headers }) => Response.json([...headers]), [
    "-o",
    "/no-such-directory/none",
  ], 1],
];
for (const [name, answer, args, status] of calls) {
  Deno.test({
    name: `no secret leaks when an API ${name}`,
    ignore,
    async fn() {
      await using scene = await startSecretScene({}, answer);
      await scene.session();
      const result = await scene.run(["call-api", scene.api.origin, ...args, "--debug", "--json"], {
        flags: ["-A"],
      });
      assertOneObject(result, status);
      assertNothingLeaked(scene);
    },
  });
}

Deno.test({
  name: "no secret leaks when the credentials file is broken, or cannot be written",
  ignore,
  async fn() {
    await using scene = await startSecretScene();
    const file = await scene.session({ expired: true });
    const tokens = file["tokens"] as Record<string, string>;
    const whole = JSON.stringify(file);
    const texts = [
      whole.slice(0, -1),
      whole.replaceAll(":", "="),
      JSON.stringify(tokens["access_token"]),
      JSON.stringify(Object.values(tokens)),
      JSON.stringify({ ...file, tokens: Object.values(tokens) }),
      JSON.stringify({ ...file, tokens: tokens["access_token"] }),
      JSON.stringify({ ...file, tokens: { ...tokens, access_token: Object.values(tokens) } }),
      JSON.stringify({ ...file, tokens: { ...tokens, access_token: `${tokens["access_token"]}\n` } }),
      JSON.stringify({ ...file, tokens: { ...tokens, refresh_token: [tokens["refresh_token"]] } }),
      JSON.stringify({ ...file, tokens: { ...tokens, expires_in: tokens["refresh_token"] } }),
      JSON.stringify({ ...file, userinfo: tokens["id_token"] }),
      JSON.stringify({ ...file, fief_auth: tokens }),
      JSON.stringify({ ...file, fief_auth: { version: 1, base_url: tokens["id_token"], client_id: 1 } }),
    ];
    for (const text of texts) {
      await Deno.writeTextFile(scene.credentials, text);
      assertOneObject(await scene.run(["token", "--debug", "--json"]), 6);
    }
    await Deno.writeTextFile(scene.credentials, whole);
    await Deno.mkdir(`${scene.credentials}.tmp/x`, { recursive: true }); // not even root can remove it
    assertOneObject(await scene.run(["token", "--debug", "--json"]), 6);
    assertNothingLeaked(scene);
  },
});

Deno.test({
  name: "no secret leaks when what nobody foresaw tells of it",
  ignore,
  async fn() {
    await using scene = await startSecretScene();
    await scene.session();
    const program = `${scene.directory}/acme.ts`;
    await Deno.writeTextFile(
      program,
      `import { cli } from "${new URL("../../lib/cli/mod.ts", import.meta.url)}";
      const failures = {
        header: (token, refresh) => new TypeError(\`Invalid header: authorization: Bearer \${token}\`),
        half: (token) => new Error(\`Not valid: \${token.slice(30, 55)}, "\${token.slice(-21)}"\`),
        encoded: (token, refresh) => new Error(\`POST token=\${encodeURIComponent(refresh)}&code=\${btoa(refresh)}\`),
        lines: (token, refresh) => new Error(\`one\\n\${refresh}\\n    at \${refresh} (\${refresh})\`),
        cause: (token, refresh) => Object.assign(new Error("failed", { cause: new Error(token) }), { token, refresh }),
        text: (token) => token,
        object: (token) => ({ toString: () => token, token }),
      };
      const fails = { name: "fails", summary: "Fails", examples: [], arguments: [{ name: "HOW", help: "how" }] };
      Deno.exit(await cli({ name: "fief-auth", commands: { fails: { ...fails, async run({ args: [how] }) {
        const { tokens } = JSON.parse(Deno.readTextFileSync(Deno.env.get("FIEF_CREDENTIALS")));
        throw failures[how](tokens.access_token, tokens.refresh_token);
      } } } }));`,
    );
    for (const how of ["header", "half", "encoded", "lines", "cause", "text", "object"]) {
      const plain = await scene.run(["fails", how], { program, flags: ["-A"] });
      assertEquals([plain.status, plain.stdout], [1, ""], plain.stderr);
      assertOneObject(await scene.run(["fails", how, "--debug", "--json"], { program, flags: ["-A"] }), 1);
    }
    assertNothingLeaked(scene);
  },
});
