// A branded CLI is its author's: nowhere does it speak of another one.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { VERSION } from "../../lib/version.ts";
import { signInAt } from "../support/browser.ts";
import { denoRunFlags } from "../support/cli.ts";
import { startCliSession } from "../support/cli_session.ts";
import { temporaryDirectory } from "../support/directory.ts";

const ACME = decodeURIComponent(new URL("../../examples/acme.ts", import.meta.url).pathname);
const COMMANDS = ["login", "hello", "whoami", "token", "call-api", "exec", "credential", "status", "doctor", "logout"];
const ALL = [...COMMANDS, "profiles", "completions", "castles"];
/** Its home is another one: Deno's cache is where it was. */
const DENO_DIR: string = JSON.parse(
  new TextDecoder().decode(new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).outputSync().stdout),
).denoDir;
/** What no output of it may hold. That a server may be one of Fief is a fact about servers. */
const FOREIGN = /fief[-_]auth|FIEF_|fief\.dev/i;

function spawn(args: string[], env: Record<string, string>): Deno.ChildProcess {
  const flags = denoRunFlags().filter((flag) => !flag.startsWith("--allow"));
  const inherited = ["PATH", "DENO_COVERAGE_DIR", "DENO_TLS_CA_STORE"].flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  });
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", "--cached-only", ...flags, ACME, ...args],
    clearEnv: true,
    env: { ...Object.fromEntries(inherited), DENO_DIR, ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function run(
  args: string[],
  env: Record<string, string> & { HOME: string },
): Promise<{ status: number; text: string }> {
  const { code, stdout, stderr } = await spawn(args, env).output();
  const text = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
  // Where Deno, this project and the home of the test are is no word of the CLI's own.
  return {
    status: code,
    text: text.replaceAll(Deno.execPath(), "DENO").replaceAll(ACME, "ACME").replaceAll(env.HOME, "HOME"),
  };
}

Deno.test("a branded CLI never names another: help, completions, errors, doctor, pages and paths", async (t) => {
  await using session = await startCliSession();
  await using home = await temporaryDirectory();
  const env = {
    HOME: home.path,
    XDG_CONFIG_HOME: `${home.path}/config`,
    ACME_SERVER: session.provider.issuer,
    ACME_API: session.api.origin,
    // Those of another CLI are none of its business.
    FIEF_CREDENTIALS: `${home.path}/other.json`,
    FIEF_ACCESS_TOKEN: "other-token",
    FIEF_PROFILE: "other",
  };
  const own = async (args: string[], status?: number) => {
    const result = await run(args, env);
    assertEquals(result.text.match(FOREIGN)?.[0], undefined, `${args.join(" ")}: ${result.text}`);
    if (status !== undefined) assertEquals(result.status, status, result.text);
    return result.text;
  };

  await t.step("help", async () => {
    const help = await own(["help"], 0);
    for (const name of ALL) assertMatch(help, new RegExp(`^  ${name} `, "m"));
    const pages = await Promise.all(ALL.map((name) => own([name, "--help"], 0)));
    assert(pages.every((page) => page.includes("acme ") && !/--base-url|--client-id/.test(page)));
    assertStringIncludes(await own(["exec", "--help"], 0), "ACME_ACCESS_TOKEN");
    assertStringIncludes(await own(["credential", "--help"], 0), "!acme credential git");
    // Whoever reports a bug needs both versions.
    const { text } = await run(["--version"], env);
    assertMatch(text, /^acme 1\.0\.0 \(fief-auth \d+\.\d+\.\d+, Deno \d+\.\d+\.\d+, [a-z0-9_-]+/);
    const facts = JSON.parse((await run(["--version", "--json"], env)).text);
    assertEquals([facts.name, facts.version, facts.fief_auth], ["acme", "1.0.0", VERSION]);
  });

  await t.step("completions", async () => {
    for (const shell of ["bash", "zsh", "fish", "powershell"]) {
      const script = await own(["completions", shell], 0);
      for (const word of ["acme", "castles", "region"]) assertStringIncludes(script, word);
    }
  });

  await t.step("errors and hints", async () => {
    const errors: [args: string[], status: number, hint: string][] = [
      [["castels"], 2, "acme castles"],
      [["castles", "--regoin", "x"], 2, "--region"],
      [["castles", "x"], 2, "acme castles --help"],
      [["castles"], 3, "acme login"],
      [["token"], 3, "acme login"],
      [["token", "--json"], 3, "acme login"],
      [["hello"], 3, "acme login"],
      [["exec", "--", "true"], 125, "acme login"],
      [["call-api", "https://other.example/"], 3, "acme login"],
      [["--profile", "work", "token"], 3, "acme"],
      [["status"], 3, "acme"],
      [["logout"], 0, ""],
      [["profiles", "list"], 0, ""],
    ];
    for (const [args, status, hint] of errors) assertStringIncludes(await own(args, status), hint);
  });

  await t.step("doctor", async () => {
    assertStringIncludes(await own(["doctor"]), "HOME/config/acme");
  });

  await t.step("sign-in, its page and its file", async () => {
    const child = spawn(["login", "--no-browser", "--redirect-uri", "http://localhost:0/callback"], env);
    let told = "";
    let page: Awaited<ReturnType<typeof signInAt>> | undefined;
    const text = new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>;
    const stdout = new Response(child.stdout).text();
    for await (const chunk of child.stderr.pipeThrough(text)) {
      told += chunk;
      const url = told.match(/^(http:\/\/\S+)\s*$/m)?.[1];
      if (url !== undefined && page === undefined) page = await signInAt(url, "anne@example.com");
    }
    assertEquals((await child.status).code, 0, told);
    assertEquals((told + await stdout).match(FOREIGN), null, told);
    assertEquals(page!.html.match(FOREIGN), null, page!.html);
    assertStringIncludes(page!.html, "Welcome. Your castles are waiting in the terminal.");
    assertStringIncludes(page!.html, ".app { color: #8a3ffc; }");
    const directory = `${home.path}/config/acme`;
    assertEquals((await Deno.stat(`${directory}/credentials.json`)).isFile, true);
    assertEquals(Array.from(Deno.readDirSync(`${home.path}/config`), ({ name }) => name), ["acme"]);
    assertEquals(Array.from(Deno.readDirSync(directory)).filter(({ name }) => /fief/.test(name)), []);
    for (const args of [["status"], ["hello"], ["castles"], ["doctor"]]) await own(args);
    // Its token goes to the origins that it was built with, and to no other.
    assertStringIncludes(await own(["call-api", "https://other.example/"], 2), "--api-origin https://other.example");
  });
});

Deno.test("examples/acme.ts has less than 40 lines", async () => {
  assert((await Deno.readTextFile(ACME)).split("\n").length <= 40);
});
