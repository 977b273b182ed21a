// A person with a machine of their own: a user of the server, one of its clients, and the real CLI.
import { type LastPage, ScriptedBrowser } from "../browser.ts";
import { type CliResult, type CliSetup, type RunningCli, startCli } from "../cli.ts";
import { temporaryDirectory } from "../directory.ts";
import { expire } from "../expire.ts";
import { visitDuring } from "../visit_during.ts";
import { CLIENTS, PASSWORD } from "./realm.ts";
import type { Keycloak } from "./server.ts";

/** One person's session with the real server. */
export interface KeycloakScene extends AsyncDisposable {
  /** The name that the person types. */
  readonly username: string;
  readonly clientId: string;
  /** Path of the credentials file. */
  readonly credentials: string;
  /** Keeps its cookies from one sign-in to the next. */
  readonly browser: ScriptedBrowser;
  /** What the person types into the server's forms. */
  readonly fields: Record<string, string>;
  /** Starts the CLI with exact permissions; `login` gets base URL, client id, redirect URI and `--no-browser` by itself. */
  start(args: string[], setup?: Partial<CliSetup>): RunningCli;
  run(args: string[], setup?: Partial<CliSetup>): Promise<CliResult>;
  /** `login`, and what the browser does meanwhile: by default the person signs in and allows what is asked. */
  signIn(more?: string[], visit?: (url: string) => Promise<LastPage>): Promise<CliResult & { page: LastPage }>;
  /** The credentials file as it is. */
  file(): SavedSession;
  /** Lets the access token run out. */
  expire(): void;
  /** The status and the error of a refresh that nobody saves. */
  refreshWith(refreshToken: string): Promise<[status: number, error: string | undefined]>;
}

/** As much of the file as the tests look at. */
export interface SavedSession {
  userinfo: Record<string, unknown> | null;
  tokens: {
    access_token: string;
    refresh_token: string;
    id_token: string;
    scope: string;
    refresh_expires_in: number;
  } | null;
  fief_auth: Record<string, string>;
}

/** What differs from a new user who may have offline tokens, at the usual client. */
export interface SceneOptions {
  clientId?: string;
  username?: string;
}

export async function startScene(keycloak: Keycloak, options: SceneOptions = {}): Promise<KeycloakScene> {
  const { clientId = CLIENTS.usual } = options;
  const username = options.username ?? await keycloak.addUser();
  const directory = await temporaryDirectory();
  const credentials = `${directory.path}/credentials.json`;
  const browser = new ScriptedBrowser();
  const fields = { username, password: PASSWORD };
  const redirectUri = "http://127.0.0.1:0/callback";
  const setup: CliSetup = { credentials, providerOrigin: keycloak.issuer, redirectUris: [redirectUri] };
  const login = ["--base-url", keycloak.issuer, "--client-id", clientId, "--redirect-uri", redirectUri];
  const start = (args: string[], more: Partial<CliSetup> = {}) => {
    const [command, ...rest] = args;
    const all = command === "login" ? [command, ...login, ...rest] : args;
    return startCli(all, { ...setup, ...more });
  };
  return {
    username,
    clientId,
    credentials,
    browser,
    fields,
    start,
    run: (args, more) => start(args, more).result(),
    signIn: (more = [], visit = (url) => browser.visit(url, { fields })) =>
      visitDuring(start(["login", "--no-browser", ...more]), visit),
    file: () => JSON.parse(Deno.readTextFileSync(credentials)),
    expire: () => expire(credentials),
    refreshWith: async (refresh_token) => {
      const body = new URLSearchParams({ grant_type: "refresh_token", client_id: clientId, refresh_token });
      const response = await fetch(`${keycloak.issuer}/protocol/openid-connect/token`, { method: "POST", body });
      return [response.status, (await response.json()).error];
    },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}
