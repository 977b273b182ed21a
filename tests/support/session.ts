import { Fief, FiefAuth, type FiefAuthOptions } from "../../lib/mod.ts";
import type { Host } from "../../lib/host.ts";
import { type LastPage, signInAt } from "./browser.ts";
import { temporaryDirectory } from "./directory.ts";
import { recordedOutput } from "./host.ts";
import { CLIENT_ID, type ProviderOptions, startProvider, type TestProvider } from "./provider.ts";

/** A real provider, a credentials file and a {@linkcode FiefAuth} between them, with a clock that moves by assignment. */
export interface TestSession extends AsyncDisposable {
  provider: TestProvider;
  /** Path of the credentials file. */
  path: string;
  /** Epoch milliseconds; starts as the real one. */
  clock: { now: number };
  auth: FiefAuth;
  /** A new one on the same file, as another process would have it. */
  another(options?: FiefAuthOptions, host?: Partial<Host>): FiefAuth;
  /** What was told on standard error. */
  told(): string;
  /** Signs in, and gives the page that the browser ended at. */
  signIn(email?: string): Promise<LastPage>;
  /** Requests to the token endpoint so far. */
  tokenRequests(): number;
  /** The credentials file as it is. */
  file(): Record<string, unknown>;
  /** Writes into it. */
  write(text: string): void;
}

export async function startSession(options: ProviderOptions = {}, own: FiefAuthOptions = {}): Promise<TestSession> {
  const provider = await startProvider(options);
  const directory = await temporaryDirectory();
  const path = `${directory.path}/credentials.json`;
  const clock = { now: Date.now() };
  const stderr = recordedOutput();
  let page: Promise<LastPage> | undefined;
  let email = "anne@example.com";
  const openBrowser = (url: string) => {
    page = signInAt(url, email);
    return Promise.resolve(true);
  };
  const base: Partial<Host> = { now: () => clock.now, openBrowser, stderr };
  const another = (more: FiefAuthOptions = {}, host: Partial<Host> = {}) =>
    new FiefAuth(new Fief(provider.issuer, CLIENT_ID, { host: { ...base, ...host } }), path, { ...own, ...more });
  const auth = another();
  return {
    provider,
    path,
    clock,
    auth,
    another,
    told: () => stderr.text,
    signIn: async (user = "anne@example.com") => {
      email = user;
      await auth.authorize({ serverAddress: ["localhost", 0], onEvent: () => {} });
      return await page!;
    },
    tokenRequests: () => provider.requestsTo(provider.tokenPath),
    file: () => JSON.parse(Deno.readTextFileSync(path)),
    write: (text) => Deno.writeTextFileSync(path, text, { mode: 0o600 }),
    async [Symbol.asyncDispose]() {
      await provider[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}
