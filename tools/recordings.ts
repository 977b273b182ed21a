// Draws docs/images/*.svg, the recordings of the README: the real CLI in a real terminal, against the provider and the API of the demo.
// What differs from run to run (ports, times, tokens) and from machine to machine (paths) is replaced, so that nothing changes by itself.
import { signInAt } from "../tests/support/browser.ts";
import { startCastles } from "../tests/support/castles.ts";
import { cliCommand, cliEnvironment } from "../tests/support/cli.ts";
import { temporaryDirectory } from "../tests/support/directory.ts";
import { expire } from "../tests/support/expire.ts";
import { startProvider } from "../tests/support/provider.ts";
import { hasTerminal, inTerminal } from "../tests/support/terminal.ts";
import { screenLines } from "./terminal_screen.ts";
import { type Step, terminalSvg } from "./terminal_svg.ts";

const COLUMNS = 96;
const USER = "anne@example.com";
const IMAGES = new URL("../docs/images/", import.meta.url);

/** A terminal that remembers what was typed and shown. */
interface Recorder extends AsyncDisposable {
  readonly issuer: string;
  readonly api: string;
  /** Types a command and waits for its end. */
  run(command: string, status?: number): Promise<void>;
  /** The same for a sign-in, in which Anne comes back from the browser. */
  signIn(command: string): Promise<void>;
  /** Makes the access token run out. */
  expire(): void;
  /** How often the token endpoint was asked. */
  tokenRequests(): number;
  note(text: string): void;
  /** What has come together. */
  steps: Step[];
}

async function startRecorder(): Promise<Recorder> {
  const provider = await startProvider();
  const api = startCastles(provider.issuer);
  const directory = await temporaryDirectory();
  const at = (name: string) => `${directory.path}/${name}`;
  const credentials = at("credentials.json");
  const words = cliCommand([], { credentials, flags: ["-A"] }).map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  const anyPort = `[ "$1" = login ] && set -- "$@" --redirect-uri http://localhost:0/callback`;
  await Deno.writeTextFile(at("fief-auth"), `#!/bin/sh\n${anyPort}\nexec ${words.join(" ")} "$@"\n`, { mode: 0o755 });
  // What a browser is told reaches Anne through a named pipe.
  await new Deno.Command("mkfifo", { args: [at("address")] }).output();
  await Deno.writeTextFile(at("browser"), `#!/bin/sh\nprintf %s "$1" > ${at("address")}\n`, { mode: 0o755 });
  const clean = cliEnvironment({ credentials, env: { BROWSER: at("browser") } });
  const env = { ...clean, PATH: `${directory.path}:${clean["PATH"]}` };

  const fixed = (text: string) =>
    text
      .replaceAll(provider.issuer, "https://example.fief.dev")
      .replaceAll(api.origin, "https://api.example.com")
      .replaceAll(credentials, "~/.config/fief-auth/credentials.json")
      .replaceAll(/(eyJ[\w-]{13})[\w-]*(?:\.[\w-]+)+/g, "$1...")
      .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d/g, "2026-01-01T12:00:00")
      .replaceAll(/in (59|60) minutes/g, "in 60 minutes")
      .replaceAll(/\d+ seconds ago/g, "10 seconds ago");
  const steps: Step[] = [];
  const show = (kind: Step["kind"], text: string) => void steps.push({ kind, lines: screenLines(fixed(text)) });
  const type = (command: string) => {
    show("command", `$ ${command}`);
    return inTerminal(["bash", "-c", command], env, COLUMNS);
  };
  const end = async (terminal: ReturnType<typeof inTerminal>, expected: number) => {
    const status = await terminal.ended();
    if (status !== expected) throw new Error(`Status ${status} in place of ${expected}: ${terminal.shown()}`);
    show("output", terminal.shown());
  };
  return {
    issuer: provider.issuer,
    api: api.origin,
    steps,
    run: (command, status = 0) => end(type(command), status),
    signIn: async (command) => {
      const terminal = type(command);
      const early = terminal.ended().then(() =>
        Promise.reject(new Error(`No browser was opened: ${terminal.shown()}`))
      );
      early.catch(() => {});
      await signInAt(await Promise.race([Deno.readTextFile(at("address")), early]), USER);
      await end(terminal, 0);
    },
    expire: () => expire(credentials),
    tokenRequests: () => provider.requestsTo(provider.tokenPath),
    note: (text) => show("note", text),
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]();
      await provider[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** From the first command to the last. */
async function recordSession(): Promise<string> {
  await using recorder = await startRecorder();
  const { issuer, api } = recorder;
  await recorder.signIn(`fief-auth login --base-url ${issuer} --client-id cli \\\n    --api-origin ${api}`);
  await recorder.run("fief-auth hello");
  await recorder.run("fief-auth token");
  await recorder.run(`fief-auth call-api ${api}/castles`);
  await recorder.run("fief-auth status");
  await recorder.run("fief-auth logout");
  await recorder.run("fief-auth hello", 3);
  return terminalSvg("A whole session: login, hello, token, call-api, status, logout", recorder.steps, COLUMNS);
}

/** Twenty processes want a token at the moment when there is none. */
async function recordRefresh(): Promise<string> {
  await using recorder = await startRecorder();
  await recorder.signIn(`fief-auth login --base-url ${recorder.issuer} --client-id cli`);
  recorder.steps.length = 0;
  recorder.expire();
  const before = recorder.tokenRequests();
  await recorder.run("fief-auth status");
  await recorder.run("for i in {1..20}; do fief-auth token & done | sort | uniq -c");
  recorder.note(`# refreshes that the server saw: ${recorder.tokenRequests() - before}`);
  await recorder.run("fief-auth hello");
  return terminalSvg("Twenty processes ask for a token at once: one refresh", recorder.steps, COLUMNS);
}

if (import.meta.main) {
  if (!hasTerminal()) {
    console.error("A recording needs a terminal: script(1) of util-linux");
    Deno.exit(1);
  }
  await Deno.mkdir(IMAGES, { recursive: true });
  const recordings = { "session.svg": await recordSession(), "refresh.svg": await recordRefresh() };
  for (const [name, svg] of Object.entries(recordings)) {
    await Deno.writeTextFile(new URL(name, IMAGES), svg);
    console.log(`docs/images/${name}: ${svg.length} bytes`);
  }
}
