// A provider as a company has it: https with a certificate of the company's own authority, reached through the company's proxy only.
import { type Authority, makeAuthority } from "./authority.ts";
import { type CliResult, type CliSetup, type RunningCli, startCli } from "./cli.ts";
import { type ConnectProxy, startConnectProxy } from "./connect_proxy.ts";
import { temporaryDirectory } from "./directory.ts";
import { fakeMetadata, type FakeProvider, sign, startFakeProvider } from "./fake_provider.ts";

/** The company's network. */
export interface Company extends AsyncDisposable {
  /** `https://login.example.test`: no name server knows it. */
  readonly issuer: string;
  readonly authority: Authority;
  readonly proxy: ConnectProxy;
  readonly provider: FakeProvider;
  /** The port of the https server on this machine. */
  readonly port: number;
  readonly directory: string;
  readonly credentials: string;
  /** Starts the CLI with exact permissions, with the proxy in HTTPS_PROXY. */
  start(args: string[], setup?: Partial<CliSetup>): RunningCli;
  run(args: string[], setup?: Partial<CliSetup>): Promise<CliResult>;
  /** Signs in with `login --no-browser`. */
  signIn(more?: string[], setup?: Partial<CliSetup>): Promise<CliResult>;
}

const HOST = "login.example.test";

/** Starts a provider, a proxy before it, and an authority. */
export async function startCompany(options: { credentials?: string } = {}): Promise<Company> {
  const issuer = `https://${HOST}`;
  const directory = await temporaryDirectory();
  const authority = await makeAuthority(directory.path, [HOST, "localhost"]);
  let nonce: string | undefined;
  const provider = startFakeProvider({
    metadata: () => Response.json(fakeMetadata(issuer)),
    other: () => new Response(null, { status: 302, headers: { location: "/sign-in" } }),
    token: async () => {
      const now = Math.floor(Date.now() / 1000);
      const claims = { iss: issuer, sub: "anne", email: "anne@example.com", aud: "cli", exp: now + 3600, iat: now };
      const tokens = {
        access_token: `a-${crypto.randomUUID()}`,
        refresh_token: `r-${crypto.randomUUID()}`,
        id_token: await sign({ ...claims, nonce }),
      };
      return Response.json({ ...tokens, token_type: "Bearer", expires_in: 3600 });
    },
    userinfo: () => Response.json({ sub: "anne", email: "anne@example.com" }),
  });
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {}, ...authority.server },
    async (request) => {
      const { pathname, search } = new URL(request.url);
      const body = request.method === "GET" ? null : await request.text();
      const { method, headers } = request;
      return await fetch(`${provider.issuer}${pathname}${search}`, { method, headers, body, redirect: "manual" });
    },
  );
  const proxy = startConnectProxy({ ports: { [`${HOST}:443`]: server.addr.port }, ...options });
  const credentials = `${directory.path}/credentials.json`;
  const start = (args: string[], { env, facts, ...rest }: Partial<CliSetup> = {}) =>
    startCli(args, {
      credentials,
      providerOrigin: issuer,
      // Deno itself would look for a newer Deno, through the proxy too.
      env: { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`, DENO_NO_UPDATE_CHECK: "1", ...env },
      facts: { proxyVariables: ["HTTPS_PROXY"], reads: [authority.file], ...facts },
      ...rest,
    });
  return {
    issuer,
    authority,
    proxy,
    provider,
    port: server.addr.port,
    directory: directory.path,
    credentials,
    start,
    run: (args, setup) => start(args, setup).result(),
    async signIn(more = [], setup = {}) {
      const login = ["login", "--no-browser", "--base-url", issuer, "--client-id", "cli", ...more];
      const running = start(login, setup);
      // Where it fails before it prints an address, its result says why.
      const url = await running.authorizationUrl().catch(() => undefined);
      if (url !== undefined) {
        const asked = new URL(url).searchParams;
        nonce = asked.get("nonce")!;
        const answer = new URLSearchParams({ code: "a-code", state: asked.get("state")! });
        await (await fetch(`${asked.get("redirect_uri")}?${answer}`)).body?.cancel();
      }
      return await running.result();
    },
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await server.shutdown();
      await provider[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}
