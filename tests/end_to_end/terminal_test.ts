// The real CLI in a real terminal: spinner, pasted redirect URL, progress bar, colors.
import { assert, assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import { redirectAfterSignIn, signInAt } from "../support/browser.ts";
import { freeCommand } from "../support/cli.ts";
import { type CliSession, startCliSession } from "../support/cli_session.ts";
import { hasTerminal, inTerminal } from "../support/terminal.ts";

const ignore = !hasTerminal();

function run(session: CliSession, args: string[], columns = 80, env: Record<string, string> = {}) {
  const command = freeCommand(args);
  const inherited = Object.fromEntries(["PATH", "HOME", "DENO_DIR", "DENO_COVERAGE_DIR"].flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }));
  return inTerminal(command, { ...inherited, FIEF_CREDENTIALS: session.credentials, ...env }, columns);
}

function login(session: CliSession): string[] {
  return [
    "login",
    "--no-browser",
    "--base-url",
    session.provider.issuer,
    "--client-id",
    "cli",
    "--redirect-uri",
    "http://localhost:0/callback",
  ];
}

Deno.test({
  name: "login takes the redirect URL pasted into the terminal, shows nothing of it, and turns a spinner meanwhile",
  ignore,
  async fn() {
    await using session = await startCliSession();
    const terminal = run(session, login(session));
    const [, url] = await terminal.until(/(http:\/\/localhost:\d+\/authorize\?\S+)\r\n/);
    // deno-lint-ignore no-control-regex -- a colored spinner, of characters that every terminal has
    await terminal.until(/\x1b\[36m[|/\\-]\x1b\[0m Waiting for you in the browser/);
    await terminal.type("this is not it\r");
    await terminal.until(/That is not it/);
    const redirect = await redirectAfterSignIn(url!, "anne@example.com");
    await terminal.type(`${redirect}\r`);
    assertEquals(await terminal.ended(), 0, terminal.shown());
    assertStringIncludes(terminal.shown(), "Signed in as anne@example.com\r\n");
    assertFalse(terminal.shown().includes(new URL(redirect).searchParams.get("code")!));
    // deno-lint-ignore no-control-regex -- the spinner is gone
    assertMatch(terminal.shown(), /\r\x1b\[KSigned in as/);
  },
});

Deno.test({
  name: "login goes on listening for the browser while it would take a pasted URL",
  ignore,
  async fn() {
    await using session = await startCliSession();
    const terminal = run(session, login(session));
    const [, url] = await terminal.until(/(http:\/\/localhost:\d+\/authorize\?\S+)\r\n/);
    await terminal.until(/Waiting for you/);
    await signInAt(url!, "bob@example.com");
    assertEquals(await terminal.ended(), 0, terminal.shown());
    assertStringIncludes(terminal.shown(), "Signed in as bob@example.com");
  },
});

Deno.test({
  name: "login ends at Ctrl-C in the terminal with status 130",
  ignore,
  async fn() {
    await using session = await startCliSession();
    const terminal = run(session, login(session));
    await terminal.until(/Waiting for you/);
    await terminal.type("\x03");
    assertEquals(await terminal.ended(), 130, terminal.shown());
  },
});

Deno.test({
  name: "call-api shows how far a large download is, and takes it away",
  ignore,
  async fn() {
    await using session = await startCliSession({}, () => {
      let left = 3;
      const body = new ReadableStream({
        async pull(controller) {
          if (left-- === 0) return controller.close();
          await new Promise((resolve) => setTimeout(resolve, 600)); // slow enough for the bar's second beat
          controller.enqueue(new Uint8Array(1_000_000));
        },
      });
      return new Response(body, { headers: { "content-length": "3000000" } });
    });
    await session.signIn();
    const file = `${session.directory}/large`;
    const terminal = run(session, ["call-api", session.api.origin, "-o", file]);
    assertEquals(await terminal.ended(), 0, terminal.shown());
    assertMatch(terminal.shown(), /\[00:0\d\] \[#+-+\] \[\d\.\d\d\/2\.86 MiB\]/);
    // deno-lint-ignore no-control-regex -- nothing is left of it
    assertMatch(terminal.shown(), /\x1b\[K$/);
    assertEquals((await Deno.stat(file)).size, 3_000_000);
  },
});

Deno.test({
  name: "errors are red on a terminal, and not with --no-color or NO_COLOR; help fits into 40 columns",
  ignore,
  async fn() {
    await using session = await startCliSession();
    const red = "\x1b[1;31mfief-auth:\x1b[0m Not signed in";
    const cases: [args: string[], env: Record<string, string>, colored: boolean][] = [
      [["hello"], {}, true],
      [["hello", "--no-color"], {}, false],
      [["hello"], { NO_COLOR: "1" }, false],
    ];
    for (const [args, env, colored] of cases) {
      const terminal = run(session, args, 80, {
        FIEF_BASE_URL: session.provider.issuer,
        FIEF_CLIENT_ID: "cli",
        ...env,
      });
      assertEquals(await terminal.ended(), 3);
      assertEquals(terminal.shown().includes(red), colored, terminal.shown());
      assertStringIncludes(terminal.shown(), "Not signed in");
    }
    const help = run(session, ["token", "--help"], 40);
    assertEquals(await help.ended(), 0);
    for (const line of help.shown().split("\r\n")) assert(line.length <= 40, line);
  },
});
