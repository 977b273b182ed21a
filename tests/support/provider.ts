// A real OpenID provider on loopback, inside the process that asks for it, with Fief's endpoints and claims.
// @ts-types="@types/oidc-provider"
import type Provider from "oidc-provider";
// @ts-types="@types/oidc-provider"
import type { Configuration } from "oidc-provider";
import { exportJWK, generateKeyPair } from "jose";

/** What kind of provider to start. */
export interface ProviderOptions {
  /** Seconds that an access token lives. By default 3600. */
  accessTokenLifetime?: number;
  /** Whether access tokens are opaque. By default they are JWTs with Fief's claims. */
  opaqueAccessTokens?: boolean;
  /** Redirect URIs of the client; without a port any port is taken. By default `http://localhost/callback` and `http://127.0.0.1/callback`. */
  redirectUris?: string[];
  /** Answers a request in place of the provider, before it sees it. */
  intercept?: (request: { method: string; path: string }) => Response | undefined | Promise<Response | undefined>;
  /** Whether the endpoints are where Fief has them, and an unknown client gets status 400, as there. By default true. */
  likeFief?: boolean;
  /**
   * Whether it is as strict as it comes: endpoints at places of its own, no refresh token without `offline_access` and consent, opaque access
   * tokens, no claims about the user in the ID token, resource indicators, RP-initiated logout. By default false.
   */
  strict?: boolean;
  /** Whether it announces and has a revocation endpoint. By default true. */
  revocation?: boolean;
  /** Whether the answer to this request gets lost: the provider does what was asked, and the connection breaks. */
  losesAnswer?: (request: { method: string; path: string }) => boolean;
  /** Sign-in by a code that is entered elsewhere (RFC 8628), where it is offered: seconds between questions, and seconds that a code is good for. */
  device?: { interval: number; lifetime?: number };
  /** Whether each refresh gives a new refresh token and kills the old one, as Fief does. By default true. */
  rotates?: boolean;
  /** Milliseconds before each answer of the token endpoint. By default 0. */
  tokenDelay?: number;
}

/** A provider that runs. */
export interface TestProvider extends AsyncDisposable {
  /** Its issuer and base URL: `http://localhost:PORT`. */
  readonly issuer: string;
  /** How many requests came to this path. */
  requestsTo(path: string): number;
  /** Resolves when so many requests have come to this path. */
  untilRequests(path: string, count: number): Promise<void>;
  /** How many requests came in all. */
  total(): number;
  /** The path of the token endpoint. */
  readonly tokenPath: string;
  /** Ends all sessions of all users: refresh tokens are no longer taken. */
  endSessions(): void;
}

/** The only client: public, native. */
export const CLIENT_ID = "cli";

/** The users, by their email address; every password is theirs. */
const USERS: Record<string, { given_name: string; permissions: string[] }> = {
  "anne@example.com": { given_name: "Anne", permissions: ["castles:read"] },
  "bob@example.com": { given_name: "Bob", permissions: [] },
};

let signingKey: Promise<Record<string, unknown>> | undefined;

/** One key for all providers of a process: making one takes a while. */
function sharedKey(): Promise<Record<string, unknown>> {
  signingKey ??= generateKeyPair("RS256", { extractable: true }).then(async ({ privateKey }) => ({
    ...await exportJWK(privateKey),
    alg: "RS256",
    use: "sig",
    kid: "test",
  }));
  return signingKey;
}

