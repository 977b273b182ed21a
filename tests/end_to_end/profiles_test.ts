// Several accounts side by side: real providers, the real CLI where a user has it, exact permissions.
import { assert, assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import { BINARY } from "../support/cli.ts";
import { ScriptedBrowser } from "../support/browser.ts";
import { expire } from "../support/expire.ts";
import { type OwnPlace, startOwnPlace } from "../support/own_place.ts";
import { startProvider } from "../support/provider.ts";

const ignore = Deno.build.os !== "linux"; // where the directory for settings is, as these tests set it

/** Two servers, and a user with an account at each. */
async function twoAccounts(): Promise<OwnPlace & { home: string; work: string; fields: Record<string, string> }> {
  const [home, work] = [await startProvider(), await startProvider()];
  const place = await startOwnPlace();
  assertEquals((await place.signIn(home.issuer, "anne@example.com")).status, 0);
  const more = ["--profile", "work", "--api-origin", "https://api.work.example"];
  assertEquals((await place.signIn(work.issuer, "bob@example.com", more)).status, 0);
  return {
    ...place,
    home: home.issuer,
    work: work.issuer,
    fields: { password: "secret" },
    async [Symbol.asyncDispose]() {
      for (const each of [place, home, work]) await each[Symbol.asyncDispose]();
    },
  };
}

Deno.test({
  name:
    "two accounts on two servers live side by side: each profile is asked of its own server, and none shares anything",
  ignore,
  async fn() {
    await using at = await twoAccounts();
    assertEquals((await at.run(["hello"])).stdout, "Hello, anne@example.com\n");
    assertEquals((await at.run(["hello", "--profile", "work"])).stdout, "Hello, bob@example.com\n");
    assertEquals((await at.run(["hello"], { env: { FIEF_PROFILE: "work" } })).stdout, "Hello, bob@example.com\n");
    const [home, work] = [at.file("credentials.json"), at.file("credentials.work.json")];
    assertEquals([home.fief_auth.base_url, work.fief_auth.base_url], [at.home, at.work]);
    assertEquals([home.fief_auth.api_origins, work.fief_auth.api_origins], [undefined, ["https://api.work.example"]]);
    // The token goes nowhere that only the other profile's sign-in has named.
    const refused = await at.run(["call-api", "https://api.work.example/"]);
    assertEquals(refused.status, 2);
    assertMatch(refused.stderr, /https:\/\/api\.work\.example/);
    // Each refreshes at its own server, under its own lock, at the same time.
    for (const name of ["credentials.json", "credentials.work.json"]) expire(`${at.directory}/${name}`);
    const [first, second] = await Promise.all([at.run(["token"]), at.run(["token", "--profile", "work"])]);
    assertEquals([first.status, second.status], [0, 0], first.stderr + second.stderr);
    assertEquals(`${at.file("credentials.json").tokens.access_token}\n`, first.stdout);
    assertEquals(`${at.file("credentials.work.json").tokens.access_token}\n`, second.stdout);
    // A logout of one is none of the other.
    assertEquals((await at.run(["logout", "--profile", "work"])).status, 0);
    assertEquals((await at.run(["status", "--profile", "work"])).status, 3);
    assertEquals((await at.run(["status"])).status, 0);
    assertEquals(at.files().filter((name) => !name.endsWith(".lock")), ["credentials.json", "credentials.work.json"]);
  },
});

Deno.test({
  name: "settings of the environment that are meant for one account are refused for the other, and nothing is sent",
  ignore,
  async fn() {
    await using at = await twoAccounts();
    const { status, stdout, stderr } = await at.run(["token", "--profile", "work"], {
      env: { FIEF_BASE_URL: at.home },
    });
    assertEquals([status, stdout], [2, ""]);
    assertStringIncludes(stderr, at.work);
    // A token of the environment is in place of the session, but not of one that is named.
    const env = { FIEF_ACCESS_TOKEN: "from-ci" };
    assertEquals((await at.run(["token"], { env })).stdout, "from-ci\n");
    assertEquals((await at.run(["token", "--profile", "default"], { env })).stdout, (await at.run(["token"])).stdout);
  },
});

Deno.test({
  name: "two sign-ins at a time take two ports: the second one goes on to the next redirect URI that is registered",
  ignore,
  async fn() {
    await using provider = await startProvider();
    await using at = await startOwnPlace();
    using held = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const taken = `http://localhost:${held.addr.port}/callback`;
    const running = await at.start([
      "login",
      "--no-browser",
      "--profile",
      "second",
      "--base-url",
      provider.issuer,
      "--client-id",
      "cli",
      "--redirect-uri",
      taken,
      "--redirect-uri",
      "http://localhost:0/callback",
    ]);
    const url = await running.authorizationUrl();
    await new ScriptedBrowser().visit(url, { fields: { login: "bob@example.com", password: "secret" } });
    const { status, stderr } = await running.result();
    assertEquals(status, 0, stderr);
    assertStringIncludes(stderr, `Another program listens at ${taken}`);
  },
});

Deno.test({
  name: "profiles lists who is signed in where, and which profile is in use; --json has the same",
  ignore,
  async fn() {
    await using at = await twoAccounts();
    await at.run(["logout", "--profile", "work"]);
    const text = await at.run(["profiles"]);
    assertEquals([text.status, text.stderr], [0, ""]);
    assertEquals(text.stdout.split("\n"), [
      `* default  signed in      ${at.home}  anne@example.com`,
      `  work     not signed in  ${at.work}`,
      "",
    ]);
    const { stdout } = await at.run(["profiles", "list", "--json"]);
    assertEquals(JSON.parse(stdout).profiles, [
      {
        name: "default",
        in_use: true,
        signed_in: true,
        user: { sub: JSON.parse(stdout).profiles[0].user.sub, email: "anne@example.com" },
        base_url: at.home,
        client_id: "cli",
        credentials: `${at.directory}/credentials.json`,
      },
      {
        name: "work",
        in_use: false,
        signed_in: false,
        user: null,
        base_url: at.work,
        client_id: "cli",
        credentials: `${at.directory}/credentials.work.json`,
      },
    ]);
  },
});

Deno.test({
  name: "profiles tells of a file that cannot be read, and goes on with the others",
  ignore,
  async fn() {
    await using at = await startOwnPlace();
    const none = await at.run(["profiles"]);
    assertEquals([none.status, none.stdout, none.stderr], [0, "* default  not signed in\n", ""]);
    await Deno.mkdir(at.directory);
    await Deno.writeTextFile(`${at.directory}/credentials.broken.json`, "{");
    const { status, stdout } = await at.run(["profiles"]);
    assertEquals(status, 0);
    assertMatch(stdout, /^ {2}broken {3}cannot be read {4}The credentials file /m);
    const json = JSON.parse((await at.run(["profiles", "--json"])).stdout);
    assertEquals(json.profiles[1].error.code, "credentials_invalid");
  },
});

Deno.test({
  name: "profiles use NAME makes it the one of later runs, also of a cached token; options and variables go before it",
  ignore,
  async fn() {
    await using at = await twoAccounts();
    const { status, stdout, stderr } = await at.run(["profiles", "use", "work"]);
    assertEquals([status, stdout, stderr], [0, 'The profile "work" is in use from now on\n', ""]);
    assertEquals((await at.run(["token"])).stdout, `${at.file("credentials.work.json").tokens.access_token}\n`);
    assertEquals((await at.run(["hello"])).stdout, "Hello, bob@example.com\n");
    assertEquals((await at.run(["hello", "--profile", "default"])).stdout, "Hello, anne@example.com\n");
    assertEquals((await at.run(["hello"], { env: { FIEF_PROFILE: "default" } })).stdout, "Hello, anne@example.com\n");
    const file = { FIEF_CREDENTIALS: `${at.directory}/credentials.json` };
    assertEquals((await at.run(["hello"], { env: file })).stdout, "Hello, anne@example.com\n");
    assertMatch((await at.run(["profiles"])).stdout, /^\* work/m);
    const said = await at.run(["profiles", "use", "default"], { env: { FIEF_PROFILE: "work" } });
    assertStringIncludes(said.stderr, "FIEF_PROFILE is set: it goes before");
    assertEquals((await at.run(["hello"])).stdout, "Hello, anne@example.com\n");
    assertFalse(at.files().includes("profile"), "the usual profile leaves no choice behind");
  },
});

Deno.test({
  name: "a login goes into the profile in use, and says by what name where that is not signed in",
  ignore,
  async fn() {
    await using at = await twoAccounts();
    await at.run(["profiles", "use", "work"]);
    const home = Deno.readTextFileSync(`${at.directory}/credentials.json`);
    await at.run(["logout"]);
    assertEquals((await at.run(["hello"])).status, 3);
    assertEquals((await at.signIn(at.work, "anne@example.com")).status, 0);
    assertEquals(at.file("credentials.work.json").userinfo.email, "anne@example.com");
    assertEquals(Deno.readTextFileSync(`${at.directory}/credentials.json`), home);
  },
});

Deno.test({
  name: "a choice that is no name stops every command with status 6, but not profiles use, which mends it",
  ignore,
  async fn() {
    await using at = await twoAccounts();
    await Deno.writeTextFile(`${at.directory}/profile`, "../elsewhere\n");
    for (const args of [["token"], ["hello"], ["status"]]) {
      const { status, stdout, stderr } = await at.run(args, { flags: ["-A"] });
      assertEquals([status, stdout], [6, ""]);
      assertStringIncludes(stderr, "Choose a profile again: fief-auth profiles use NAME");
    }
    assertEquals((await at.run(["profiles"])).status, 0);
    assertEquals((await at.run(["profiles", "use", "work"])).status, 0);
    assertEquals((await at.run(["hello"])).stdout, "Hello, bob@example.com\n");
  },
});

Deno.test({
  name: "profiles remove refuses what is signed in and what is in use, and with --force removes file, draft and lock",
  ignore,
  async fn() {
    await using at = await twoAccounts();
    const signedIn = await at.run(["profiles", "remove", "work"]);
    assertEquals([signedIn.status, signedIn.stdout], [2, ""]);
    assertEquals(signedIn.stderr.split("\n"), [
      'fief-auth: The profile "work" is signed in as bob@example.com',
      "Sign out first: fief-auth logout --profile work, or remove it all the same: --force",
      "",
    ]);
    await at.run(["logout", "--profile", "work"]);
    await at.run(["profiles", "use", "work"]);
    const inUse = await at.run(["profiles", "remove", "work"]);
    assertEquals(inUse.status, 2);
    assertStringIncludes(inUse.stderr, 'The profile "work" is in use');
    await Deno.writeTextFile(`${at.directory}/credentials.work.json.tmp`, "left by a process that died");
    const removed = await at.run(["profiles", "remove", "work", "--force"]);
    assertEquals([removed.status, removed.stdout], [0, 'The profile "work" is removed\n']);
    assertStringIncludes(removed.stderr, 'It was in use: the profile "default" is from now on');
    assertEquals(at.files().filter((name) => /work|profile/.test(name)), []);
    assertEquals((await at.run(["hello"])).stdout, "Hello, anne@example.com\n");
  },
});

Deno.test({
  name: "a profile that is signed out and not in use goes without --force",
  ignore,
  async fn() {
    await using at = await twoAccounts();
    await at.run(["logout", "--profile", "work"]);
    const { status, stdout, stderr } = await at.run(["profiles", "remove", "work", "--json"]);
    assertEquals([status, stderr], [0, ""]);
    assertEquals(JSON.parse(stdout), { removed: "work", in_use: "default" });
    assertEquals(at.files().filter((name) => name.includes("work")), []);
  },
});

Deno.test({
  name: "a profile that does not exist is named with the nearest one, and where nobody can be asked all are listed",
  ignore,
  async fn() {
    await using at = await twoAccounts();
    const cases: [args: string[], message: string, hint: string][] = [
      [["profiles", "use", "wrok"], 'There is no profile "wrok"', "Did you mean: work"],
      [["profiles", "remove", "somewhere"], 'There is no profile "somewhere"', "There are: default, work"],
      [
        ["profiles", "use"],
        "Which profile is to be used?",
        "Name it: fief-auth profiles use NAME. There are: default, work",
      ],
      [["profiles", "frob"], '"profiles" cannot "frob", only list, use, remove', "See: fief-auth profiles --help"],
      [["profiles", "list", "--force"], '"list" does not take --force', "See: fief-auth profiles --help"],
      [["profiles", "--profile", "work"], '"profiles" does not take --profile', "Leave --profile out"],
    ];
    for (const [args, message, hint] of cases) {
      const { status, stdout, stderr } = await at.run(args, { stdin: "work\n" });
      assertEquals([status, stdout, stderr], [2, "", `fief-auth: ${message}\n${hint}\n`]);
    }
    // With exact permissions the other profiles are none of this command's business; where it may look it says the nearest.
    const blind = await at.run(["hello", "--profile", "wrok"]);
    assertEquals([blind.status, blind.stderr], [
      3,
      'fief-auth: Not signed in: there is no profile "wrok"\nSign in with: fief-auth login --base-url URL --client-id ID --profile wrok' +
      (BINARY === undefined ? "\n" : ", or did you mean work?\n"),
    ]);
    const { stderr } = await at.run(["hello", "--profile", "wrok"], { flags: ["-A"] });
    assertStringIncludes(stderr, " --profile wrok, or did you mean work?\n");
  },
});

Deno.test({
  name: "login --switch lets another user in although the browser is signed in, in one round",
  ignore,
  async fn() {
    await using provider = await startProvider();
    await using at = await startOwnPlace();
    const browser = new ScriptedBrowser();
    const login = async (email: string, more: string[]) => {
      const running = await at.start([
        "login",
        "--no-browser",
        "--base-url",
        provider.issuer,
        "--client-id",
        "cli",
        ...more,
      ]);
      const url = await running.authorizationUrl();
      await browser.visit(url, { fields: { login: email, password: "secret" } });
      assertEquals((await running.result()).status, 0);
      return { url: new URL(url), who: at.file("credentials.json").userinfo.email };
    };
    assertEquals((await login("anne@example.com", [])).who, "anne@example.com");
    // The browser's session decides, whatever is typed.
    assertEquals((await login("bob@example.com", [])).who, "anne@example.com");
    const { who, url } = await login("bob@example.com", ["--switch"]);
    assertEquals([who, url.searchParams.get("prompt")], ["bob@example.com", "login"]);
    const both = await at.run(["login", "--switch", "--param", "prompt=consent", "--base-url", provider.issuer]);
    assertEquals(both.status, 2);
    assert(!both.stderr.includes("Open this address"), both.stderr);
  },
});

Deno.test({
  name: "login --switch gets a refresh token also where that takes consent",
  ignore,
  async fn() {
    await using provider = await startProvider({ strict: true });
    await using at = await startOwnPlace();
    assertEquals((await at.signIn(provider.issuer, "anne@example.com", ["--switch"])).status, 0);
    assert(at.file("credentials.json").tokens.refresh_token);
  },
});
