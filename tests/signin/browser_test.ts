import { assertEquals, assertRejects } from "@std/assert";
import { FiefError } from "../../lib/errors.ts";
import type { Host } from "../../lib/host.ts";
import { type BrowserChoice, openBrowser } from "../../lib/signin/browser.ts";
import { sshCommand } from "../../lib/signin/ssh.ts";
import { recordedOutput, testHost } from "../support/host.ts";

const URL_TO_OPEN = "http://localhost:51562/start/abc";

interface Setup {
  os?: Host["os"];
  variables?: Record<string, string>;
  terminal?: boolean;
  choice?: BrowserChoice;
  run?: Host["run"];
}

async function open({ os = "linux", variables = {}, terminal = true, choice = "auto", run }: Setup) {
  const started: string[][] = [];
  const host = testHost({
    os,
    env: (name) => variables[name],
    stderr: recordedOutput(terminal ? 80 : undefined),
    run: run ?? ((program, args) => {
      started.push([program, ...args]);
      return Promise.resolve(true);
    }),
  });
  return { result: await openBrowser(URL_TO_OPEN, choice, host), started };
}

const opened: [name: string, setup: Setup, command: string[]][] = [
  ["Linux with a display", { variables: { DISPLAY: ":0" } }, ["xdg-open", URL_TO_OPEN]],
  ["Linux with Wayland", { variables: { WAYLAND_DISPLAY: "wayland-0" } }, ["xdg-open", URL_TO_OPEN]],
  ["macOS", { os: "darwin" }, ["open", URL_TO_OPEN]],
  ["Windows", { os: "windows" }, ["rundll32.exe", "url.dll,FileProtocolHandler", URL_TO_OPEN]],
  ["WSL", { variables: { WSL_DISTRO_NAME: "Debian" } }, ["wslview", URL_TO_OPEN]],
  ["SSH with a display", { variables: { SSH_CONNECTION: "a 1 b 2", DISPLAY: ":10" } }, ["xdg-open", URL_TO_OPEN]],
  ["a named browser", { choice: { command: "firefox" } }, ["firefox", URL_TO_OPEN]],
  ["a named browser with the place of the URL", { choice: { command: "firefox --new-tab %s --x" } }, [
    "firefox",
    "--new-tab",
    URL_TO_OPEN,
    "--x",
  ]],
  ["a named browser where nobody can see it", {
    choice: { command: "firefox" },
    terminal: false,
    variables: { CI: "true" },
  }, ["firefox", URL_TO_OPEN]],
  ["BROWSER", { variables: { BROWSER: "lynx" }, terminal: false }, ["lynx", URL_TO_OPEN]],
  ["BROWSER with the place of the URL", { variables: { BROWSER: "w3m -o a=%s" } }, ["w3m", "-o", `a=${URL_TO_OPEN}`]],
];
for (const [name, setup, command] of opened) {
  Deno.test(`openBrowser() starts ${command[0]} on ${name}`, async () => {
    const { result, started } = await open(setup);
    assertEquals([result, started], [{ opened: true }, [command]] as unknown as [typeof result, string[][]]);
  });
}

const printed: [name: string, setup: Setup, reason: string][] = [
  ["nobody wants one", { choice: "never" }, "no browser was wanted"],
  ["there is no display", {}, "there is no display"],
  ["this is CI", { variables: { CI: "1", DISPLAY: ":0" } }, "this is a CI run"],
  [
    "this is SSH without a display",
    { variables: { SSH_CONNECTION: "a 1 b 2" } },
    "this is an SSH session without a display",
  ],
  [
    "this is SSH to a Mac",
    { os: "darwin", variables: { SSH_CONNECTION: "a 1 b 2" } },
    "this is an SSH session without a display",
  ],
  ["there is no terminal", { variables: { DISPLAY: ":0" }, terminal: false }, "no terminal is there for you to see"],
];
for (const [name, setup, reason] of printed) {
  Deno.test(`openBrowser() starts nothing when ${name}`, async () => {
    const { result, started } = await open(setup);
    assertEquals([result, started], [{ opened: false, reason }, []] as unknown as [typeof result, string[][]]);
  });
}

