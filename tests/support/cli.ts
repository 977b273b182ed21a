// Starts the real CLI as a process of its own, with exact permissions and a clean environment.
import { appOf } from "../../lib/cli/app.ts";
import { commandNames } from "../../lib/cli/commands.ts";
import { denoFlags, type PermissionFacts } from "../../lib/cli/permissions.ts";

/** How a run ended. */
export interface CliResult {
  status: number;
  stdout: string;
  stderr: string;
}

/** A run that goes on. */
export interface RunningCli {
  /** Resolves when it has ended. */
  result(): Promise<CliResult>;
  /** The URL that `login --no-browser` prints. */
  authorizationUrl(): Promise<string>;
  /** Resolves when standard error contains this text. */
  untilStderr(text: string): Promise<void>;
  /** Resolves when standard error matches, to the match. */
  stderrMatch(pattern: RegExp): Promise<RegExpMatchArray>;
  kill(signal: Deno.Signal): void;
  /** Goes away as a reader of standard output. */
  closeStdout(): void;
  readonly pid: number;
}

/** What a run is given. */
export interface CliSetup {
  /** Path of the credentials file. */
  credentials: string;
  /** Origin of the provider, for the permissions. */
  providerOrigin?: string;
  /** Origins of APIs, for the permissions. */
  apiOrigin?: string;
  /** Redirect URIs, for the permissions; by default any port. */
  redirectUris?: string[];
  /** Variables on top of a clean environment. */
  env?: Record<string, string>;
  /** Standard input; by default it is closed. */
  stdin?: string | Uint8Array;
  /** More facts that permissions depend on. */
  facts?: Partial<PermissionFacts>;
  /** Flags in place of the exact ones. */
  flags?: string[];
  /** An import map in place of the usual one. */
  importMap?: string;
  /** Flags on top of the exact ones. */
  moreFlags?: string[];
  /** The program; by default `main.ts` of this project. */
  program?: string;
  /** Deno in place of the one that runs the tests. */
  deno?: string;
  /** A compiled program, whose permissions are inside, in place of Deno and the program. */
  binary?: string;
  /** Words in front of Deno: a command that runs it in other circumstances. */
  through?: string[];
}

const ROOT = new URL("../../", import.meta.url);
const COMMANDS = commandNames(appOf({ name: "fief-auth" }, "0.0.0"));
const MAIN = decodeURIComponent(new URL("main.ts", ROOT).pathname);
/** Milliseconds that a test waits for a run. */
const LONGEST_RUN = 150_000;

/** The binary that runs in place of the source, in `deno task test:binary`. */
export const BINARY: string | undefined = Deno.env.get("FIEF_AUTH_BINARY");

/** Flags that make Deno find @std, from whoever runs the tests. */
export function denoRunFlags(): string[] {
  return (Deno.env.get("FIEF_AUTH_DENO_FLAGS") ?? "").split(" ").filter(Boolean).map(decodeURI);
}

/** The same with another import map. */
function foundStd(importMap: string | undefined): string[] {
  const flags = denoRunFlags();
  if (importMap === undefined) return flags;
  return ["--import-map", importMap, ...flags.filter((flag) => flag.startsWith("--allow"))];
}

/** The command that is typed: the first word that is no option and no value of a global one. What is no command is told as help is. */
function commandOf(args: string[]): string {
  const name = args.find((arg, index) =>
    !arg.startsWith("-") && !["--credentials", "--profile", "--ca"].includes(args[index - 1] ?? "")
  );
  return name !== undefined && COMMANDS.includes(name) ? name : "help";
}

/** Who asks `credential`. */
function helperOf(args: string[]): string {
  return args.slice(args.indexOf("credential") + 1).find((arg) => !arg.startsWith("-")) ?? "";
}

/**
 * A test of what a binary does not have, exact flags say: it is left out where a binary runs in place of the source, which is said aloud.
 *
 * @param reason Why it does not apply.
 */
export function sourceTest(reason: string, name: string, fn: () => Promise<void> | void): void;
export function sourceTest(reason: string, test: Deno.TestDefinition): void;
export function sourceTest(
  reason: string,
  test: string | Deno.TestDefinition,
  fn: () => Promise<void> | void = () => {},
) {
  const definition = typeof test === "string" ? { name: test, fn } : test;
  if (BINARY !== undefined) console.log(`Not for a binary: ${definition.name} (${reason})`);
  Deno.test({ ...definition, ignore: definition.ignore === true || BINARY !== undefined });
}

/** The CLI as it is used in a terminal, with all permissions. */
export function freeCommand(args: string[]): string[] {
  if (BINARY !== undefined) return [BINARY, ...args];
  const flags = denoRunFlags().filter((flag) => !flag.startsWith("--allow"));
  return [Deno.execPath(), "run", "-q", "--no-prompt", ...flags, "-A", MAIN, ...args];
}

