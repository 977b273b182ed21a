// A person with a machine of their own: a user of the server, a client with a redirect URI that is theirs, and the real CLI.
import { type LastPage, ScriptedBrowser } from "../browser.ts";
import { type CliResult, type CliSetup, type RunningCli, startCli } from "../cli.ts";
import { temporaryDirectory } from "../directory.ts";
import { expire } from "../expire.ts";
import { visitDuring } from "../visit_during.ts";
import type { Client, ClientOptions, User } from "./admin.ts";
import { type FiefServer, PASSWORD } from "./server.ts";

/** One person's session with the real server. */
export interface FiefScene extends AsyncDisposable {
  readonly client: Client;
  readonly user: User;
  readonly directory: string;
  /** Path of the credentials file. */
  readonly credentials: string;
  /** Keeps its cookies from one sign-in to the next. */
  readonly browser: ScriptedBrowser;
  /** Starts the CLI with exact permissions; `login` gets base URL, client id, redirect URI and `--no-browser` by itself. */
  start(args: string[], setup?: Partial<CliSetup>): RunningCli;
  run(args: string[], setup?: Partial<CliSetup>): Promise<CliResult>;
  /** `login`, and what the browser does meanwhile: by default the person signs in and allows what is asked. */
  signIn(
    more?: string[],
    visit?: (url: string) => Promise<LastPage>,
    setup?: Partial<CliSetup>,
  ): Promise<CliResult & { page: LastPage }>;
  /** What the person types into the server's forms. */
  readonly fields: Record<string, string>;
  /** The credentials file as it is. */
  file(): SavedSession;
  /** Lets the access token run out. */
  expire(): void;
}

/** As much of the file as the tests look at. */
export interface SavedSession {
  userinfo: Record<string, unknown> | null;
  tokens: { access_token: string; refresh_token: string; id_token: string } | null;
  fief_auth?: Record<string, unknown>;
}

/** What of it a test brings along. */
export interface SceneOptions extends ClientOptions {
  /** By default a new client. */
  client?: Client;
  /** By default a new user. */
  user?: User;
}

export async function startScene(fief: FiefServer, options: SceneOptions = {}): Promise<FiefScene> {
  const client = options.client ?? await fief.admin.addClient(options);
  const user = options.user ?? await fief.admin.addUser(options.tenant);
  const directory = await temporaryDirectory();
  const credentials = `${directory.path}/credentials.json`;
  const browser = new ScriptedBrowser();
  const fields = { email: user.email, password: PASSWORD };
  const setup: CliSetup = { credentials, providerOrigin: client.baseUrl, redirectUris: [client.redirectUri] };
  const login = ["--no-browser", "--base-url", client.baseUrl, "--client-id", client.clientId];
  const start = (args: string[], more: Partial<CliSetup> = {}) => {
    const [command, ...rest] = args;
    // What a test says itself comes last, and counts.
    const redirect = args.includes("--redirect-uri") ? [] : ["--redirect-uri", client.redirectUri];
    const all = command === "login" ? [command, ...login, ...redirect, ...rest] : args;
    return startCli(all, { ...setup, ...more });
  };
  return {
    client,
    user,
    directory: directory.path,
    credentials,
    browser,
    fields,
    start,
    run: (args, more) => start(args, more).result(),
    signIn: (more = [], visit = (url) => browser.visit(url, { fields }), own = {}) =>
      visitDuring(start(["login", ...more], own), visit),
    file: () => JSON.parse(Deno.readTextFileSync(credentials)),
    expire: () => expire(credentials),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}
