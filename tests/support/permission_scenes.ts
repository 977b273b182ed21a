// Runs of every command that between them use everything that the table of permissions grants it.
import { signInAt } from "./browser.ts";
import { type CliResult, type CliSetup, type RunningCli, startCli } from "./cli.ts";
import { temporaryDirectory } from "./directory.ts";

/** What the runs need beside files: servers and a session. */
export interface PermissionWorld {
  /** Base URL of the provider. */
  issuer: string;
  /** Origin of the API. */
  api: string;
  /** A credentials file, as a sign-in has left it. */
  saved: Record<string, unknown> & { fief_auth: Record<string, unknown> };
  /** A PEM file of an authority, where there is one. */
  authority?: string;
}

/** One run. */
export interface PermissionScene {
  /** What is special about it. */
  name: string;
  /** The words; `DIR` in them is the directory of the run, `ISSUER`, `API` and `PORT` what they say. */
  args: string[];
  /** More variables, with the same words in them. */
  env?: Record<string, string>;
  /** Which session is in the file: none, one whose access token has run out, one that a crash left half written. */
  session?: "none" | "expired" | "half written" | "of nobody";
  /** Where the file is: at the usual place (which is the usual), named by the variable, or named and a symbolic link. */
  place?: "usual" | "named" | "linked";
  /** Exit status with all that is granted; by default 0. */
  status?: number;
  /** Whether it starts a program. */
  starts?: boolean;
  /** Standard input. */
  stdin?: string;
  /** Whether it takes the certificate of an authority. */
  needsAuthority?: boolean;
}

/** The home of a run is another one: Deno's cache is where it was. */
const DENO_DIR: string = JSON.parse(
  new TextDecoder().decode(new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).outputSync().stdout),
).denoDir;
const LOGIN = ["login", "--base-url", "ISSUER", "--client-id", "cli"];
const REDIRECT = ["--redirect-uri", "http://localhost:PORT/callback"];
const API_URL = "API/castles";
/** As kubectl says which cluster it asks for. */
const EXEC_INFO = JSON.stringify({
  apiVersion: "client.authentication.k8s.io/v1",
  kind: "ExecCredential",
  spec: { cluster: { server: "API" }, interactive: false },
});
const DEAD_PROXY = { HTTPS_PROXY: "http://127.0.0.1:9" };

/** All of them, by command. */
export const PERMISSION_SCENES: Record<string, PermissionScene[]> = {
  login: [
    {
      name: "for the first time",
      args: [...LOGIN, ...REDIRECT],
      env: { BROWSER: "DIR/browser" },
      session: "none",
      starts: true,
    },
    { name: "again", args: ["login", ...REDIRECT], env: { HOME: "DIR", XDG_CONFIG_HOME: "" }, session: "expired" },
    {
      name: "through a link, over SSH",
      args: ["login", "--no-browser", ...REDIRECT],
      env: { SSH_CONNECTION: "192.0.2.1 4711 192.0.2.2 22" },
      session: "expired",
      place: "linked",
    },
    {
      name: "with an authority",
      args: ["login", "--no-browser", "--ca", "AUTHORITY", ...REDIRECT],
      session: "expired",
      place: "named",
      needsAuthority: true,
    },
    {
      name: "through a proxy",
      args: ["login", "--no-browser", ...REDIRECT],
      env: DEAD_PROXY,
      session: "of nobody",
      place: "named",
      status: 5,
    },
  ],
  hello: [
    { name: "from a file that is half written", args: ["hello"], session: "half written" },
    { name: "asking the server", args: ["hello", "--refresh"], session: "expired", place: "linked" },
  ],
  whoami: [
    { name: "from a file that is half written", args: ["whoami"], session: "half written" },
    { name: "asking the server", args: ["whoami", "--refresh"], session: "expired" },
  ],
  token: [
    { name: "refreshed", args: ["token"], session: "expired" },
    {
      name: "of a link",
      args: ["token", "--quiet"],
      session: "expired",
      place: "linked",
      env: { XDG_CONFIG_HOME: "" },
    },
    { name: "at home", args: ["token"], session: "expired", env: { XDG_CONFIG_HOME: "", HOME: "DIR" } },
    { name: "given", args: ["token"], env: { FIEF_ACCESS_TOKEN: "given" }, session: "none" },
    { name: "through a proxy", args: ["token"], env: DEAD_PROXY, session: "of nobody", place: "named", status: 5 },
  ],
  "call-api": [
    { name: "with files", args: ["call-api", API_URL, "-d", "@DIR/body", "-o", "DIR/answer"], session: "expired" },
    { name: "with a given token", args: ["call-api", API_URL, "--api-origin", "API"], env: { FIEF_ACCESS_TOKEN: "x" } },
  ],
  exec: [
    { name: "refreshed", args: ["exec", "--", "true"], session: "expired", starts: true },
    { name: "with a given token", args: ["exec", "--", "true"], env: { FIEF_ACCESS_TOKEN: "given" }, session: "none" },
  ],
  credential: [
    { name: "for curl", args: ["credential", "curl", API_URL], session: "expired" },
    {
      name: "for kubectl",
      args: ["credential", "kubectl"],
      env: { KUBERNETES_EXEC_INFO: EXEC_INFO },
      session: "expired",
    },
    {
      name: "for git",
      args: ["credential", "git", "get"],
      stdin: "protocol=https\nhost=other.example\n\n",
      session: "expired",
    },
  ],
  status: [
    { name: "from a file that is half written", args: ["status"], session: "half written" },
    { name: "of a link", args: ["status"], session: "half written", place: "linked" },
  ],
  logout: [
    { name: "at the server", args: ["logout"], session: "expired" },
    {
      name: "in the browser too",
      args: ["logout", "--browser-session", "--quiet"],
      session: "expired",
      env: { BROWSER: "DIR/browser" },
      starts: true,
    },
    { name: "where nobody sees a browser", args: ["logout", "--browser-session"], session: "expired" },
  ],
  profiles: [
    { name: "listed", args: ["profiles"], session: "expired" },
    { name: "chosen", args: ["profiles", "use", "work"], session: "expired" },
    { name: "removed", args: ["profiles", "remove", "work", "--force"], session: "expired" },
  ],
  permissions: [
    { name: "of a command", args: ["permissions", "token"], session: "half written" },
    { name: "of all", args: ["permissions"], session: "half written", place: "linked" },
    {
      name: "after a question",
      args: ["permissions", "--ask-server", "login"],
      session: "half written",
      place: "named",
    },
    { name: "of profiles", args: ["permissions", "profiles", "remove"], session: "expired" },
  ],
  completions: [{ name: "for bash", args: ["completions", "bash"] }],
  help: [{ name: "of a command", args: ["help", "token"] }],
  version: [{ name: "printed", args: ["version"] }],
};

