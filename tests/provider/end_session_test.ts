import { assertEquals, assertFalse, assertRejects, assertStringIncludes } from "@std/assert";
import { Fief, FiefError, type FiefErrorCode, type KnownSession } from "../../lib/mod.ts";
import { type FakeAnswers, fakeMetadata, startFakeProvider } from "../support/fake_provider.ts";

const SECRET = "s3cret-token";
const TOKENS = { access_token: `${SECRET}-a`, token_type: "bearer", refresh_token: `${SECRET}-r` };
const REVOKED = { ended: true, accessTokenRevoked: true };

/** Metadata of a server that revokes. */
const revoking = (issuer: string) =>
  Response.json({ ...fakeMetadata(issuer), revocation_endpoint: `${issuer}/revoke` });

/** Metadata of a Fief server. */
const likeFief = (issuer: string) =>
  Response.json({
    ...fakeMetadata(issuer),
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/api/token`,
    userinfo_endpoint: `${issuer}/api/userinfo`,
  });

/** Ends a session, and gives what came of it with all that was asked. */
async function end(
  answers: FakeAnswers,
  { tokens = TOKENS as typeof TOKENS | Omit<typeof TOKENS, "refresh_token">, session }: {
    tokens?: typeof TOKENS | Omit<typeof TOKENS, "refresh_token">;
    session?: (issuer: string) => KnownSession;
  } = {},
) {
  await using provider = startFakeProvider(answers);
  const fief = new Fief(provider.issuer, "cli");
  const result = await fief.endSession(tokens, session ? { session: session(provider.issuer) } : {})
    .catch((error) => error);
  return { result, requests: provider.requests };
}

const METADATA = "GET /.well-known/openid-configuration";

Deno.test("endSession() revokes the refresh token, then the access token (RFC 7009)", async () => {
  const revoked: Record<string, string>[] = [];
  const { result, requests } = await end({
    metadata: revoking,
    revocation: (parameters) => {
      revoked.push(Object.fromEntries(parameters));
      return new Response(null);
    },
  });
  assertEquals(result, REVOKED);
  assertEquals(revoked, [
    { client_id: "cli", token: TOKENS.refresh_token, token_type_hint: "refresh_token" },
    { client_id: "cli", token: TOKENS.access_token, token_type_hint: "access_token" },
  ]);
  assertEquals(requests, [METADATA, "POST /revoke", "POST /revoke"]);
});

Deno.test("endSession() asks for no metadata when the session knows the revocation endpoint", async () => {
  const { result, requests } = await end(
    { revocation: () => new Response(null) },
    { session: (issuer) => ({ issuer, revocation_endpoint: `${issuer}/revoke` }) },
  );
  assertEquals([result, requests], [REVOKED, ["POST /revoke", "POST /revoke"]]);
});

for (const status of [404, 405]) {
  Deno.test(`endSession() asks the metadata where the revocation endpoint is when the old one answers ${status}`, async () => {
    const { result, requests } = await end(
      { metadata: revoking, revocation: () => new Response(null), other: () => new Response(null, { status }) },
      { session: (issuer) => ({ issuer, revocation_endpoint: `${issuer}/old` }) },
    );
    assertEquals([result, requests], [REVOKED, ["POST /old", METADATA, "POST /revoke", "POST /revoke"]]);
  });
}

Deno.test("endSession() is unsupported when the server has no revocation endpoint any more", async () => {
  const { result, requests } = await end({}, {
    session: (issuer) => ({ issuer, revocation_endpoint: `${issuer}/old` }),
  });
  assertEquals([result, requests], [{ ended: false, accessTokenRevoked: false }, ["POST /old", METADATA]]);
});

const { refresh_token: _, ...accessOnly } = TOKENS;

Deno.test("endSession() revokes the access token when there is no refresh token", async () => {
  const kinds: (string | null)[] = [];
  const revocation = (parameters: URLSearchParams) => {
    kinds.push(parameters.get("token_type_hint"));
    return new Response(null);
  };
  const { result } = await end({ metadata: revoking, revocation }, { tokens: accessOnly });
  assertEquals([result, kinds], [REVOKED, ["access_token"]]);
});

const unsupported = () => Response.json({ error: "unsupported_token_type" }, { status: 400 });
const failing = () => new Response(null, { status: 500 });
type Kind = "refresh_token" | "access_token";
const only = (failed: Kind, answer: () => Response) => (kind: Kind) => kind === failed ? answer() : new Response(null);

const revocations: [name: string, answer: (kind: Kind) => Response, result: unknown][] = [
  ["cannot revoke access tokens", only("access_token", unsupported), { ended: true, accessTokenRevoked: false }],
  ["fails at the access token", only("access_token", failing), { ended: true, accessTokenRevoked: false }],
  ["cannot revoke refresh tokens", only("refresh_token", unsupported), { ended: false, accessTokenRevoked: false }],
  ["fails", failing, "provider_failed"],
  ["is busy", () => new Response(null, { status: 429 }), "provider_busy"],
  ["refuses", () => Response.json({ error: "invalid_client" }, { status: 401 }), "provider_answer_invalid"],
  [
    "leads elsewhere with what it was sent",
    () => new Response(null, { status: 307, headers: { location: `https://a.example/${SECRET}` } }),
    "provider_answer_invalid",
  ],
  ["is a page", () => new Response(`<html>${SECRET}`, { status: 403 }), "provider_answer_invalid"],
];
for (const [name, answer, expected] of revocations) {
  Deno.test(`endSession() gives ${JSON.stringify(expected)} when the revocation endpoint ${name}`, async () => {
    const revocation = (parameters: URLSearchParams) => answer(parameters.get("token_type_hint") as Kind);
    const { result } = await end({ metadata: revoking, revocation });
    if (typeof expected !== "string") return assertEquals(result, expected);
    const error: FiefError = await assertRejects(() => Promise.reject(result), FiefError);
    assertEquals(error.code, expected as FiefErrorCode);
    assertFalse(Deno.inspect(error, { depth: 9 }).includes(SECRET));
  });
}

