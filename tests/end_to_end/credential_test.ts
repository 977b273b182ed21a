// `credential`: what git, kubectl and curl are told, and what they are not. tests/helpers/ asks the programs themselves.
import { assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import { type CliSetup, runCli } from "../support/cli.ts";
import { startCliSession } from "../support/cli_session.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { expire } from "../support/expire.ts";
import { NO_SERVER, saveSession } from "../support/saved_session.ts";

const TOKEN = "credential-token-0123456789-abcdefghijklmnop";
const NAMED = "https://git.example.com";

async function startScene(options: { signedIn?: boolean; accessToken?: string } = {}) {
  const directory = await temporaryDirectory();
  const credentials = `${directory.path}/credentials.json`;
  const { signedIn = true, accessToken = TOKEN } = options;
  if (signedIn) await saveSession(credentials, { accessToken, apiOrigins: [NAMED, "http://127.0.0.1:3000"] });
  return {
    credentials,
    run: (args: string[], setup: Partial<CliSetup> = {}) =>
      runCli(["credential", ...args], { credentials, providerOrigin: NO_SERVER, ...setup }),
    expiry: () => JSON.parse(Deno.readTextFileSync(credentials)).fief_auth.expires_at as number,
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

// git

const basic = (expiry: number, username = "oauth2") =>
  `username=${username}\npassword=${TOKEN}\npassword_expiry_utc=${expiry}\n`;
const bearer = (expiry: number) =>
  `capability[]=authtype\nauthtype=Bearer\ncredential=${TOKEN}\nephemeral=1\npassword_expiry_utc=${expiry}\n`;

const answers: [name: string, args: string[], input: string, answer: (expiry: number) => string][] = [
  ["a named origin", [], "protocol=https\nhost=git.example.com\n\n", basic],
  ["a named origin with a path", [], "protocol=https\nhost=git.example.com\npath=anne/castles.git\n\n", basic],
  ["a named origin with its port", [], "protocol=https\nhost=git.example.com:443\n", basic],
  ["a named origin in capitals", [], "protocol=https\nhost=GIT.example.com\n", basic],
  ["a named origin on this machine", [], "protocol=http\nhost=127.0.0.1:3000\n", basic],
  ["the base URL's origin", [], "protocol=https\nhost=fief.invalid\n", basic],
  [
    "an origin named by an option",
    ["--api-origin", "https://other.example"],
    "protocol=https\nhost=other.example\n",
    basic,
  ],
  [
    "a user that git knows",
    [],
    "protocol=https\nhost=git.example.com\nusername=anne\n",
    (expiry) => basic(expiry, "anne"),
  ],
  [
    "a user named by an option",
    ["--username", "x-token-auth"],
    "protocol=https\nhost=git.example.com\n",
    (expiry) => basic(expiry, "x-token-auth"),
  ],
  ["a git that takes any scheme", [], "capability[]=authtype\nprotocol=https\nhost=git.example.com\n", bearer],
  [
    "a git that takes any scheme, and a server that asks for this one",
    [],
    'capability[]=authtype\nprotocol=https\nhost=git.example.com\nwwwauth[]=Basic realm="a"\nwwwauth[]=Bearer\n',
    bearer,
  ],
  [
    "a git that takes any scheme, and a server that asks for another",
    [],
    'capability[]=authtype\nprotocol=https\nhost=git.example.com\nwwwauth[]=Basic realm="a"\n',
    basic,
  ],
  ["an origin that nobody named", [], "protocol=https\nhost=other.example\n\n", () => ""],
  ["another port", [], "protocol=https\nhost=git.example.com:8443\n\n", () => ""],
  ["a name that begins as a named one", [], "protocol=https\nhost=git.example.com.evil.example\n\n", () => ""],
  ["a user within the host", [], "protocol=https\nhost=git.example.com@evil.example\n\n", () => ""],
  ["plain http", [], "protocol=http\nhost=git.example.com\n\n", () => ""],
  ["plain http that somebody named", [], "protocol=http\nhost=fief.invalid\n\n", () => ""],
  ["another protocol", [], "protocol=ssh\nhost=git.example.com\n\n", () => ""],
  ["no host", [], "protocol=https\n\n", () => ""],
  ["nothing at all", [], "", () => ""],
];
for (const [name, args, input, answer] of answers) {
  Deno.test(`credential git get answers for ${name} with ${answer(0) === "" ? "nothing" : "a credential"}`, async () => {
    await using scene = await startScene();
    const result = await scene.run(["git", ...args, "get"], { stdin: input });
    assertEquals(result, { status: 0, stdout: answer(scene.expiry()), stderr: "" });
  });
}

const refused: [name: string, input: string][] = [
  ["a carriage return", "protocol=https\nhost=git.example.com\rx\n\n"],
  ["a line break in the host", "protocol=https\nhost=evil.example\nhost=git.example.com\n\n"],
  ["a NUL", "protocol=https\nhost=git.example.com\0\n\n"],
  ["what is no pair", "protocol=https\nhost=git.example.com\ngarbage\n\n"],
  ["more than 1 MB", `protocol=https\nhost=git.example.com\npath=${"a".repeat(1_100_000)}`],
];
for (const [name, input] of refused) {
  Deno.test(`credential git refuses ${name}, whatever it is asked`, async () => {
    await using scene = await startScene();
    for (const what of ["get", "store", "erase"]) {
      const { status, stdout, stderr } = await scene.run(["git", what], { stdin: input });
      assertEquals([status, stdout], [2, ""]);
      assertStringIncludes(stderr, "What git has sent");
    }
  });
}

Deno.test("credential git says where to sign in for a named origin, and nothing at all for others, when nobody is signed in", async () => {
  await using scene = await startScene({ signedIn: false });
  const args = ["git", "--api-origin", NAMED, "get"];
  const named = await scene.run(args, { stdin: "protocol=https\nhost=git.example.com\n\n" });
  assertEquals([named.status, named.stdout], [3, ""]);
  assertStringIncludes(named.stderr, "Sign in with: fief-auth login");
  const other = await scene.run(args, { stdin: "protocol=https\nhost=other.example\n\n" });
  assertEquals(other, { status: 0, stdout: "", stderr: "" });
});

Deno.test("credential git store does nothing, nor does what git may ask one day", async () => {
  await using scene = await startScene();
  const before = await Deno.readTextFile(scene.credentials);
  const input = `protocol=https\nhost=git.example.com\nusername=oauth2\npassword=${TOKEN}\n\n`;
  for (const what of ["store", "capability", "approve", "GET"]) {
    assertEquals(await scene.run(["git", what], { stdin: input }), { status: 0, stdout: "", stderr: "" });
  }
  assertEquals(await Deno.readTextFile(scene.credentials), before);
});

Deno.test("credential git erase gets another token in the place of the refused one, once, and ends no session", async () => {
  await using session = await startCliSession();
  await session.signIn();
  const { tokenPath } = session.provider;
  const first = (await session.run(["token"])).stdout.trim();
  const host = new URL(session.api.origin).host;
  const erase = (password: string, at = host) =>
    session.run(["credential", "git", "erase"], {
      stdin: `protocol=http\nhost=${at}\nusername=oauth2\npassword=${password}\n\n`,
    });
  const nothing = { status: 0, stdout: "", stderr: "" };
  // Another password than the saved token, or another server's: nothing follows.
  assertEquals(await erase("something else"), nothing);
  assertEquals(await erase(first, "other.example"), nothing);
  assertEquals([(await session.run(["token"])).stdout.trim(), session.provider.requestsTo(tokenPath)], [first, 1]);
  // Five of git's processes whose token was refused at the same time.
  assertEquals(await Promise.all(Array.from({ length: 5 }, () => erase(first))), Array(5).fill(nothing));
  assertEquals(await erase(first), nothing);
  const second = (await session.run(["token"])).stdout.trim();
  assertEquals([second === first, session.provider.requestsTo(tokenPath)], [false, 2]);
  // git 2.46 names what was refused in another way.
  const credential = `protocol=http\nhost=${host}\nauthtype=Bearer\ncredential=${second}\n\n`;
  assertEquals(await session.run(["credential", "git", "erase"], { stdin: credential }), nothing);
  const third = (await session.run(["token"])).stdout.trim();
  assertFalse(third === second);
  // One that has run out is no affair of git's either, unless it is the refused one.
  expire(session.credentials);
  assertEquals(await erase(second), nothing);
  assertEquals(session.provider.requestsTo(tokenPath), 3);
  assertEquals((await session.run(["status"])).status, 0);
});

Deno.test("credential git erase leaves the session as it is where the server cannot be reached or there is no refresh token", async () => {
  await using scene = await startScene();
  const input = `protocol=https\nhost=git.example.com\npassword=${TOKEN}\n\n`;
  const failed = await scene.run(["git", "erase"], { stdin: input });
  assertEquals([failed.status, failed.stdout], [5, ""]);
  const file = JSON.parse(await Deno.readTextFile(scene.credentials));
  assertEquals([file.tokens.access_token, file.tokens.refresh_token], [TOKEN, "refresh-token-of-nobody"]);
  await Deno.writeTextFile(
    scene.credentials,
    JSON.stringify({ ...file, tokens: { ...file.tokens, refresh_token: null } }),
  );
  assertEquals((await scene.run(["git", "erase"], { stdin: input })).status, 3);
  const get = await scene.run(["git", "get"], { stdin: "protocol=https\nhost=git.example.com\n\n" });
  assertStringIncludes(get.stdout, `password=${TOKEN}\n`);
});

// kubectl

const V1 = "client.authentication.k8s.io/v1";
const asks = (apiVersion: unknown, cluster?: unknown, interactive = false) =>
  JSON.stringify({
    kind: "ExecCredential",
    apiVersion,
    spec: { interactive, ...cluster === undefined ? {} : { cluster } },
  });

for (const version of ["v1", "v1beta1"]) {
  Deno.test(`credential kubectl answers in ${version} where it is asked in it`, async () => {
    await using scene = await startScene();
    const apiVersion = `client.authentication.k8s.io/${version}`;
    for (const server of [`${NAMED}/k8s/clusters/c-1`, `${NAMED}:443`]) {
      const env = { KUBERNETES_EXEC_INFO: asks(apiVersion, { server, "certificate-authority-data": "..." }, true) };
      const { status, stdout, stderr } = await scene.run(["kubectl"], { env });
      assertEquals([status, stderr], [0, ""]);
      const expirationTimestamp = new Date(scene.expiry() * 1000).toISOString().replace(".000Z", "Z");
      assertEquals(JSON.parse(stdout), {
        apiVersion,
        kind: "ExecCredential",
        status: { expirationTimestamp, token: TOKEN },
      });
    }
  });
}

const cluster = { server: NAMED };
const kubectls: [name: string, info: string | undefined, status: number, what: string][] = [
  [
    "the oldest version",
    asks("client.authentication.k8s.io/v1alpha1", cluster),
    2,
    '"client.authentication.k8s.io/v1alpha1" is no version',
  ],
  [
    "a version to come",
    asks("client.authentication.k8s.io/v2", cluster),
    2,
    "Write apiVersion: client.authentication.k8s.io/v1",
  ],
  ["a version with a line break", asks("v1\n\x1b[31mred", cluster), 2, '"v1 [31mred" is no version'],
  ["no variable", undefined, 2, "The variable KUBERNETES_EXEC_INFO is not set"],
  ["no JSON", "{", 2, "holds no ExecCredential"],
  ["JSON of another kind", JSON.stringify({ kind: "Pod", apiVersion: V1 }), 2, "holds no ExecCredential"],
  ["null", "null", 2, "holds no ExecCredential"],
  ["no cluster", asks(V1), 2, "Write provideClusterInfo: true"],
  ["a cluster without a server", asks(V1, { server: "" }), 2, "Write provideClusterInfo: true"],
  [
    "a cluster that nobody named",
    asks(V1, { server: "https://other.example:6443" }),
    2,
    "--api-origin https://other.example:6443",
  ],
  ["a cluster on plain http", asks(V1, { server: "http://git.example.com" }), 2, "plain http"],
  ["a cluster that is no URL", asks(V1, { server: "git.example.com" }), 2, "no http or https URL"],
];
for (const [name, info, expected, what] of kubectls) {
  Deno.test(`credential kubectl refuses ${name} in words`, async () => {
    await using scene = await startScene();
    const env: Record<string, string> = info === undefined ? {} : { KUBERNETES_EXEC_INFO: info };
    const { status, stdout, stderr } = await scene.run(["kubectl"], { env });
    assertEquals([status, stdout], [expected, ""], stderr);
    assertStringIncludes(stderr, what);
  });
}

Deno.test("credential kubectl asks nobody anything when nobody is signed in, although somebody could answer", async () => {
  await using scene = await startScene({ signedIn: false });
  const env = { KUBERNETES_EXEC_INFO: asks(V1, cluster, true) };
  const { status, stdout, stderr } = await scene.run(["kubectl", "--api-origin", NAMED], { env });
  assertEquals([status, stdout], [3, ""]);
  assertStringIncludes(stderr, "Sign in with: fief-auth login");
});

// curl

Deno.test("credential curl writes a line of curl's configuration, in quotes that no token ends", async () => {
  for (const [token, written] of [[TOKEN, TOKEN], [`a"b\\c#'d`, `a\\"b\\\\c#'d`]] as const) {
    await using scene = await startScene({ accessToken: token });
    const result = await scene.run(["curl", `${NAMED}/castles?a=b`]);
    assertEquals(result, { status: 0, stdout: `header = "Authorization: Bearer ${written}"\n`, stderr: "" });
  }
});

const wrong: [args: string[], what: string][] = [
  [["curl", "https://other.example/"], "--api-origin https://other.example"],
  [["curl", "http://git.example.com/"], "plain http"],
  [["curl", "git.example.com"], "no http or https URL"],
  [["curl", "https://anne:pw@git.example.com/"], "no user name and no password"],
  [["curl"], '"credential curl" needs the URL that curl is to ask'],
  [["curl", NAMED, "--json"], "What curl reads is no JSON"],
  [["git"], '"credential git" needs get, store or erase'],
  [["git", "get", "--username", "a\nhost=b"], "--username"],
  [["git", "get", "--api-origin", "https://a.example/path"], "is not the origin of an API"],
  [["kubectl", "get"], '"credential kubectl" does not take "get"'],
  [["docker"], '"credential" knows git, kubectl and curl, not "docker"'],
  [["toString"], '"credential" knows git, kubectl and curl'],
  [[], '"credential" needs PROGRAM'],
];
for (const [args, what] of wrong) {
  Deno.test(`credential ${args.join(" ").replace("\n", " ")} is refused, and no token printed`, async () => {
    await using scene = await startScene();
    const { status, stdout, stderr } = await scene.run(args, { stdin: "protocol=https\nhost=git.example.com\n\n" });
    assertEquals([status, stdout], [2, ""], stderr);
    assertStringIncludes(stderr, what);
    assertFalse(stderr.includes(TOKEN) || stderr.includes(":pw@"));
  });
}

Deno.test("credential gives a token of the environment as it is, to named origins only, and touches no file", async () => {
  await using scene = await startScene({ signedIn: false });
  const env = { FIEF_ACCESS_TOKEN: "from-ci", FIEF_BASE_URL: "https://fief.example.com", FIEF_CLIENT_ID: "cli" };
  const own = await scene.run(["curl", "https://fief.example.com/x"], { env });
  assertEquals(own, { status: 0, stdout: 'header = "Authorization: Bearer from-ci"\n', stderr: "" });
  assertEquals((await scene.run(["curl", NAMED], { env })).status, 2);
  const git = { env, stdin: "protocol=https\nhost=git.example.com\n\n" };
  assertEquals((await scene.run(["git", "get"], git)).stdout, "");
  assertEquals(
    (await scene.run(["git", "--api-origin", NAMED, "get"], git)).stdout,
    "username=oauth2\npassword=from-ci\n",
  );
  const erase = { env, stdin: "protocol=https\nhost=fief.example.com\npassword=from-ci\n\n" };
  assertEquals(await scene.run(["git", "erase"], erase), { status: 0, stdout: "", stderr: "" });
});