/** One run, ready to be started: its words, its variables and its files. */
export interface PreparedRun extends AsyncDisposable {
  args: string[];
  env: Record<string, string>;
  directory: string;
  /** Starts it, plays the user at the browser where one is asked for, and gives what came of it. */
  run(setup: Pick<CliSetup, "flags" | "binary" | "env">): Promise<CliResult>;
}

/** Makes the files of a run in a directory of its own. */
export async function prepareRun(scene: PermissionScene, world: PermissionWorld, port: number): Promise<PreparedRun> {
  const own = await temporaryDirectory();
  const directory = own.path;
  const fill = (text: string) =>
    text.replaceAll("DIR", directory).replaceAll("ISSUER", world.issuer).replaceAll("API", world.api)
      .replaceAll("PORT", `${port}`).replaceAll("AUTHORITY", world.authority ?? "");
  const { session = "expired", place = "usual" } = scene;
  const atHome = scene.env?.["XDG_CONFIG_HOME"] === "";
  const usual = `${directory}/${atHome ? ".config" : "config"}/fief-auth/credentials.json`;
  const path = place === "usual" ? usual : `${directory}/mine.json`;
  const target = place === "linked" ? `${directory}/real.json` : path;
  if (session !== "none") {
    await Deno.mkdir(usual.replace(/\/[^/]*$/, ""), { recursive: true, mode: 0o700 });
    const server = session === "of nobody" ? "https://fief.invalid" : world.issuer;
    const text = JSON.stringify({
      ...world.saved,
      fief_auth: {
        ...JSON.parse(JSON.stringify(world.saved.fief_auth).replaceAll(world.issuer, server)),
        expires_at: Math.floor(Date.now() / 1000) + (session === "half written" ? 3600 : -10),
      },
    });
    if (session === "half written") {
      // As a process leaves it that dies while it writes into a file that cannot be replaced.
      await Deno.writeTextFile(`${target}.tmp`, text, { mode: 0o600 });
      await Deno.writeTextFile(target, `!${text.slice(1, 20)}`, { mode: 0o600 });
    } else await Deno.writeTextFile(target, text, { mode: 0o600 });
    if (target !== path) await Deno.symlink(target, path);
    await Deno.writeTextFile(usual.replace("credentials.json", "credentials.work.json"), text, { mode: 0o600 });
  }
  await Deno.writeTextFile(`${directory}/body`, "castles");
  const browser = `#!/bin/sh\nprintf %s "$1" > ${directory}/url.part; mv ${directory}/url.part ${directory}/url\n`;
  await Deno.writeTextFile(`${directory}/browser`, browser, { mode: 0o755 });
  const env = Object.fromEntries(
    Object.entries({
      HOME: directory,
      XDG_CONFIG_HOME: `${directory}/config`,
      FIEF_CREDENTIALS: place === "usual" ? "" : path,
      ...scene.env,
    }).map(([name, value]) => [name, fill(value)]),
  );
  const args = scene.args.map(fill);
  return {
    args,
    env,
    directory,
    run: async (setup) => {
      const running = startCli(args, {
        credentials: "",
        ...setup,
        env: { DENO_DIR, ...env, ...setup.env },
        ...scene.stdin === undefined ? {} : { stdin: scene.stdin },
      });
      const result = running.result();
      if (args[0] === "login") await playUser(running, result, `${directory}/url`);
      return await result;
    },
    [Symbol.asyncDispose]: () => own[Symbol.asyncDispose](),
  };
}

/** Signs in where the browser was sent, or at the address that was printed; nobody does where the run ends before. */
async function playUser(running: RunningCli, result: Promise<CliResult>, file: string): Promise<void> {
  let over = false;
  const ended = result.then(() => void (over = true));
  const opened = (async () => {
    while (!over) {
      const url = await Deno.readTextFile(file).catch(() => undefined);
      if (url !== undefined) return url;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return undefined;
  })();
  const printed = running.authorizationUrl().catch(() => undefined);
  const url = await Promise.race([printed, opened, ended.then(() => undefined)]);
  if (url !== undefined) await signInAt(url, "anne@example.com").catch(() => {});
  await Promise.all([ended, opened, printed]);
}