Deno.test("endSession() never sends the refresh that ends Fief's sessions to another server", async () => {
  const token = () => Response.json({ access_token: "a", token_type: "bearer", refresh_token: "live" });
  const { result, requests } = await end({ token });
  assertEquals([result, requests], [{ ended: false, accessTokenRevoked: false }, [METADATA]]);
});

Deno.test("endSession() revokes at a Fief server too, where it has come to announce that", async () => {
  const metadata = async (issuer: string) =>
    Response.json({ ...await likeFief(issuer).json(), revocation_endpoint: `${issuer}/revoke` });
  const { requests } = await end({ metadata, revocation: () => new Response(null) });
  assertEquals(requests, [METADATA, "POST /revoke", "POST /revoke"]);
});

const fiefEndings: [name: string, answer: () => Response, outcome: string | undefined][] = [
  ["gives no refresh token", () => Response.json({ access_token: "a", token_type: "bearer" }), undefined],
  ["had ended the session before", () => Response.json({ error: "invalid_grant" }, { status: 400 }), undefined],
  [
    "gives a live refresh token",
    () => Response.json({ access_token: "a", token_type: "bearer", refresh_token: "live" }),
    "The server gave a new refresh token in place of ending the session, which lives on",
  ],
  ["fails", failing, "The server failed"],
];
for (const [name, answer, outcome] of fiefEndings) {
  Deno.test(`endSession() sends Fief the refresh that ends the session, when it ${name}`, async () => {
    let sent = "";
    const other = async (request: Request) => (sent = await request.text(), answer());
    const { result, requests } = await end({ metadata: likeFief, other });
    if (outcome !== undefined) assertStringIncludes(result.message, outcome);
    else assertEquals(result, { ended: true, accessTokenRevoked: false });
    assertEquals(requests, [METADATA, "POST /api/token"]);
    assertEquals(Object.fromEntries(new URLSearchParams(sent)), {
      client_id: "cli",
      grant_type: "refresh_token",
      refresh_token: TOKENS.refresh_token,
      scope: "openid",
    });
  });
}

const pages: [name: string, metadata: (issuer: string) => Response, page: (issuer: string) => string | undefined][] = [
  [
    "announces one",
    (issuer) => Response.json({ ...fakeMetadata(issuer), end_session_endpoint: `${issuer}/end?ui=1` }),
    (issuer) => `${issuer}/end?ui=1&client_id=cli`,
  ],
  ["is Fief", likeFief, (issuer) => `${issuer}/logout?redirect_uri=${encodeURIComponent(issuer)}`],
  ["has none", (issuer) => Response.json(fakeMetadata(issuer)), () => undefined],
];
for (const [name, metadata, page] of pages) {
  Deno.test(`endSessionUrl() is the server's page without a token in it when the server ${name}`, async () => {
    await using provider = startFakeProvider({ metadata });
    assertEquals(await new Fief(provider.issuer, "cli").endSessionUrl(), page(provider.issuer));
  });
}

Deno.test("endSessionUrl() asks nobody when the session knows the page", async () => {
  const fief = new Fief("https://example.fief.dev", "a b", {
    host: { fetch: () => Promise.reject(new Error("asked")) },
  });
  const session = { end_session_endpoint: "https://example.fief.dev/end" };
  assertEquals(await fief.endSessionUrl({ session }), "https://example.fief.dev/end?client_id=a+b");
});
