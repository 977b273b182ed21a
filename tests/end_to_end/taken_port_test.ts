// Another program has the port of the redirect: whoever listens there would get the answer, so no browser is opened.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { signInAt } from "../support/browser.ts";
import type { CliSetup } from "../support/cli.ts";
import { type CliSession, startCliSession } from "../support/cli_session.ts";
import { hasIPv6 } from "../support/loopback.ts";

/** How the browser is named. */
type Named = "--browser" | "BROWSER";

/** A browser that only tells that it was started, and where it was sent. */
interface RecordingBrowser {
  path: string;
  /** The addresses so far. */
  addresses(): Promise<string[]>;
}

async function recordingBrowser({ directory }: CliSession): Promise<RecordingBrowser> {
  const [path, log] = [`${directory}/browser`, `${directory}/addresses`];
  await Deno.writeTextFile(path, `#!/bin/sh\necho "$1" >> ${log}\n`, { mode: 0o755 });
  return {
    path,
    addresses: async () => (await Deno.readTextFile(log).catch(() => "")).split("\n").filter(Boolean),
  };
}

/** `login` at these redirect URIs, with this browser. */
function login(session: CliSession, redirectUris: string[], { path }: RecordingBrowser, named: Named) {
  const args = ["login", "--base-url", session.provider.issuer, "--client-id", "cli"];
  for (const uri of redirectUris) args.push("--redirect-uri", uri);
  const setup: Partial<CliSetup> = { redirectUris, facts: { browsers: [path] } };
  return named === "--browser"
    ? session.start([...args, "--browser", path], setup)
    : session.start(args, { ...setup, env: { BROWSER: path } });
}

/** A port that is free now. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

const uriAt = (port: number) => `http://localhost:${port}/callback`;

const POSIX = Deno.build.os !== "windows";
const occupied: [name: string, hostname: string][] = [
  ["on IPv4 only", "127.0.0.1"],
  ["on IPv6 only", "::1"],
  ["on every IPv4 address", "0.0.0.0"],
  ["on every address", "::"],
];
for (const [name, hostname] of occupied) {
  for (const named of ["--browser", "BROWSER"] as const) {
    Deno.test({
      name: `login opens no browser (${named}) and ends with status 4 when another program listens on the port ${name}`,
      // macOS lets a program have one address of a port whose every address another has: then the one that is asked for is ours.
      ignore: !POSIX || !hasIPv6() || Deno.build.os === "darwin" && ["0.0.0.0", "::"].includes(hostname),
      async fn() {
        await using session = await startCliSession();
        const browser = await recordingBrowser(session);
        using taken = Deno.listen({ hostname, port: 0 });
        const uri = uriAt(taken.addr.port);
        const { status, stdout, stderr } = await login(session, [uri], browser, named).result();
        assertEquals([status, stdout], [4, ""]);
        assertStringIncludes(stderr, `Another program listens at "${uri}"`);
        assertMatch(stderr, /^End .*, or register a redirect URI with another port/m);
        assertEquals(await browser.addresses(), []);
        assertEquals(session.provider.total(), 0, "and nobody is asked anything");
      },
    });
  }
}

for (const hostname of ["127.0.0.1", "::1"]) {
  Deno.test({
    name:
      `login opens no browser when a program on ${hostname} has grabbed the port since the last sign-in, which stays`,
    ignore: !POSIX || !hasIPv6(),
    async fn() {
      await using session = await startCliSession();
      const browser = await recordingBrowser(session);
      const uri = uriAt(freePort());
      const first = login(session, [uri], browser, "--browser");
      await first.untilStderr("The browser is open");
      await signInAt((await browser.addresses())[0]!, "anne@example.com");
      assertEquals((await first.result()).status, 0);
      const before = session.file();

      using _taken = Deno.listen({ hostname, port: Number(new URL(uri).port) });
      const second = await login(session, [uri], browser, "--browser").result();
      assertEquals(second.status, 4);
      assertStringIncludes(second.stderr, `Another program listens at "${uri}"`);
      assertEquals((await browser.addresses()).length, 1);
      assertEquals(session.file(), before);
    },
  });

  Deno.test({
    name: `login goes on at the next redirect URI when a program on ${hostname} has the port of the first`,
    ignore: !POSIX || !hasIPv6(),
    async fn() {
      await using session = await startCliSession();
      const browser = await recordingBrowser(session);
      using taken = Deno.listen({ hostname, port: 0 });
      const uris = [uriAt(taken.addr.port), uriAt(freePort())];
      const running = login(session, uris, browser, "BROWSER");
      await running.untilStderr("The browser is open");
      const [address, ...others] = await browser.addresses();
      assertEquals(others, []);
      assertMatch(address!, new RegExp(`^${new URL(uris[1]!).origin}/start/`));
      await signInAt(address!, "anne@example.com");
      const { status, stderr } = await running.result();
      assertEquals(status, 0);
      assertStringIncludes(stderr, `Another program listens at ${uris[0]}: trying ${uris[1]}`);
    },
  });
}

Deno.test({
  name: "login opens no browser when every one of several ports is taken, and names the last one",
  ignore: !POSIX,
  async fn() {
    await using session = await startCliSession();
    const browser = await recordingBrowser(session);
    using one = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    using two = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const uris = [uriAt(one.addr.port), uriAt(two.addr.port)];
    const { status, stderr } = await login(session, uris, browser, "BROWSER").result();
    assertEquals(status, 4);
    assertStringIncludes(stderr, `Another program listens at "${uris[1]}"`);
    assertEquals(await browser.addresses(), []);
  },
});
