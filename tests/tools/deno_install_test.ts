// The lines with `deno install -g` in the README, as a user's shell runs them.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { signInAt } from "../support/browser.ts";
import { denoRunFlags, startCli } from "../support/cli.ts";
import { startCliSession } from "../support/cli_session.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { expire } from "../support/expire.ts";
import { exactFlags } from "../support/own_place.ts";

const ROOT = new URL("../../", import.meta.url).pathname.replace(/\/$/, "");
const ignore = Deno.build.os !== "linux";

/** The block of the README that holds this text, without its indentation. */
function block(text: string): string {
  const parts = Deno.readTextFileSync(`${ROOT}/README.md`).split("\n\n");
  const found = parts.find((part) => part.startsWith("    ") && part.includes(text));
  assert(found !== undefined, text);
  return found.replaceAll(/^ {4}/gm, "");
}

/** `--allow-x=a,b` as sets. */
function grants(flags: string[]): Record<string, string[]> {
  return Object.fromEntries(flags.map((flag) => {
    const [name, values = ""] = flag.split("=");
    return [name, values.split(",").sort()];
  }));
}

Deno.test({
  name: "README: deno install -g from JSR grants what login needs, and no other command at that server needs more",
  ignore,
  fn: async () => {
    const line = block("jsr:@fief/auth/main");
    const { exports } = JSON.parse(Deno.readTextFileSync(`${ROOT}/deno.json`));
    assertEquals(exports["./main"], "./main.ts");
    // What the shell makes of it.
    const { stdout } = await new Deno.Command("sh", {
      args: ["-c", `deno() { printf '%s\\n' "$@"; }\n${line}`],
      clearEnv: true,
      env: { HOME: "/home/anne" },
    }).output();
    const words = new TextDecoder().decode(stdout).trim().split("\n");
    assertEquals(words.slice(0, 5), ["install", "-g", "-n", "fief-auth", "--no-prompt"]);
    const given = grants(words.filter((word) => word.startsWith("--allow-")));
    const env = { HOME: "/home/anne", FIEF_BASE_URL: "https://example.fief.dev", FIEF_CLIENT_ID: "cli" };
    const needed = async (args: string[]) => {
      const flags = grants(await exactFlags(args, env));
      // A package from JSR is not read from a file.
      return { ...flags, "--allow-read": flags["--allow-read"]!.filter((path) => path.startsWith("/home/anne/")) };
    };
    assertEquals(given, await needed(["login"]));
    const api = ["call-api", "https://example.fief.dev/api"];
    for (const args of [["hello"], ["whoami"], ["token"], ["status"], ["logout"], api]) {
      for (const [name, values] of Object.entries(await needed(args))) {
        // The directory of the file is granted, and with it the file.
        const missing = values.filter((value) => !given[name]!.some((grant) => `${value}/`.startsWith(`${grant}/`)));
        assertEquals(missing, [], `${args[0]}: ${name}`);
      }
    }
  },
});

Deno.test({
  name:
    "README: deno install -g from a clone makes a command that signs in, with exact flags; -f upgrades and uninstall removes it",
  ignore,
  fn: async () => {
    await using session = await startCliSession();
    await using home = await temporaryDirectory();
    const { denoDir } = JSON.parse(
      new TextDecoder().decode((await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output()).stdout),
    );
    // Deno as a user has it: `deno` in PATH.
    await Deno.mkdir(`${home.path}/bin`);
    await Deno.symlink(Deno.execPath(), `${home.path}/bin/deno`);
    const env = {
      HOME: home.path,
      PATH: `${home.path}/bin:${Deno.env.get("PATH")}`,
      DENO_DIR: denoDir,
      DENO_INSTALL_ROOT: `${home.path}/.deno`,
      DENO_NO_UPDATE_CHECK: "1",
      NO_COLOR: "1",
      FIEF_AUTH_DENO_FLAGS: Deno.env.get("FIEF_AUTH_DENO_FLAGS") ?? "",
    };
    const shell = async (script: string) => {
      const { code, stdout, stderr } = await new Deno.Command("sh", {
        args: ["-euc", script],
        cwd: ROOT,
        clearEnv: true,
        env,
        stdin: "null",
      }).output();
      assertEquals(code, 0, new TextDecoder().decode(stderr));
      return new TextDecoder().decode(stdout);
    };
    // As it stands in the README, for the server of this test, any port, and whichever @std there is.
    const lines = block("eval")
      .replace("https://example.fief.dev", session.provider.issuer)
      .replace("permissions login", "permissions login --redirect-uri http://localhost:0/callback")
      .replace("install -g", `install -g ${denoRunFlags().join(" ")}`);
    await shell(lines);
    const binary = `${home.path}/.deno/bin/fief-auth`;
    assertMatch(await Deno.readTextFile(binary), /--no-prompt/);
    assert(!/--allow-(read|write|net|env|run|all)(\s|$)|\s-A\s/.test(await Deno.readTextFile(binary)));

    const start = (args: string[]) =>
      startCli(args, { binary, credentials: "", env: { ...env, FIEF_AUTH_DENO_FLAGS: "" } });
    const run = (args: string[]) => start(args).result();
    const signedOut = await run(["status"]);
    assertEquals(signedOut.status, 3, signedOut.stderr);
    const login = start([
      "login",
      "--no-browser",
      "--base-url",
      session.provider.issuer,
      "--client-id",
      "cli",
      "--redirect-uri",
      "http://localhost:0/callback",
    ]);
    await signInAt(await login.authorizationUrl(), "anne@example.com");
    const signedIn = await login.result();
    assertEquals(signedIn.status, 0, signedIn.stderr);
    const hello = await run(["hello"]);
    assertEquals([hello.status, hello.stdout], [0, "Hello, anne@example.com\n"]);
    expire(`${home.path}/.config/fief-auth/credentials.json`);
    const token = await run(["token"]);
    assertEquals([token.status, token.stderr], [0, ""]);
    assertEquals(session.provider.requestsTo(session.provider.tokenPath), 2); // the code exchange and one refresh
    const elsewhere = await run(["call-api", "https://api.example.com/", "--api-origin", "https://api.example.com"]);
    assertEquals(elsewhere.status, 2);
    assertStringIncludes(elsewhere.stderr, "--allow-net=api.example.com:443");
    assertEquals((await run(["logout"])).status, 0);

    await shell(lines.replace("install -g", "install -f -g"));
    assertMatch((await run(["--version"])).stdout, /^fief-auth \d/);
    await shell("deno uninstall -g fief-auth");
    assertEquals([...Deno.readDirSync(`${home.path}/.deno/bin`)].map(({ name }) => name), []);
  },
});
