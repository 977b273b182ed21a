// Manners on a real terminal: narrow ones, dumb ones, screen readers, and a question among messages.
import { assert, assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import { signInAt } from "../support/browser.ts";
import { freeCommand } from "../support/cli.ts";
import { type CliSession, startCliSession } from "../support/cli_session.ts";
import { type OwnPlace, startOwnPlace } from "../support/own_place.ts";
import { hasTerminal, type InTerminal, inTerminal } from "../support/terminal.ts";

const ignore = !hasTerminal();
// deno-lint-ignore no-control-regex -- colors (ECMA-48 section 8.3.117)
const COLOR = /\x1b\[[1-9][\d;]*m/;
// deno-lint-ignore no-control-regex -- whatever moves the cursor or clears
const MOVES = /\x1b\[\??[\d;]*[A-HJKSTfhlsu]|\r(?!\n)/;

function start(args: string[], env: Record<string, string>, columns = 80): InTerminal {
  const command = freeCommand(args);
  const inherited = Object.fromEntries(["PATH", "HOME", "DENO_DIR", "DENO_COVERAGE_DIR"].flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }));
  return inTerminal(command, { ...inherited, ...env }, columns);
}

function login({ provider, credentials }: CliSession, more: string[], env: Record<string, string>, columns = 80) {
  const server = ["--base-url", provider.issuer, "--client-id", "cli", "--redirect-uri", "http://localhost:0/callback"];
  return start(["login", "--no-browser", ...server, ...more], { FIEF_CREDENTIALS: credentials, ...env }, columns);
}

/** Signs in as soon as the terminal says where, and gives all that it has shown. */
async function signedIn(terminal: InTerminal): Promise<string> {
  const [, url] = await terminal.until(/(http:\/\/localhost:\d+\/authorize\?[^\r]+)\r\n/);
  await terminal.until(/Waiting/);
  await signInAt(url!, "anne@example.com");
  assertEquals(await terminal.ended(), 0, terminal.shown());
  assertStringIncludes(terminal.shown(), "Signed in as anne@example.com");
  return terminal.shown();
}

for (
  const [name, more, env, colors, moves] of [
    ["a usual terminal", [], {}, true, true],
    ["NO_COLOR", [], { NO_COLOR: "1" }, false, true],
    ["--plain", ["--plain"], {}, false, false],
    ["TERM=dumb", [], { TERM: "dumb" }, false, false],
    ["--debug", ["--debug"], {}, false, false],
  ] as [string, string[], Record<string, string>, boolean, boolean][]
) {
  Deno.test({
    name: `with ${name} login ${colors ? "has" : "has no"} colors, and ${moves ? "something" : "nothing"} moves`,
    ignore,
    async fn() {
      await using session = await startCliSession();
      const shown = await signedIn(login(session, more, env));
      assertEquals([COLOR.test(shown), MOVES.test(shown)], [colors, moves], JSON.stringify(shown));
    },
  });
}

for (const env of [{ LANG: "C", LC_ALL: "C" }, { LANG: "en_US.UTF-8" }]) {
  Deno.test({
    name: `login draws nothing outside ASCII, which no terminal lacks, with LANG=${env.LANG}`,
    ignore,
    async fn() {
      await using session = await startCliSession();
      const shown = await signedIn(login(session, [], env));
      // deno-lint-ignore no-control-regex -- ASCII, its control characters included
      assertMatch(shown, /^[\x00-\x7f]*$/);
    },
  });
}

Deno.test({
  name: "at 20 columns the spinner stays in its line, and messages break between words",
  ignore,
  async fn() {
    await using session = await startCliSession();
    const shown = await signedIn(login(session, [], {}, 20));
    // deno-lint-ignore no-control-regex -- each time the spinner turns
    const turns = shown.match(/\r\x1b\[K[^\r]*Waiting[^\r]*/g) ?? [];
    assert(turns.length > 0);
    for (const turn of turns) {
      // deno-lint-ignore no-control-regex -- what takes no room
      assert(turn.replaceAll(/\x1b\[[\d;]*[A-Za-z]|\r/g, "").length < 20, JSON.stringify(turn));
    }
  },
});

async function twoProfiles(): Promise<OwnPlace & { env: Record<string, string> }> {
  const at = await startOwnPlace();
  await Deno.mkdir(at.directory, { mode: 0o700 });
  for (
    const [name, email] of [["credentials.json", "anne@example.com"], ["credentials.work.json", "bob@example.com"]]
  ) {
    const file = { userinfo: { sub: email, email }, tokens: null };
    await Deno.writeTextFile(`${at.directory}/${name}`, JSON.stringify(file), { mode: 0o600 });
  }
  return { ...at, env: { XDG_CONFIG_HOME: at.config } };
}

Deno.test({
  name: "profiles use without a name asks at a terminal, by numbers, in lines that nothing comes between",
  ignore,
  async fn() {
    await using at = await twoProfiles();
    const terminal = start(["profiles", "use"], at.env);
    await terminal.until(/Number \(1 to 2\): $/);
    await terminal.type("7\r");
    await terminal.until(/Number \(1 to 2\): 7\r\nNumber \(1 to 2\): $/);
    await terminal.type("2\r");
    assertEquals(await terminal.ended(), 0, terminal.shown());
    assertEquals(terminal.shown().split("\r\n"), [
      "Which profile do you want to use?",
      "  1  default (anne@example.com, in use)",
      "  2  work (bob@example.com)",
      "Number (1 to 2): 7",
      "Number (1 to 2): 2",
      'The profile "work" is in use from now on',
      "",
    ]);
    assertEquals(Deno.readTextFileSync(`${at.directory}/profile`), "work\n");
  },
});

for (
  const [name, typed, status, what] of [
    ["a name in place of its number", "work\r", 0, 'The profile "work" is in use from now on'],
    ["Ctrl-C, once", "\x03", 130, "Interrupted"],
    ["the end of the input", "\x04", 2, "Nothing was chosen"],
    ["three answers that are none", "x\ry\rz\r", 2, "Nothing was chosen"],
  ] as const
) {
  Deno.test({
    name: `the question for a profile takes ${name}`,
    ignore,
    async fn() {
      await using at = await twoProfiles();
      const terminal = start(["profiles", "use"], at.env);
      await terminal.until(/Number \(1 to 2\): $/);
      await terminal.type(typed);
      assertEquals(await terminal.ended(), status, terminal.shown());
      assertStringIncludes(terminal.shown(), what);
      assertEquals(Deno.readTextFileSync(`${at.directory}/credentials.json`).length > 0, true);
    },
  });
}

Deno.test({
  name: "--json asks nobody, even at a terminal",
  ignore,
  async fn() {
    await using at = await twoProfiles();
    const terminal = start(["profiles", "use", "--json"], at.env);
    assertEquals(await terminal.ended(), 2);
    assertFalse(terminal.shown().includes("Number"), terminal.shown());
  },
});

Deno.test({
  name: "profiles at 40 columns are blocks of lines, none of which the terminal has to break",
  ignore,
  async fn() {
    await using at = await twoProfiles();
    const terminal = start(["profiles"], at.env, 28);
    assertEquals(await terminal.ended(), 0);
    for (const line of terminal.shown().split("\r\n")) assert(line.length <= 28, line);
    assertStringIncludes(terminal.shown(), "* default\r\n    not signed in\r\n    anne@example.com\r\n");
  },
});

Deno.test({
  name: "Ctrl-C during a sign-in leaves the terminal as it was",
  ignore,
  async fn() {
    await using session = await startCliSession();
    const words = freeCommand(["login", "--no-browser"]);
    const server = ["--base-url", session.provider.issuer, "--client-id", "cli", "--redirect-uri"];
    const line = [...words, ...server, "http://localhost:0/callback"].map((word) => `'${word}'`).join(" ");
    const env = { PATH: Deno.env.get("PATH")!, HOME: Deno.env.get("HOME")!, FIEF_CREDENTIALS: session.credentials };
    const script =
      `before=$(stty -g); trap : INT; ${line}; echo "status $?"; test "$(stty -g)" = "$before" && echo as before`;
    const terminal = inTerminal(["bash", "-c", script], env);
    await terminal.until(/Waiting for you/);
    await terminal.type("\x03");
    await terminal.until(/status 130/);
    await terminal.ended();
    assertMatch(terminal.shown(), /status 130\r\nas before\r\n/);
  },
});