const failing: [name: string, thrown: Error | undefined, reason: string][] = [
  ["is not there", new Deno.errors.NotFound(), '"firefox" is not there'],
  ["may not be started", new Deno.errors.PermissionDenied(), '"firefox" may not be started'],
  [
    "is refused by Deno",
    new Deno.errors.NotCapable('Requires run access to "firefox", run again with the --allow-run flag'),
    'Deno may not start "firefox": add --allow-run=firefox',
  ],
  ["ends with an error", undefined, '"firefox" failed'],
];
for (const [name, thrown, reason] of failing) {
  Deno.test(`openBrowser() says so when the program ${name}`, async () => {
    const run = () => thrown ? Promise.reject(thrown) : Promise.resolve(false);
    const { result } = await open({ choice: { command: "firefox" }, run });
    assertEquals(result, { opened: false, reason });
  });
}

Deno.test("openBrowser() tries the next of BROWSER when one fails", async () => {
  const tried: string[] = [];
  const run: Host["run"] = (program) => {
    tried.push(program);
    return program === "c" ? Promise.resolve(true) : Promise.reject(new Deno.errors.NotFound());
  };
  assertEquals((await open({ variables: { BROWSER: "a:b %s::c" }, run })).result, { opened: true });
  assertEquals(tried, ["a", "b", "c"]);
});

Deno.test("openBrowser() empties what a browser must not inherit, and what Deno says it minds", async () => {
  const given: Record<string, string>[] = [];
  const message =
    "Requires --allow-run permissions to spawn subprocess with LD_BIND_NOW, LD_DEBUG environment variables.";
  const run: Host["run"] = (_program, _args, env) => {
    given.push(env);
    return given.length === 1 ? Promise.reject(new Deno.errors.NotCapable(message)) : Promise.resolve(true);
  };
  assertEquals((await open({ choice: { command: "firefox" }, run })).result, { opened: true });
  const names = ["LD_PRELOAD", "LD_LIBRARY_PATH", "DYLD_INSERT_LIBRARIES", "FIEF_ACCESS_TOKEN", "FIEF_ENCRYPTION_KEY"];
  for (const name of names) assertEquals(given[0]![name], "");
  assertEquals([given[1]!["LD_BIND_NOW"], given[1]!["LD_DEBUG"], given[1]!["LD_PRELOAD"]], ["", "", ""]);
});

for (const command of ["-e alert", "--version", "-"]) {
  Deno.test(`openBrowser() refuses the program "${command}"`, async () => {
    const error = await assertRejects(() => open({ choice: { command } }), FiefError);
    assertEquals(error.code, "usage_invalid");
  });
}

for (const command of ["sh -c $(rm)", "firefox; rm -rf x", "firefox && calc", "firefox `id`"]) {
  Deno.test(`openBrowser() gives "${command}" to no shell`, async () => {
    const { started } = await open({ choice: { command } });
    assertEquals(started, [[...command.split(" "), URL_TO_OPEN]]);
  });
}

for (
  const url of [
    "javascript:alert(1)",
    "file:///etc/passwd",
    "https://a b",
    "https://a.example/$(x)|y",
    "-x",
    "https://a.example/`id`",
    "",
  ]
) {
  Deno.test(`openBrowser() opens no "${url}"`, async () => {
    await assertRejects(() => openBrowser(url, "auto", testHost({})), FiefError);
  });
}

Deno.test("openBrowser() hands the URL to the host's own browser where it has one", async () => {
  const host = testHost({ openBrowser: (url: string) => Promise.resolve(url === URL_TO_OPEN) });
  assertEquals(await openBrowser(URL_TO_OPEN, "auto", host), { opened: true });
});

const ssh: [variables: Record<string, string>, command: string | undefined][] = [
  [{}, undefined],
  [{ SSH_CONNECTION: "10.0.0.1 5000 10.0.0.2 22", USER: "anne" }, "ssh -N -L 51562:localhost:51562 anne@10.0.0.2"],
  [
    { SSH_CONNECTION: "10.0.0.1 5000 10.0.0.2 22", USER: "-oProxyCommand=x" },
    "ssh -N -L 51562:localhost:51562 10.0.0.2",
  ],
  [{ SSH_CONNECTION: "10.0.0.1 5000 10.0.0.2 2222" }, "ssh -N -L 51562:localhost:51562 -p 2222 10.0.0.2"],
  [{ SSH_CONNECTION: "x 1 $(id) 2" }, undefined],
  [{ SSH_CONNECTION: "x 1 10.0.0.2 $(id)" }, undefined],
];
for (const [variables, command] of ssh) {
  Deno.test(`sshCommand() is ${command} when the variables are ${JSON.stringify(variables)}`, () => {
    assertEquals(sshCommand("http://localhost:51562/callback", { env: (name) => variables[name] }), command);
  });
}
