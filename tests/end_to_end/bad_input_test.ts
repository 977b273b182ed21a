// Whatever is wrong, the user gets one error: what happened, what to do next, the documented status, no stack trace.
import { assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import type { CliSetup } from "../support/cli.ts";
import { runCli, sourceTest } from "../support/cli.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { fakeMetadata, startFakeProvider } from "../support/fake_provider.ts";

function assertOneError(stderr: string): void {
  assertMatch(stderr, /^fief-auth: [^\n]+\n[^\n]+\n$/);
  assertFalse(/\n {4}at |Uncaught|undefined|\[object/.test(stderr), stderr);
}

const LOGIN = ["login", "--no-browser"];
const words: [name: string, args: string[], status: number, what: string, env?: Record<string, string>][] = [
  ["a command with a letter wrong", ["tokne"], 2, "Did you mean: fief-auth token"],
  ["a command that is none", ["frobnicate"], 2, "See all commands with: fief-auth help"],
  ["an option with a letter wrong", ["token", "--min-vaild", "5"], 2, "Did you mean --min-valid?"],
  ["an option that is none", ["token", "--frobnicate"], 2, "See: fief-auth token --help"],
  ["an option of another command", ["token", "--base-url", "https://a.example"], 2, 'There is no option "--base-url"'],
  ["a value that is missing", ["token", "--min-valid"], 2, 'The option "--min-valid" needs a value'],
  ["words where a number is due", ["token", "--min-valid", "soon"], 2, 'takes a number of seconds, not "soon"'],
  ["a value for a flag", ["token", "--json=yes"], 2, 'The option "--json" takes no value'],
  ["an argument too many", ["hello", "world"], 2, '"hello" does not take "world"'],
  ["help for a command that is none", ["help", "tokn"], 2, "Did you mean: fief-auth token"],
  ["file and profile at once", ["--credentials", "/a", "--profile", "b", "hello"], 2, "Give one of the two"],
  ["a profile that leads elsewhere", ["--profile", "../x", "hello"], 2, "no name for a profile"],
  ["an empty path", ["--credentials", "", "hello"], 2, "The path of the credentials file is empty"],
  ["no base URL", LOGIN, 2, "Not known: base URL of the server and client id"],
  ["no client id", [...LOGIN, "--base-url", "https://a.example"], 2, "Not known: client id"],
  ["an empty client id", [...LOGIN, "--base-url", "https://a.example", "--client-id", ""], 2, "The client id is empty"],
  ["a base URL that is none", [...LOGIN, "--base-url", "a.example", "--client-id", "c"], 2, "no http or https URL"],
  [
    "a base URL with a password",
    [...LOGIN, "--base-url", "https://a:s3cret@a.example", "--client-id", "c"],
    2,
    "a user name or a password",
  ],
  ["a base URL on plain http", [...LOGIN, "--base-url", "http://a.example", "--client-id", "c"], 2, "plain http"],
  ["a base URL with a query", [...LOGIN, "--base-url", "https://a.example?b", "--client-id", "c"], 2, "a query"],
  ["a base URL with a fragment", [...LOGIN, "--base-url", "https://a.example#b", "--client-id", "c"], 2, "a fragment"],
  ["a base URL in the environment that is none", ["hello"], 2, "no http or https URL", {
    FIEF_BASE_URL: "a",
    FIEF_CLIENT_ID: "c",
  }],
  [
    "a redirect URI that is elsewhere",
    [...LOGIN, "--base-url", "https://a.example", "--client-id", "c", "--redirect-uri", "https://b.example/"],
    2,
    "no redirect URI that can be listened at",
  ],
  [
    "a parameter without a value",
    [...LOGIN, "--base-url", "https://a.example", "--client-id", "c", "--param", "prompt"],
    2,
    'has no name or no "="',
  ],
  [
    "an API origin with a path",
    [...LOGIN, "--base-url", "https://a.example", "--client-id", "c", "--api-origin", "https://b.example/x"],
    2,
    "is not the origin of an API",
  ],
  [
    "a browser and none at once",
    [...LOGIN, "--browser", "x", "--base-url", "https://a.example", "--client-id", "c"],
    2,
    "exclude each other",
  ],
  [
    "a browser without a name",
    ["login", "--browser", " ", "--base-url", "https://a.example", "--client-id", "c"],
    2,
    "The command of --browser is empty",
  ],
  ["nobody signed in", ["hello"], 3, "Sign in with: fief-auth login", {
    FIEF_BASE_URL: "https://a.example",
    FIEF_CLIENT_ID: "c",
  }],
  [
    "a server that is not there",
    [...LOGIN, "--base-url", "http://127.0.0.1:61999", "--client-id", "c"],
    5,
    'Nobody listens at "http://127.0.0.1:61999"',
  ],
  [
    "a server whose name is not known",
    [...LOGIN, "--base-url", "https://no-such-host.invalid", "--client-id", "c"],
    5,
    'Cannot find the server "no-such-host.invalid"',
  ],
];
for (const [name, args, expected, what, env = {}] of words) {
  Deno.test(`the command line says what is wrong with ${name}`, async () => {
    await using directory = await temporaryDirectory();
    const base = args[args.indexOf("--base-url") + 1];
    const providerOrigin =
      base !== undefined && args.includes("--base-url") && URL.canParse(base) && base.includes("://")
        ? base
        : "https://a.example";
    const withOwnRedirect = args.includes("--redirect-uri") ? { redirectUris: ["http://localhost:0/callback"] } : {};
    const setup = { credentials: `${directory.path}/c.json`, env, providerOrigin, ...withOwnRedirect };
    const { status, stdout, stderr } = await runCli(args, setup);
    assertEquals([status, stdout], [expected, ""], stderr);
    assertStringIncludes(stderr, what);
    assertFalse(stderr.includes("s3cret"));
    assertOneError(stderr);
  });
}

Deno.test("the command line without a command prints its help as an error", async () => {
  const { status, stdout, stderr } = await runCli([], { credentials: "/nonexistent" });
  assertEquals([status, stdout], [2, ""]);
  assertStringIncludes(stderr, "Commands:");
});

const SESSION = {
  userinfo: { sub: "anne" },
  tokens: { access_token: "a", id_token: "i", token_type: "bearer", expires_in: 60, refresh_token: "r" },
  fief_auth: { version: 1, base_url: "https://a.example", client_id: "c", expires_at: 99_999_999_999 },
};
const files: [name: string, make: (path: string) => void, status: number, what: string][] = [
  ["missing", () => {}, 3, "Not signed in"],
  ["empty", (path) => Deno.writeTextFileSync(path, ""), 3, "Not signed in"],
  ["{}", (path) => Deno.writeTextFileSync(path, "{}"), 3, "Not signed in"],
  ["truncated", (path) => Deno.writeTextFileSync(path, JSON.stringify(SESSION).slice(0, 100)), 6, "cut off"],
  ["an array", (path) => Deno.writeTextFileSync(path, "[]"), 6, "a JSON array"],
  ["another program's", (path) => Deno.writeTextFileSync(path, '{"auths":{}}'), 6, "the file of another program"],
  ["a directory", (path) => Deno.mkdirSync(path), 6, "it is a directory"],
  [
    "from a newer version",
    (path) =>
      Deno.writeTextFileSync(path, JSON.stringify({ ...SESSION, fief_auth: { ...SESSION.fief_auth, version: 9 } })),
    6,
    "version 9",
  ],
];
for (const [name, make, expected, what] of files) {
  Deno.test(`the command line says what is wrong with a credentials file that is ${name}`, async () => {
    await using directory = await temporaryDirectory();
    const credentials = `${directory.path}/c.json`;
    make(credentials);
    const setup: CliSetup = { credentials, env: { FIEF_BASE_URL: "https://a.example", FIEF_CLIENT_ID: "c" } };
    const { status, stdout, stderr } = await runCli(["token"], setup);
    assertEquals([status, stdout], [expected, ""], stderr);
    assertStringIncludes(stderr, what);
    assertOneError(stderr);
  });
}

Deno.test("the command line reads a credentials file through a symbolic link, and one of the Python client", async () => {
  await using directory = await temporaryDirectory();
  const [real, link] = [`${directory.path}/real.json`, `${directory.path}/c.json`];
  const { fief_auth: _, ...python } = SESSION;
  const claims = btoa(JSON.stringify({ iss: "https://a.example", aud: ["c"], exp: 99_999_999_999 })).replaceAll(
    "=",
    "",
  );
  await Deno.writeTextFile(
    real,
    JSON.stringify({ ...python, tokens: { ...SESSION.tokens, access_token: `e30.${claims}.x` } }),
  );
  await Deno.symlink("real.json", link);
  const { status, stdout, stderr } = await runCli(["token"], { credentials: link, facts: { reads: [real] } });
  assertEquals([status, stdout], [0, `e30.${claims}.x\n`], stderr);
});

const metadata: [name: string, answer: (issuer: string) => Response, what: string][] = [
  ["a web page", () => new Response("<html>"), "a web page"],
  ["no JSON", () => new Response("hello"), "no JSON"],
  [
    "without a token endpoint",
    (issuer) => Response.json({ ...fakeMetadata(issuer), token_endpoint: undefined }),
    'lacks "token_endpoint"',
  ],
  ["of another issuer", () => Response.json(fakeMetadata("https://evil.example")), '"https://evil.example"'],
  [
    "with a javascript: endpoint",
    (issuer) => Response.json({ ...fakeMetadata(issuer), authorization_endpoint: "javascript:alert(1)" }),
    '"javascript:"',
  ],
  [
    "with a file: endpoint",
    (issuer) => Response.json({ ...fakeMetadata(issuer), authorization_endpoint: "file:///etc/passwd" }),
    '"file:"',
  ],
  [
    "with an endpoint on plain http",
    (issuer) => Response.json({ ...fakeMetadata(issuer), token_endpoint: "http://a.example/t" }),
    '"http:"',
  ],
  [
    "with a password in an endpoint",
    (issuer) => Response.json({ ...fakeMetadata(issuer), token_endpoint: "https://a:s3cret@a.example/t" }),
    "a user name or a password",
  ],
];
for (const [name, answer, what] of metadata) {
  Deno.test(`login says what is wrong with metadata that is ${name}`, async () => {
    await using provider = startFakeProvider({ metadata: answer });
    await using directory = await temporaryDirectory();
    const setup = { credentials: `${directory.path}/c.json`, providerOrigin: provider.issuer };
    const { status, stdout, stderr } = await runCli(
      [...LOGIN, "--base-url", provider.issuer, "--client-id", "c"],
      setup,
    );
    assertEquals([status, stdout], [5, ""], stderr);
    assertStringIncludes(stderr, what);
    assertFalse(stderr.includes("s3cret"));
    assertOneError(stderr);
  });
}

Deno.test("login does not trust a certificate that nobody vouches for", async () => {
  await using directory = await temporaryDirectory();
  const { cert, key } = await selfSigned(directory.path);
  const server = Deno.serve({
    hostname: "localhost",
    port: 0,
    cert,
    key,
    onListen() {},
    onError: () => new Response(null),
  }, () => new Response(""));
  const base = `https://localhost:${server.addr.port}`;
  const setup = { credentials: `${directory.path}/c.json`, providerOrigin: base };
  const { status, stderr } = await runCli([...LOGIN, "--base-url", base, "--client-id", "c"], setup);
  await server.shutdown();
  assertEquals(status, 5);
  assertStringIncludes(stderr, "Cannot trust the certificate");
  assertOneError(stderr);
});

async function selfSigned(directory: string): Promise<{ cert: string; key: string }> {
  const [cert, key] = [`${directory}/cert.pem`, `${directory}/key.pem`];
  const args = [
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-days",
    "1",
    "-subj",
    "/CN=localhost",
    "-keyout",
    key,
    "-out",
    cert,
  ];
  const { success, stderr } = await new Deno.Command("openssl", { args, stdout: "null", stderr: "piped" }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return { cert: await Deno.readTextFile(cert), key: await Deno.readTextFile(key) };
}

sourceTest(
  "its permissions are fixed",
  "a missing Deno permission is named with the flag to add, whichever it is",
  async () => {
    await using directory = await temporaryDirectory();
    const credentials = `${directory.path}/c.json`;
    await Deno.writeTextFile(credentials, JSON.stringify(SESSION), { mode: 0o600 });
    const lib = decodeURIComponent(new URL("../../lib", import.meta.url).pathname);
    const env = "FIEF_BASE_URL,FIEF_CLIENT_ID,FIEF_CREDENTIALS,FIEF_PROFILE,FIEF_ACCESS_TOKEN";
    const cases: [flags: string[], flag: string][] = [
      [[`--allow-env=${env}`], `--allow-read=${credentials}`],
      [[`--allow-read=${credentials}`], "--allow-env=FIEF_ACCESS_TOKEN"],
      [
        [`--allow-read=${credentials}`, `--allow-env=${env.replace("FIEF_CREDENTIALS,", "")}`],
        "--allow-env=FIEF_CREDENTIALS",
      ],
    ];
    for (const [flags, flag] of cases) {
      const { status, stderr } = await runCli(["token"], { credentials, flags: [...flags, `--allow-read=${lib}`] });
      assertEquals(status, 2, stderr);
      assertStringIncludes(stderr, flag);
      assertOneError(stderr);
    }
    const noSources = await runCli(["whoami"], {
      credentials,
      flags: [`--allow-read=${credentials}`, `--allow-env=${env}`],
    });
    assertEquals(noSources.status, 2);
    assertStringIncludes(noSources.stderr, `--allow-read=${lib}`);
  },
);
