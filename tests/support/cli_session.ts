import { signInAt } from "./browser.ts";
import { type CliResult, type CliSetup, type RunningCli, startCli } from "./cli.ts";
import { temporaryDirectory } from "./directory.ts";
import { type ProviderOptions, startProvider, type TestProvider } from "./provider.ts";
import { serve, type TestServer } from "./server.ts";

/** A real provider, an API, and the real CLI as processes of its own. */
export interface CliSession extends AsyncDisposable {
  provider: TestProvider;
  api: TestServer;
  directory: string;
  /** Path of the credentials file. */
  credentials: string;
  start(args: string[], setup?: Partial<CliSetup>): RunningCli;
  run(args: string[], setup?: Partial<CliSetup>): Promise<CliResult>;
  /** Signs in with `login --no-browser`. */
  signIn(more?: string[], setup?: Partial<CliSetup>): Promise<CliResult>;
  /** The credentials file as it is. */
  file(): Record<string, unknown>;
}

export async function startCliSession(
  options: ProviderOptions = {},
  answer: (request: Request) => Response | Promise<Response> = () => new Response("castles"),
): Promise<CliSession> {
  const provider = await startProvider(options);
  const directory = await temporaryDirectory();
  const api = serve(answer);
  const credentials = `${directory.path}/credentials.json`;
  const setup: CliSetup = { credentials, providerOrigin: provider.issuer, apiOrigin: api.origin };
  const start = (args: string[], more: Partial<CliSetup> = {}) => startCli(args, { ...setup, ...more });
  const run = (args: string[], more: Partial<CliSetup> = {}) => start(args, more).result();
  return {
    provider,
    api,
    directory: directory.path,
    credentials,
    start,
    run,
    signIn: async (more = [], setup = {}) => {
      const login = [
        "login",
        "--no-browser",
        "--base-url",
        provider.issuer,
        "--client-id",
        "cli",
        "--api-origin",
        api.origin,
      ];
      const running = start([...login, ...more], setup);
      const url = await running.authorizationUrl();
      const [result] = await Promise.all([running.result(), signInAt(url, "anne@example.com")]);
      return result;
    },
    file: () => JSON.parse(Deno.readTextFileSync(credentials)),
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]();
      await provider[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}
