// The QR code of `login --device` in a real terminal, read back from its screen.
import { assert, assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import { enterCodeAt } from "../support/browser.ts";
import { freeCommand } from "../support/cli.ts";
import { type CliSession, startCliSession } from "../support/cli_session.ts";
import { readQrCode } from "../support/qr_code.ts";
import { hasTerminal, inTerminal } from "../support/terminal.ts";

const ignore = !hasTerminal();

interface Screen {
  more?: string[];
  columns?: number;
  rows?: number;
  env?: Record<string, string>;
}

/** The real CLI in a terminal. */
function run(session: CliSession, args: string[], { columns = 80, rows = 40, env = {} }: Screen = {}) {
  const server = ["--base-url", session.provider.issuer, "--client-id", "cli"];
  const inherited = Object.fromEntries(["PATH", "HOME", "DENO_DIR", "DENO_COVERAGE_DIR"].flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }));
  return inTerminal(
    freeCommand([...args, ...server]),
    { ...inherited, FIEF_CREDENTIALS: session.credentials, ...env },
    columns,
    rows,
  );
}

/** `login --device` in a terminal, up to where it waits for the user. */
async function login(session: CliSession, screen: Screen = {}) {
  const terminal = run(session, ["login", "--device", ...screen.more ?? []], screen);
  const [, complete] = await terminal.until(/(http:\/\/localhost:\d+\/device\?user_code=[A-Z-]+)\r\n/);
  await terminal.until(/Your code, good for 10 minutes:\s+[A-Z]{4}-[A-Z]{4}\r\n/);
  return { terminal, complete: complete! };
}

Deno.test({
  name: "a camera reads the complete address from the terminal, dark or light, and the sign-in goes on from there",
  ignore,
  async fn() {
    await using session = await startCliSession({ device: { interval: 0.1 } });
    const { terminal, complete } = await login(session);
    await terminal.until(/Waiting for you in the browser/);
    const read = readQrCode(terminal.shown(), "dark");
    assertEquals([read, readQrCode(terminal.shown(), "light")], [complete, complete]);
    await enterCodeAt(read!, undefined, "anne@example.com");
    assertEquals(await terminal.ended(), 0, terminal.shown());
    // deno-lint-ignore no-control-regex -- the spinner is gone
    assertMatch(terminal.shown(), /\r\x1b\[KSigned in as anne@example\.com\r\n$/);
  },
});

Deno.test({
  name: "on a terminal of 24 rows the whole QR code and the code to enter are in sight",
  ignore,
  async fn() {
    await using session = await startCliSession({ device: { interval: 0.1 } });
    const { terminal, complete } = await login(session, { rows: 24 });
    await terminal.until(/Waiting for you in the browser/);
    const lastScreen = terminal.shown().split("\r\n").slice(-24).join("\r\n");
    assertEquals(readQrCode(lastScreen, "dark"), complete);
    assertStringIncludes(lastScreen, complete.slice(-9));
    await terminal.type("\x03");
    assertEquals(await terminal.ended(), 130);
    assertMatch(terminal.shown(), /Interrupted/);
  },
});

const without: [name: string, screen: Screen][] = [
  ["too low", { rows: 15 }],
  ["too narrow", { columns: 32 }],
  ["--quiet", { more: ["--quiet"] }],
  ["--plain", { more: ["--plain"] }],
  ["TERM=dumb", { env: { TERM: "dumb" } }],
];
for (const [name, screen] of without) {
  Deno.test({
    name: `no QR code is drawn: ${name}`,
    ignore,
    async fn() {
      await using session = await startCliSession({ device: { interval: 0.1 } });
      const { terminal, complete } = await login(session, screen);
      assertFalse(/[█▀▄]/u.test(terminal.shown()), terminal.shown());
      await enterCodeAt(complete, undefined, "anne@example.com");
      assertEquals(await terminal.ended(), 0, terminal.shown());
    },
  });
}

Deno.test({
  name: "with --json the line is whole on a narrow terminal, and no QR code is drawn",
  ignore,
  async fn() {
    await using session = await startCliSession({ device: { interval: 60 } });
    const terminal = run(session, ["login", "--device", "--json"], { columns: 40 });
    const [line] = await terminal.until(/\{"device_authorization".*?\}\}(?=\r\n)/);
    assertMatch(JSON.parse(line).device_authorization.user_code, /^[A-Z]{4}-[A-Z]{4}$/);
    await terminal.until(/Waiting/);
    assertFalse(/[█▀▄]/u.test(terminal.shown()));
    await terminal.type("\x03");
    assertEquals(await terminal.ended(), 130);
  },
});

for (
  const [name, screen] of [["--no-color", { more: ["--no-color"] }], ["NO_COLOR", { env: { NO_COLOR: "1" } }]] as [
    string,
    Screen,
  ][]
) {
  Deno.test({
    name: `with ${name} the QR code is drawn without colors, for a dark terminal`,
    ignore,
    async fn() {
      await using session = await startCliSession({ device: { interval: 0.1 } });
      const { terminal, complete } = await login(session, screen);
      assertEquals(readQrCode(terminal.shown(), "dark"), complete);
      // deno-lint-ignore no-control-regex -- colors; the spinner of @std goes back to the usual ones, also where it has set none
      assertFalse(/\x1b\[(?!0m)[0-9;]*m/.test(terminal.shown()));
      await enterCodeAt(complete, undefined, "anne@example.com");
      assertEquals(await terminal.ended(), 0);
    },
  });
}

Deno.test({
  name: "in a terminal without a display login signs in by code by itself, with a QR code",
  ignore,
  async fn() {
    await using session = await startCliSession({ device: { interval: 0.1 } });
    const terminal = run(session, ["login"]);
    await terminal.until(/Waiting/);
    const read = readQrCode(terminal.shown(), "dark");
    assert(read?.includes("/device?user_code="), terminal.shown());
    await enterCodeAt(read!, undefined, "bob@example.com");
    assertEquals(await terminal.ended(), 0, terminal.shown());
    assertStringIncludes(terminal.shown(), "Signed in as bob@example.com");
  },
});
