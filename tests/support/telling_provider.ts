// A provider that tells a hunt each secret that it gives or sees: tokens and codes, and what the program made up itself.
import { fakeKeys, fakeMetadata, type FakeProvider, sign, startFakeProvider } from "./fake_provider.ts";
import type { SecretHunt } from "./hunt.ts";

/** What a fault is told of a request. */
export interface Told {
  /** The body, or the header that holds the token. */
  sent: string;
  parameters: URLSearchParams;
  issuer: string;
}

/** How it fails; what is left out works. */
export interface Faults {
  metadata?: (metadata: Record<string, unknown>) => Record<string, unknown>;
  /** The redirect back, in place of the one with a code. */
  redirect?: (request: URL) => Record<string, string>;
  token?: (told: Told) => Response | undefined | Promise<Response | undefined>;
  userinfo?: (told: Told) => Response;
  revocation?: (told: Told) => Response;
  /** Claims of the ID token in place of the right ones. */
  claims?: (told: Told) => Record<string, unknown>;
}

/** A provider that runs. */
export interface TellingProvider extends AsyncDisposable {
  readonly issuer: string;
  /** `METHOD path` of each request in order. */
  readonly requests: string[];
  /** How it fails, which a test may change. */
  faults: Faults;
  /** A token response as from a sign-in, for a credentials file. */
  tokens(): Promise<Record<string, unknown>>;
}

/** The client that its tokens are for. */
export const CLIENT = "cli";
/** The user who signs in without being asked anything. */
export const USER = { sub: "anne", email: "anne@example.com" };

/** Starts it on a free port. */
export async function startTellingProvider(hunt: SecretHunt, faults: Faults = {}): Promise<TellingProvider> {
  await fakeKeys();
  const nonces = new Map<string, string>();
  const provider: FakeProvider = startFakeProvider({
    metadata: (issuer) => {
      const metadata = { ...fakeMetadata(issuer), revocation_endpoint: `${issuer}/revoke` };
      return Response.json(telling.faults.metadata?.(metadata) ?? metadata);
    },
    other: (request) => authorize(new URL(request.url)),
    token: async (parameters, issuer) => {
      for (const [name, what] of [["code_verifier", "code verifier"], ["refresh_token", "refresh token"]] as const) {
        const value = parameters.get(name);
        if (value !== null) hunt.know(what, value);
      }
      const told = { sent: parameters.toString(), parameters, issuer };
      const fault = await telling.faults.token?.(told);
      return fault ?? Response.json(await tokens(nonces.get(parameters.get("code") ?? ""), told));
    },
    userinfo: (request) => {
      const sent = request.headers.get("authorization") ?? "";
      return telling.faults.userinfo?.({ sent, parameters: new URLSearchParams(), issuer: provider.issuer }) ??
        Response.json(USER);
    },
    revocation: (parameters) =>
      telling.faults.revocation?.({ sent: parameters.toString(), parameters, issuer: provider.issuer }) ??
        new Response(null),
  });

  function authorize(url: URL): Response {
    if (url.pathname !== "/auth") return new Response("Not here", { status: 404 });
    const of = (name: string) => url.searchParams.get(name)!;
    // The characters that encoders change are in it.
    const code = `code/${crypto.randomUUID()}+=`;
    hunt.know("state", of("state"));
    hunt.know("nonce", of("nonce"));
    hunt.know("code", code);
    nonces.set(code, of("nonce"));
    const back = new URL(of("redirect_uri"));
    back.search = new URLSearchParams(telling.faults.redirect?.(url) ?? { code, state: of("state") }).toString();
    return new Response(null, { status: 302, headers: { location: back.href } });
  }

  async function tokens(nonce: string | undefined, told?: Told): Promise<Record<string, unknown>> {
    const now = Math.floor(Date.now() / 1000);
    const common = { iss: provider.issuer, sub: USER.sub, exp: now + 3600, iat: now };
    const jti = crypto.randomUUID();
    const access_token = await sign({ ...common, aud: CLIENT, scope: "openid", jti });
    const claims = { ...common, ...USER, aud: CLIENT, nonce, jti, ...told && telling.faults.claims?.(told) };
    const id_token = await sign(claims);
    const refresh_token = `refresh/${crypto.randomUUID()}+=`;
    // Whoever has the signature has the token; what is before it is the same in many, and partly no secret.
    hunt.know("access token", access_token);
    hunt.know("ID token", id_token);
    hunt.know("refresh token", refresh_token);
    return { access_token, id_token, refresh_token, token_type: "Bearer", expires_in: 3600 };
  }

  const telling: TellingProvider = {
    issuer: provider.issuer,
    requests: provider.requests,
    faults,
    tokens: () => tokens(undefined),
    [Symbol.asyncDispose]: () => provider[Symbol.asyncDispose](),
  };
  return telling;
}