/** The whole command line of a run, for whoever starts it: Deno with exact permissions, the program, the arguments. */
export function cliCommand(args: string[], setup: CliSetup): string[] {
  const { credentials, providerOrigin, apiOrigin, binary } = setup;
  if (binary !== undefined) return [...setup.through ?? [], binary, ...args];
  const permissions = setup.flags ?? denoFlags({
    command: commandOf(args),
    credentialsPath: credentials,
    baseUrl: providerOrigin,
    apiUrls: apiOrigin === undefined ? [] : [apiOrigin],
    redirectUris: setup.redirectUris ?? ["http://localhost:0/callback"],
    sources: [decodeURIComponent(new URL("lib", ROOT).pathname)],
    environmentPrefix: "FIEF",
    os: Deno.build.os,
    refreshes: args.includes("--refresh"),
    ...commandOf(args) === "credential" ? { program: helperOf(args) } : {},
    ...setup.facts,
  });
  const program = setup.program ?? MAIN;
  const login = commandOf(args) === "login" && !args.includes("--redirect-uri") && setup.redirectUris === undefined;
  const words = [...args, ...login ? ["--redirect-uri", "http://localhost:0/callback"] : []];
  if (BINARY !== undefined && program === MAIN) return [...setup.through ?? [], BINARY, ...words];
  return [
    ...setup.through ?? [],
    setup.deno ?? Deno.execPath(),
    "run",
    "-q",
    "--no-prompt",
    "--cached-only",
    // All permissions and one of them do not go together.
    ...foundStd(setup.importMap).filter((flag) =>
      !permissions.some((all) => all === "-A" || all === "--allow-read") || !flag.startsWith("--allow")
    ),
    ...permissions,
    ...setup.flags === undefined ? setup.moreFlags ?? [] : [],
    program,
    ...words,
  ];
}

/** Its environment. */
export function cliEnvironment({ credentials, env = {} }: CliSetup): Record<string, string> {
  return { ...inherited(), FIEF_CREDENTIALS: credentials, ...env };
}

/** Starts the CLI. */
export function startCli(args: string[], setup: CliSetup): RunningCli {
  const { stdin } = setup;
  const [command, ...words] = cliCommand(args, setup);
  const child = new Deno.Command(command!, {
    args: words,
    clearEnv: true,
    env: cliEnvironment(setup),
    cwd: ROOT,
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (stdin !== undefined) void feed(child.stdin, stdin);
  let closed = false;
  const stdout = Promise.withResolvers<string>();
  // A turn later, so that a test may close it first.
  setTimeout(() => {
    if (!closed) new Response(child.stdout).text().then(stdout.resolve, stdout.reject);
  }, 0);
  const heard = listenTo(child.stderr);
  return {
    pid: child.pid,
    kill: (signal) => {
      try {
        child.kill(signal);
      } catch {
        // it has ended
      }
    },
    closeStdout: () => {
      closed = true;
      void child.stdout.cancel();
      stdout.resolve("");
    },
    result: async () => {
      // Longer than anything may take: a program that hangs fails its test.
      const timer = setTimeout(() => child.kill("SIGKILL"), LONGEST_RUN);
      const { code } = await child.status.finally(() => clearTimeout(timer)); // 128 and the number of the signal for whoever dies of one
      return { status: code, stdout: await stdout.promise, stderr: await heard.all };
    },
    authorizationUrl: async () => (await heard.find(/^(https?:\/\/\S+)\s*$/m))[1]!,
    stderrMatch: heard.find,
    untilStderr: async (text) => void await heard.find(new RegExp(text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"))),
  };
}

/** Runs the CLI to its end. */
export function runCli(args: string[], setup: CliSetup): Promise<CliResult> {
  return startCli(args, setup).result();
}

/** What a process needs to find Deno's cache, and to have its coverage counted. */
function inherited(): Record<string, string> {
  const names = ["PATH", "HOME", "DENO_DIR", "DENO_COVERAGE_DIR", "DENO_TLS_CA_STORE", "TMPDIR"];
  return Object.fromEntries(names.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }));
}

async function feed(stream: WritableStream<Uint8Array>, data: string | Uint8Array): Promise<void> {
  const writer = stream.getWriter();
  try {
    await writer.write(typeof data === "string" ? new TextEncoder().encode(data) : data);
    await writer.close();
  } catch {
    // it did not read to the end
  }
}

function listenTo(
  stream: ReadableStream<Uint8Array>,
): { all: Promise<string>; find(pattern: RegExp): Promise<RegExpMatchArray> } {
  let text = "";
  let ended = false;
  let changed = Promise.withResolvers<void>();
  const all = (async () => {
    for await (
      const chunk of stream.pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>)
    ) {
      text += chunk;
      changed.resolve();
      changed = Promise.withResolvers<void>();
    }
    ended = true;
    changed.resolve();
    return text;
  })();
  return {
    all,
    find: async (pattern) => {
      for (;;) {
        const match = text.match(pattern);
        if (match) return match;
        if (ended) throw new Error(`Standard error ended without ${pattern}: ${text}`);
        await changed.promise;
      }
    },
  };
}