/** Starts a provider on a free port. */
export async function startProvider(options: ProviderOptions = {}): Promise<TestProvider> {
  const { likeFief = options.strict !== true } = options;
  muteItsAdvice();
  const { default: OidcProvider } = await import("oidc-provider");
  const provider = { current: undefined as Provider | undefined };
  const store = new Map<string, Map<string, Record<string, unknown>>>();
  const counts = new Map<string, number>();
  let closed: Promise<void> | undefined;
  let arrived = Promise.withResolvers<void>();
  // node:http serves because oidc-provider is written for it.
  const { createServer } = await import("node:http");
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    counts.set(path, (counts.get(path) ?? 0) + 1);
    arrived.resolve();
    arrived = Promise.withResolvers<void>();
    const answer = await options.intercept?.({ method: request.method ?? "GET", path });
    if (answer !== undefined) {
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      response.end(await answer.text());
      return;
    }
    if (options.tokenDelay && path === tokenPath) {
      await new Promise((resolve) => setTimeout(resolve, options.tokenDelay));
    }
    if (options.losesAnswer?.({ method: request.method ?? "GET", path })) {
      response.end = () => {
        request.socket.destroy();
        return response;
      };
    }
    await provider.current!.callback()(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", () => resolve()));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port");
  const issuer = `http://localhost:${address.port}`;
  const tokenPath = likeFief ? "/api/token" : "/token";
  provider.current = new OidcProvider(issuer, await configuration(issuer, options, store));
  provider.current.use(async (context, next) => {
    await next();
    // It names no interval of its own.
    const { body } = context as { body?: unknown };
    if (options.device && typeof body === "object" && body !== null && "user_code" in body) {
      Object.assign(body, { interval: options.device.interval });
    }
  });
  provider.current.on("server_error", (_context, error) => console.error("The provider failed:", error));
  return {
    issuer,
    tokenPath,
    requestsTo: (path) => counts.get(path) ?? 0,
    untilRequests: async (path, count) => {
      while ((counts.get(path) ?? 0) < count) await arrived.promise;
    },
    total: () => [...counts.values()].reduce((sum, count) => sum + count, 0),
    endSessions: () => store.clear(),
    [Symbol.asyncDispose]: () =>
      closed ??= new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

let muted = false;

/** It warns of settings that are for development only: that is what they are for here. */
function muteItsAdvice(): void {
  if (muted) return;
  muted = true;
  for (const name of ["info", "warn"] as const) {
    const tell = console[name];
    console[name] = (...words: unknown[]) => {
      if (!String(words[0]).includes("oidc-provider")) tell(...words);
    };
  }
}

async function configuration(
  issuer: string,
  options: ProviderOptions,
  store: Map<string, Map<string, Record<string, unknown>>>,
): Promise<Configuration> {
  const { accessTokenLifetime = 3600, strict = false, revocation = true } = options;
  const { opaqueAccessTokens = strict, likeFief = !strict } = options;
  return {
    adapter: (name: string) => memoryAdapter(name, store),
    clients: [{
      client_id: CLIENT_ID,
      token_endpoint_auth_method: "none",
      application_type: "native", // any port of a loopback redirect URI is taken (RFC 8252 section 7.3)
      redirect_uris: options.redirectUris ?? ["http://localhost/callback", "http://127.0.0.1/callback"],
      grant_types: [
        "authorization_code",
        "refresh_token",
        ...options.device ? ["urn:ietf:params:oauth:grant-type:device_code"] : [],
      ],
      response_types: ["code"],
    }],
    jwks: { keys: [await sharedKey() as NonNullable<Configuration["jwks"]>["keys"][number]] },
    cookies: { keys: ["for tests only"] },
    scopes: ["openid", "offline_access", "castles:read"],
    claims: { openid: ["sub", "email", "email_verified", "tenant_id", "fields"] },
    conformIdTokenClaims: strict, // Fief puts the claims into the ID token
    findAccount: (_context, sub) =>
      USERS[sub] === undefined ? undefined : {
        accountId: sub,
        claims: () => ({
          sub,
          email: sub,
          email_verified: true,
          tenant_id: "main",
          fields: { first_name: USERS[sub]!.given_name },
        }),
      },
    // Fief gives refresh tokens without asking the user; they are single use.
    ...(strict ? {} : { issueRefreshToken: () => Promise.resolve(true) }),
    rotateRefreshToken: options.rotates !== false,
    pkce: { required: () => true },
    ...(likeFief
      ? {
        routes: {
          authorization: "/authorize",
          token: "/api/token",
          userinfo: "/api/userinfo",
          jwks: "/.well-known/jwks.json",
        },
      }
      : {}),
    features: {
      devInteractions: { enabled: true },
      deviceFlow: { enabled: options.device !== undefined },
      revocation: { enabled: revocation },
      userinfo: { enabled: true },
      resourceIndicators: {
        enabled: strict || !opaqueAccessTokens,
        ...(strict ? {} : { defaultResource: () => issuer }),
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: "openid offline_access castles:read",
          audience: CLIENT_ID,
          accessTokenFormat: strict ? "opaque" : "jwt",
          accessTokenTTL: accessTokenLifetime,
          ...(strict ? {} : { jwt: { sign: { alg: "RS256" } } }),
        }),
      },
    },
    extraTokenClaims: (_context, token) => {
      const sub = (token as { accountId?: string }).accountId;
      return sub === undefined ? {} : { acr: "1", permissions: USERS[sub]?.permissions ?? [] };
    },
    ttl: {
      AccessToken: accessTokenLifetime,
      AuthorizationCode: 60,
      DeviceCode: options.device?.lifetime ?? 600,
      IdToken: 3600,
      RefreshToken: 86_400,
      Session: 3600,
      Interaction: 600,
      Grant: 86_400,
    },
  };
}

/** oidc-provider's own memory is shared by all providers of a process, and warns about itself. */
function memoryAdapter(name: string, store: Map<string, Map<string, Record<string, unknown>>>) {
  const entries = () => {
    const found = store.get(name) ?? new Map<string, Record<string, unknown>>();
    store.set(name, found);
    return found;
  };
  const find = (id: string) => Promise.resolve(entries().get(id));
  return {
    upsert: (id: string, payload: Record<string, unknown>) => Promise.resolve(void entries().set(id, payload)),
    find,
    findByUid: (uid: string) => Promise.resolve([...entries().values()].find((entry) => entry["uid"] === uid)),
    findByUserCode: (code: string) =>
      Promise.resolve([...entries().values()].find((entry) => entry["userCode"] === code)),
    consume: async (id: string) => {
      const entry = await find(id);
      if (entry !== undefined) entry["consumed"] = Math.floor(Date.now() / 1000);
    },
    destroy: (id: string) => Promise.resolve(void entries().delete(id)),
    revokeByGrantId: (grantId: string) => {
      for (const [kind, entries] of store) {
        // A sign-in that goes on belongs to no grant: another account takes its place.
        if (kind === "Interaction") continue;
        for (const [id, entry] of entries) if (entry["grantId"] === grantId) entries.delete(id);
      }
      return Promise.resolve();
    },
  };
}
