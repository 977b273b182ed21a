// The real CLI where a user has it: no file is named, all lies in the directory for settings. Each run gets exactly the permissions that
// `deno task start` would compute.
import { appOf } from "../../lib/cli/app.ts";
import { permissionFacts } from "../../lib/cli/permission_facts.ts";
import { denoFlags, type PermissionFacts } from "../../lib/cli/permissions.ts";
import { realHost } from "../../lib/host.ts";
import { signInAt } from "./browser.ts";
import { type CliResult, type CliSetup, type RunningCli, startCli } from "./cli.ts";
import { temporaryDirectory } from "./directory.ts";

/** A directory for settings, and the CLI that keeps its sessions there. */
export interface OwnPlace extends AsyncDisposable {
  /** The directory for settings. */
  config: string;
  /** The directory of the CLI in it. */
  directory: string;
  start(args: string[], setup?: Partial<CliSetup>): Promise<RunningCli>;
  run(args: string[], setup?: Partial<CliSetup>): Promise<CliResult>;
  /** Signs in with `login --no-browser`, by the browser of somebody with this address. */
  signIn(issuer: string, email: string, more?: string[]): Promise<CliResult>;
  /** Names of the files in the directory of the CLI. */
  files(): string[];
  /** A credentials file, as it is. */
  // deno-lint-ignore no-explicit-any -- whatever is in the file
  file(name: string): any;
}

/** Which permissions a command line needs in this environment, as the program itself computes them. */
export async function exactFlags(args: string[], env: Record<string, string>): Promise<string[]> {
  return denoFlags(await exactFacts(args, env));
}

/** What these permissions depend on. */
export function exactFacts(args: string[], env: Record<string, string>): Promise<PermissionFacts> {
  const host = { ...realHost(), env: (name: string) => env[name] || undefined };
  return permissionFacts(appOf({ name: "fief-auth" }, "0.0.0"), args, host);
}

export async function startOwnPlace(): Promise<OwnPlace> {
  const config = await temporaryDirectory();
  const directory = `${config.path}/fief-auth`;
  const start = async (args: string[], { env = {}, flags, ...setup }: Partial<CliSetup> = {}) => {
    const variables = { HOME: Deno.env.get("HOME") ?? "/", XDG_CONFIG_HOME: config.path, ...env };
    const port = ["--redirect-uri", "http://localhost:0/callback"];
    const words = args[0] === "login" && !args.includes("--redirect-uri") ? [...args, ...port] : args;
    const exact = flags ?? await exactFlags(words, variables);
    return startCli(words, {
      credentials: "",
      flags: exact,
      env: { ...variables, FIEF_CREDENTIALS: "", ...env },
      ...setup,
    });
  };
  return {
    config: config.path,
    directory,
    start,
    run: async (args, setup) => await (await start(args, setup)).result(),
    signIn: async (issuer, email, more = []) => {
      const running = await start(["login", "--no-browser", "--base-url", issuer, "--client-id", "cli", ...more]);
      const url = await running.authorizationUrl();
      const [result] = await Promise.all([running.result(), signInAt(url, email)]);
      return result;
    },
    files: () => [...Deno.readDirSync(directory)].map(({ name }) => name).sort(),
    file: (name) => JSON.parse(Deno.readTextFileSync(`${directory}/${name}`)),
    [Symbol.asyncDispose]: () => config[Symbol.asyncDispose](),
  };
}
