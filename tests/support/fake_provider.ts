// A provider that says whatever a test wants: with keys of its own it signs any ID token, wrong ones included.
import * as jose from "jose";

/** The keys that it publishes, and one that it does not. */
export interface FakeKeys {
  published: jose.CryptoKey;
  stranger: jose.CryptoKey;
  jwks: { keys: jose.JWK[] };
}

let keys: Promise<FakeKeys> | undefined;

/** Made once a process: they take a while. */
export function fakeKeys(): Promise<FakeKeys> {
  keys ??= (async () => {
    const [published, stranger] = await Promise.all([
      jose.generateKeyPair("ES256", { extractable: true }),
      jose.generateKeyPair("ES256"),
    ]);
    const jwk = { ...await jose.exportJWK(published.publicKey), kid: "published", alg: "ES256", use: "sig" };
    return { published: published.privateKey, stranger: stranger.privateKey, jwks: { keys: [jwk] } };
  })();
  return keys;
}

/** Claims of an ID token, `undefined` for one that is to be left out. */
export type Claims = Record<string, unknown>;

/** Signs claims as a JWT. */
export async function sign(
  claims: Claims,
  options: { key?: jose.CryptoKey | Uint8Array; header?: Partial<jose.JWTHeaderParameters> } = {},
): Promise<string> {
  const { published } = await fakeKeys();
  const present = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
  const header = { alg: "ES256", kid: "published", ...options.header };
  return await new jose.SignJWT(present).setProtectedHeader(header).sign(options.key ?? published);
}

/** The left half of a text's SHA-256, as `at_hash` and `c_hash` have it. */
export async function halfHash(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return jose.base64url.encode(digest.subarray(0, 16));
}

/** How the fake provider answers; what is left out it answers as a good one. */
export interface FakeAnswers {
  metadata?: (issuer: string) => Response | Promise<Response>;
  keys?: () => Response | Promise<Response>;
  token?: (parameters: URLSearchParams, issuer: string) => Response | Promise<Response>;
  /** Where it is there, the metadata has the endpoint: `/device`. */
  device?: (parameters: URLSearchParams, issuer: string) => Response | Promise<Response>;
  userinfo?: (request: Request) => Response | Promise<Response>;
  revocation?: (parameters: URLSearchParams) => Response | Promise<Response>;
  /** Anything else. */
  other?: (request: Request) => Response | Promise<Response>;
}

/** A fake provider that runs. */
export interface FakeProvider extends AsyncDisposable {
  readonly issuer: string;
  /** `METHOD path` of each request in order. */
  readonly requests: string[];
  /** The answers, which a test may change. */
  readonly answers: FakeAnswers;
}

/** The metadata of the fake provider: its endpoints are not those of Fief. */
export function fakeMetadata(issuer: string): Record<string, unknown> {
  return {
    issuer,
    authorization_endpoint: `${issuer}/auth`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/keys`,
    userinfo_endpoint: `${issuer}/userinfo`,
  };
}

/** Starts a fake provider on a free port. */
export function startFakeProvider(answers: FakeAnswers = {}): FakeProvider {
  const requests: string[] = [];
  const server: Deno.HttpServer<Deno.NetAddr> = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request): Promise<Response> => {
      const { pathname } = new URL(request.url);
      requests.push(`${request.method} ${pathname}`);
      const parameters = async () => new URLSearchParams(await request.text());
      if (pathname === "/.well-known/openid-configuration") {
        const device = answers.device ? { device_authorization_endpoint: `${issuer}/device` } : {};
        return await answers.metadata?.(issuer) ?? Response.json({ ...fakeMetadata(issuer), ...device });
      }
      if (pathname === "/keys") return await answers.keys?.() ?? Response.json((await fakeKeys()).jwks);
      if (pathname === "/device" && answers.device) return await answers.device(await parameters(), issuer);
      if (pathname === "/token" && answers.token) return await answers.token(await parameters(), issuer);
      if (pathname === "/userinfo" && answers.userinfo) return await answers.userinfo(request);
      if (pathname === "/revoke" && answers.revocation) return await answers.revocation(await parameters());
      return await answers.other?.(request) ?? new Response("Not here", { status: 404 });
    },
  );
  const issuer: string = `http://127.0.0.1:${server.addr.port}`;
  return { issuer, requests, answers, [Symbol.asyncDispose]: () => server.shutdown() };
}
