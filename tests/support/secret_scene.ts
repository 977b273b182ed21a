// The real CLI before a provider and an API whose secrets are known, and everything that it leaves behind.
import { type CliResult, type CliSetup, type RunningCli, startCli } from "./cli.ts";
import { temporaryDirectory } from "./directory.ts";
import { SecretHunt } from "./hunt.ts";
import { serve, type TestServer } from "./server.ts";
import { CLIENT, type Faults, startTellingProvider, type TellingProvider, USER } from "./telling_provider.ts";

/** A scene of one test. */
export interface SecretScene extends AsyncDisposable {
  hunt: SecretHunt;
  provider: TellingProvider;
  api: TestServer;
  /** What a run may write to: its temporary files, downloads, the browser's notes. */
  directory: string;
  credentials: string;
  /** Writes a session to the credentials file. */
  session(options?: { expired?: boolean }): Promise<Record<string, unknown>>;
  /** Starts a command, and watches it and the programs that it starts. */
  start(args: string[], setup?: Partial<CliSetup>): RunningCli;
  run(args: string[], setup?: Partial<CliSetup>): Promise<CliResult>;
  /** `login`, with what it needs to know. */
  login(...more: string[]): string[];
  /** Goes where a browser would go, looking at all that the program serves, and gives the last page. */
  browse(url: string): Promise<string>;
}

/** The URL that people copy holds state and nonce: that is what it is for. */
const COPIED = /^https?:\/\/\S+\/auth\?\S+\s*$/gm;

export async function startSecretScene(
  faults: Faults = {},
  answer: (request: Request) => Response | Promise<Response> = () => new Response("castles"),
): Promise<SecretScene> {
  const hunt = new SecretHunt();
  const provider = await startTellingProvider(hunt, faults);
  const [home, scratch] = [await temporaryDirectory(), await temporaryDirectory()];
  const api = serve(answer);
  const credentials = `${home.path}/credentials.json`;

  function start(args: string[], setup: Partial<CliSetup> = {}): RunningCli {
    const name = args.find((arg) => !arg.startsWith("-")) ?? "help";
    const { env, ...rest } = setup;
    const running = startCli(args, {
      credentials,
      providerOrigin: provider.issuer,
      apiOrigin: api.origin,
      env: { TMPDIR: scratch.path, ...env },
      ...rest,
    });
    const watched = watchProcesses(running.pid);
    const result = async () => {
      const [ended, processes] = await Promise.all([running.result(), watched]);
      // An access token on standard output is what `token` and `credential` are for, in a program's environment what `exec` is for, and what an API repeats is its answer. All claims of the ID token are
      // what `whoami` is for: the nonce of a sign-in that is over is one of them.
      const shown = name === "whoami" ? ended.stdout.replace(/^nonce .*$|"nonce":"[^"]*"/m, "") : ended.stdout;
      const gives = ["token", "call-api", "credential"].includes(name);
      if (!gives) hunt.look(`standard output of ${name}`, shown);
      hunt.look(`standard error of ${name}`, ended.stderr.replaceAll(COPIED, ""));
      hunt.look(
        `processes of ${name}`,
        name === "exec" ? processes.replaceAll(/(?<=^|[\0\n])FIEF_ACCESS_TOKEN=[^\0]*/g, "") : processes,
      );
      lookAtFiles(hunt, scratch.path, () => true);
      lookAtFiles(hunt, home.path, (file) => file !== credentials);
      return ended;
    };
    let ended: Promise<CliResult> | undefined;
    return { ...running, result: () => ended ??= result() };
  }

  return {
    hunt,
    provider,
    api,
    directory: scratch.path,
    credentials,
    start,
    run: (args, setup) => start(args, setup).result(),
    login: (...more) => ["login", "--base-url", provider.issuer, "--client-id", CLIENT, ...more],
    browse: (url) => browse(hunt, url, new URL(provider.issuer).host),
    async session({ expired = false } = {}) {
      const tokens = await provider.tokens();
      const { issuer } = provider;
      const file = {
        userinfo: USER,
        tokens,
        fief_auth: {
          version: 1,
          base_url: issuer,
          client_id: CLIENT,
          issuer,
          token_endpoint: `${issuer}/token`,
          userinfo_endpoint: `${issuer}/userinfo`,
          revocation_endpoint: `${issuer}/revoke`,
          expires_at: expired ? 1 : Math.floor(Date.now() / 1000) + 3600,
          scope: "openid",
          api_origins: [api.origin],
        },
      };
      await Deno.writeTextFile(credentials, JSON.stringify(file), { mode: 0o600 });
      return file;
    },
    async [Symbol.asyncDispose]() {
      for (const each of [api, provider, home, scratch]) await each[Symbol.asyncDispose]();
    },
  };
}

/** Command lines and environments of a process and of those that it starts, as Linux shows them to everybody, until it ends. */
async function watchProcesses(pid: number): Promise<string> {
  const seen = new Set<string>();
  const read = (path: string) => Deno.readTextFile(path).catch(() => "");
  const visit = async (each: number) => {
    for (const kind of ["cmdline", "environ"]) seen.add(await read(`/proc/${each}/${kind}`));
    for await (const { name } of tasksOf(each)) {
      const children = await read(`/proc/${each}/task/${name}/children`);
      for (const child of children.split(" ").filter(Boolean)) await visit(Number(child));
    }
  };
  while (await Deno.stat(`/proc/${pid}/cmdline`).then(() => true, () => false)) {
    const before = seen.size;
    await visit(pid);
    // A zombie shows nothing any more.
    if (await read(`/proc/${pid}/cmdline`) === "" && seen.size === before) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return [...seen].join("\n");
}

async function* tasksOf(pid: number): AsyncGenerator<Deno.DirEntry> {
  try {
    yield* Deno.readDir(`/proc/${pid}/task`);
  } catch {
    // it has ended
  }
}

function lookAtFiles(hunt: SecretHunt, directory: string, which: (path: string) => boolean): void {
  for (const { name, isDirectory, isFile } of Deno.readDirSync(directory)) {
    const path = `${directory}/${name}`;
    if (!which(path)) continue;
    hunt.look("names of files", name);
    if (isDirectory) lookAtFiles(hunt, path, which);
    else if (isFile) hunt.look(`the file ${name}`, Deno.readTextFileSync(path));
  }
}

async function browse(hunt: SecretHunt, start: string, providerHost: string): Promise<string> {
  let url = new URL(start);
  for (let step = 0; step < 10; step++) {
    const response = await fetch(url, { redirect: "manual" });
    const [location, text] = [response.headers.get("location"), await response.text()];
    const next = location === null ? undefined : new URL(location, url);
    if (url.host !== providerHost) {
      // The one-time address leads to the authorization URL, which holds state and nonce.
      const headers = [...response.headers].filter(([name]) => name !== "location" || next?.host !== providerHost);
      hunt.look(`what is served at step ${step}`, `${headers.join("\n")}\n${text}`);
    }
    if (next === undefined) {
      hunt.look("the address of the last page", url.href);
      return text;
    }
    url = next;
  }
  throw new Error("The redirects never end");
}
