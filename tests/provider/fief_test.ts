import { assertEquals, assertFalse, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import * as jose from "jose";
import {
  Fief,
  FiefAccessTokenExpired,
  FiefAccessTokenInvalid,
  FiefError,
  FiefIdTokenInvalid,
  FiefRequestError,
} from "../../lib/mod.ts";
import { fakeKeys, fakeMetadata, halfHash, sign, startFakeProvider } from "../support/fake_provider.ts";

const SECRET = "s3cret-token";

async function idToken(issuer: string, claims: Record<string, unknown> = {}) {
  const now = Math.floor(Date.now() / 1000);
  return await sign({ iss: issuer, aud: "cli", sub: "anne", iat: now, exp: now + 600, nonce: "n", ...claims });
}

Deno.test("Fief keeps base URL and client id without touching the network", () => {
  const fief = new Fief("https://example.fief.dev/tenant/", "cli", {
    host: { fetch: () => Promise.reject(new Error("touched")) },
  });
  assertEquals([fief.baseUrl, fief.clientId, fief.scope], ["https://example.fief.dev/tenant", "cli", []]);
});

Deno.test("Fief throws configuration_missing when the client id is empty", () => {
  assertEquals(assertThrows(() => new Fief("https://example.fief.dev", " "), FiefError).code, "configuration_missing");
});

for (const key of ["no JSON", "[]", "{}", '{"kty":"RSA","n":"public"}', "null"]) {
  Deno.test(`Fief throws encryption_key_invalid when the key is ${key}`, () => {
    assertEquals(
      assertThrows(() => new Fief("https://a.example", "cli", { encryptionKey: key }), FiefError).code,
      "encryption_key_invalid",
    );
  });
}

Deno.test("authCallback() takes one request when metadata and keys are there", async () => {
  await using provider = startFakeProvider({
    token: async (_, issuer) =>
      Response.json({ access_token: SECRET, token_type: "bearer", expires_in: 60, id_token: await idToken(issuer) }),
  });
  const fief = new Fief(provider.issuer, "cli");
  await fief.metadata();
  await fief.keys();
  const before = provider.requests.length;
  const { tokens, userinfo, clockOffset } = await fief.authCallback("code", "http://localhost:1/callback", {
    codeVerifier: "v",
    nonce: "n",
  });
  assertEquals([tokens.access_token, userinfo.sub, clockOffset], [SECRET, "anne", 0]);
  assertEquals(provider.requests.slice(before), ["POST /token"]);
});

Deno.test("authCallback() rejects when there is no ID token", async () => {
  await using provider = startFakeProvider({
    token: () => Response.json({ access_token: SECRET, token_type: "bearer" }),
  });
  const error = await assertRejects(
    () => new Fief(provider.issuer, "cli").authCallback("c", "r"),
    FiefError,
    "no ID token",
  );
  assertEquals(error.code, "provider_answer_invalid");
});

// That each check does its work is shown in id_token_test.ts; here, that authCallback() asks for it.
const unfit: [name: string, claims: () => Promise<Record<string, unknown>> | Record<string, unknown>, what: string][] =
  [
    ["is for another client", () => ({ aud: "other" }), '(claim "aud")'],
    ["is of another issuer", () => ({ iss: "https://evil.example" }), '(claim "iss")'],
    ["belongs to another sign-in", () => ({ nonce: "other" }), '(claim "nonce")'],
    ["belongs to another code", async () => ({ c_hash: await halfHash("other") }), '(claim "c_hash")'],
    ["belongs to another access token", async () => ({ at_hash: await halfHash("other") }), '(claim "at_hash")'],
  ];
for (const [name, claims, what] of unfit) {
  Deno.test(`authCallback() rejects when the ID token ${name}`, async () => {
    await using provider = startFakeProvider({
      token: async (_, issuer) =>
        Response.json({
          access_token: SECRET,
          token_type: "bearer",
          id_token: await idToken(issuer, await claims()),
        }),
    });
    const exchange = () => new Fief(provider.issuer, "cli").authCallback("code", "r", { nonce: "n" });
    await assertRejects(exchange, FiefIdTokenInvalid, what);
  });
}

Deno.test("authCallback() takes an ID token with the hashes of its code and access token", async () => {
  await using provider = startFakeProvider({
    token: async (_, issuer) => {
      const hashes = { c_hash: await halfHash("code"), at_hash: await halfHash(SECRET) };
      return Response.json({ access_token: SECRET, token_type: "bearer", id_token: await idToken(issuer, hashes) });
    },
  });
  const { userinfo } = await new Fief(provider.issuer, "cli").authCallback("code", "r", { nonce: "n" });
  assertEquals(userinfo.sub, "anne");
});

Deno.test("authCallback() rejects when a stranger has signed the ID token", async () => {
  await using provider = startFakeProvider({
    token: async (_, issuer) => {
      const now = Math.floor(Date.now() / 1000);
      const claims = { iss: issuer, aud: "cli", sub: "anne", iat: now, exp: now + 600 };
      const id_token = await sign(claims, { key: (await fakeKeys()).stranger });
      return Response.json({ access_token: SECRET, token_type: "bearer", id_token });
    },
  });
  await assertRejects(() => new Fief(provider.issuer, "cli").authCallback("c", "r"), FiefIdTokenInvalid, "signature");
});

Deno.test("authCallback() and authRefreshToken() decrypt an ID token with the client's key, JSON text or object", async () => {
  const pair = await jose.generateKeyPair("RSA-OAEP-256", { extractable: true });
  const key = await jose.exportJWK(pair.privateKey) as JsonWebKey;
  await using provider = startFakeProvider({
    token: async (_, issuer) => {
      const id_token = await new jose.CompactEncrypt(new TextEncoder().encode(await idToken(issuer)))
        .setProtectedHeader({ alg: "RSA-OAEP-256", enc: "A256CBC-HS512" }).encrypt(pair.publicKey);
      return Response.json({ access_token: SECRET, token_type: "bearer", id_token });
    },
  });
  for (const encryptionKey of [key, JSON.stringify(key)]) {
    const fief = new Fief(provider.issuer, "cli", { encryptionKey });
    assertEquals((await fief.authCallback("c", "r", { nonce: "n" })).userinfo.sub, "anne");
    assertEquals((await fief.authRefreshToken("r", { session: { subject: "anne" } })).userinfo?.sub, "anne");
  }
});

Deno.test("authRefreshToken() sends nothing where the session's ID token is encrypted and the key is missing or another", async () => {
  const [pair, other] = await Promise.all(
    [1, 2].map(() => jose.generateKeyPair("RSA-OAEP-256", { extractable: true })),
  );
  const id_token = await new jose.CompactEncrypt(new TextEncoder().encode("a.b.c"))
    .setProtectedHeader({ alg: "RSA-OAEP-256", enc: "A256CBC-HS512" }).encrypt(pair!.publicKey);
  await using provider = startFakeProvider({});
  const cases: [encryptionKey: JsonWebKey | undefined, why: string][] = [
    [undefined, "no encryption key is set"],
    [await jose.exportJWK(other!.privateKey) as JsonWebKey, "the encryption key that is set is another one"],
  ];
  for (const [encryptionKey, why] of cases) {
    const fief = new Fief(provider.issuer, "cli", encryptionKey ? { encryptionKey } : {});
    const error = await assertRejects(() => fief.authRefreshToken(SECRET, { session: { id_token } }), FiefError, why);
    assertEquals(error.code, "encryption_key_invalid");
  }
  assertEquals(provider.requests, []);
});

Deno.test("authCallback() takes https in the issuer of a server on loopback that speaks http, as Fief's", async () => {
  const https = (issuer: string) => issuer.replace("http:", "https:");
  await using provider = startFakeProvider({
    metadata: (issuer) => Response.json({ ...fakeMetadata(issuer), issuer: https(issuer) }),
    token: async (_, issuer) =>
      Response.json({ access_token: SECRET, token_type: "bearer", id_token: await idToken(https(issuer)) }),
  });
  const fief = new Fief(provider.issuer, "cli");
  assertEquals((await fief.authCallback("c", "r", { nonce: "n" })).userinfo.sub, "anne");
});

Deno.test("keys() is silent when the server fails, and the failure shows when they are used", async () => {
  let good = false;
  await using provider = startFakeProvider({
    keys: async () => good ? Response.json((await fakeKeys()).jwks) : new Response(null, { status: 500 }),
    token: async (_, issuer) =>
      Response.json({ access_token: SECRET, token_type: "bearer", id_token: await idToken(issuer) }),
  });
  const fief = new Fief(provider.issuer, "cli");
  await fief.keys();
  const error = await assertRejects(() => fief.authCallback("c", "r", { nonce: "n" }), FiefError, "keys");
  assertEquals(error.code, "provider_failed");
  good = true;
  assertEquals((await fief.authCallback("c", "r", { nonce: "n" })).userinfo.sub, "anne");
});

Deno.test("validateAccessToken() goes by issuer, client and clock of this Fief", async () => {
  await using provider = startFakeProvider();
  const access = { iss: provider.issuer, aud: ["cli"], sub: "anne", exp: 1000, scope: "openid" };
  const at = (seconds: number, clientId = "cli") =>
    new Fief(provider.issuer, clientId, { host: { now: () => seconds * 1000 } });
  const token = await sign(access);
  assertEquals((await at(999).validateAccessToken(token)).id, "anne");
  await assertRejects(() => at(1000).validateAccessToken(token), FiefAccessTokenExpired);
  await assertRejects(() => at(999, "other").validateAccessToken(token), FiefAccessTokenInvalid, "another client");
  const foreign = await sign({ ...access, iss: "https://evil.example" });
  await assertRejects(() => at(999).validateAccessToken(foreign), FiefAccessTokenInvalid, "another server");
});

Deno.test("authRefreshToken() asks for fewer scopes where it is told to, and names none otherwise", async () => {
  const scopes: (string | null)[] = [];
  await using provider = startFakeProvider({
    token: (parameters) => {
      scopes.push(parameters.get("scope"));
      return Response.json({ access_token: SECRET, token_type: "bearer" });
    },
  });
  const fief = new Fief(provider.issuer, "cli");
  await fief.authRefreshToken("r", { scope: ["openid", "castles:read"] });
  await fief.authRefreshToken("r");
  assertEquals(scopes, ["openid castles:read", null]);
});

for (const [ahead, name] of [[3600, "an hour ahead"], [-3600, "an hour behind"]] as const) {
  Deno.test(`authCallback() goes by the server's time when the local clock is ${name}`, async () => {
    const server = Date.now();
    await using provider = startFakeProvider({
      token: async (_, issuer) => {
        const now = Math.floor(server / 1000);
        const id_token = await idToken(issuer, { iat: now, exp: now + 120 });
        return Response.json({ access_token: SECRET, token_type: "bearer", id_token }, {
          headers: { date: new Date(server).toUTCString() },
        });
      },
    });
    const fief = new Fief(provider.issuer, "cli", { host: { now: () => server + ahead * 1000 } });
    const { clockOffset } = await fief.authCallback("c", "r", { nonce: "n" });
    assertEquals(Math.round(clockOffset / 10) * 10, -ahead);
  });
}

Deno.test("authRefreshToken() takes one request and no metadata when the session is known", async () => {
  await using provider = startFakeProvider({
    token: async (_, issuer) =>
      Response.json({ access_token: SECRET, token_type: "bearer", id_token: await idToken(issuer) }),
  });
  const session = { issuer: provider.issuer, token_endpoint: `${provider.issuer}/token`, subject: "anne" };
  const { userinfo } = await new Fief(provider.issuer, "cli").authRefreshToken("r", { session });
  assertEquals([userinfo?.sub, provider.requests], ["anne", ["POST /token"]]);
});

Deno.test("authRefreshToken() gives no user when there is no ID token", async () => {
  await using provider = startFakeProvider({
    token: () => Response.json({ access_token: SECRET, token_type: "bearer" }),
  });
  assertEquals((await new Fief(provider.issuer, "cli").authRefreshToken("r")).userinfo, null);
});

Deno.test("authRefreshToken() rejects when the ID token is about another user", async () => {
  await using provider = startFakeProvider({
    token: async (_, issuer) =>
      Response.json({ access_token: SECRET, token_type: "bearer", id_token: await idToken(issuer, { sub: "bob" }) }),
  });
  const refresh = () => new Fief(provider.issuer, "cli").authRefreshToken("r", { session: { subject: "anne" } });
  await assertRejects(refresh, FiefIdTokenInvalid, "another user");
});

Deno.test("authRefreshToken() asks where the token endpoint is now when it has moved, once", async () => {
  await using provider = startFakeProvider({
    token: () => Response.json({ access_token: SECRET, token_type: "bearer" }),
    other: () => new Response("gone", { status: 404 }),
  });
  const session = { issuer: provider.issuer, token_endpoint: `${provider.issuer}/old` };
  await new Fief(provider.issuer, "cli").authRefreshToken("r", { session });
  assertEquals(provider.requests, ["POST /old", "GET /.well-known/openid-configuration", "POST /token"]);
});

Deno.test("authRefreshToken() gives up when the token endpoint is nowhere, though the metadata is fresh", async () => {
  await using provider = startFakeProvider({ token: () => new Response("gone", { status: 404 }) });
  const fief = new Fief(provider.issuer, "cli");
  await fief.metadata(); // what was read before the move counts no longer
  const session = { issuer: provider.issuer, token_endpoint: `${provider.issuer}/old` };
  const error = await assertRejects(() => fief.authRefreshToken("r", { session }), FiefError);
  assertEquals(error.code, "provider_answer_invalid");
  const metadata = "GET /.well-known/openid-configuration";
  assertEquals(provider.requests, [metadata, "POST /old", metadata, "POST /token"]);
});

Deno.test("authRefreshToken() is sent once whatever the server answers", async () => {
  await using provider = startFakeProvider({ token: () => new Response(null, { status: 503 }) });
  const session = { issuer: provider.issuer, token_endpoint: `${provider.issuer}/token` };
  await assertRejects(() => new Fief(provider.issuer, "cli").authRefreshToken("r", { session }), FiefError);
  assertEquals(provider.requests, ["POST /token"]);
});

Deno.test("metadata() is fetched once for any number of callers, and again after a failure", async () => {
  let good = false;
  await using provider = startFakeProvider({
    metadata: (issuer) => good ? Response.json(fakeMetadata(issuer)) : new Response("no", { status: 404 }),
  });
  const fief = new Fief(provider.issuer, "cli");
  await assertRejects(() => fief.metadata(), FiefError);
  good = true;
  await Promise.all([fief.metadata(), fief.metadata(), fief.authUrl("http://localhost:1/callback")]);
  assertEquals(provider.requests.length, 2);
});

Deno.test("authUrl() holds all that was asked for", async () => {
  await using provider = startFakeProvider();
  const url = new URL(
    await new Fief(provider.issuer, "cli").authUrl("http://localhost:51562/callback", {
      state: "s",
      scope: ["openid", "castles:read"],
      codeChallenge: "c",
      codeChallengeMethod: "S256",
      nonce: "n",
      lang: "fr",
      extrasParams: { acr_values: "1", prompt: "login" },
    }),
  );
  assertEquals(`${url.origin}${url.pathname}`, `${provider.issuer}/auth`);
  assertEquals(Object.fromEntries(url.searchParams), {
    response_type: "code",
    client_id: "cli",
    redirect_uri: "http://localhost:51562/callback",
    state: "s",
    scope: "openid castles:read",
    nonce: "n",
    code_challenge: "c",
    code_challenge_method: "S256",
    lang: "fr",
    acr_values: "1",
    prompt: "login",
  });
});

for (
  const name of [
    "state",
    "nonce",
    "redirect_uri",
    "client_id",
    "code_challenge",
    "response_type",
    "response_mode",
    "scope",
  ]
) {
  Deno.test(`authUrl() refuses to let extrasParams set "${name}"`, async () => {
    await using provider = startFakeProvider();
    const error = await assertRejects(
      () => new Fief(provider.issuer, "cli").authUrl("r", { extrasParams: { [name]: "x" } }),
      FiefError,
    );
    assertEquals(error.code, "usage_invalid");
  });
}

const checks: [name: string, likeFief: boolean, status: number, answer: string][] = [
  ["redirects to its sign-in page", true, 302, "accepted"],
  ["shows its sign-in page", false, 200, "accepted"],
  ["is Fief and refuses", true, 400, "refused"],
  ["is another server and refuses", false, 400, "unknown"],
  ["fails", true, 500, "unknown"],
];
for (const [name, likeFief, status, answer] of checks) {
  Deno.test(`checkAuthorizationUrl() is ${answer} when the server ${name}`, async () => {
    await using provider = startFakeProvider({
      metadata: (issuer) =>
        Response.json(
          likeFief
            ? {
              ...fakeMetadata(issuer),
              authorization_endpoint: `${issuer}/authorize`,
              token_endpoint: `${issuer}/api/token`,
              userinfo_endpoint: `${issuer}/api/userinfo`,
            }
            : fakeMetadata(issuer),
        ),
      other: () => new Response(null, { status, ...(status === 302 ? { headers: { location: "/login" } } : {}) }),
    });
    const fief = new Fief(provider.issuer, "cli");
    assertEquals(
      await fief.checkAuthorizationUrl(await fief.authUrl("r")),
      { answer, status } as unknown as Awaited<ReturnType<Fief["checkAuthorizationUrl"]>>,
    );
  });
}

const account: [method: string, call: (fief: Fief) => Promise<unknown>, request: string, body: unknown][] = [
  ["updateProfile", (fief) => fief.updateProfile(SECRET, { fields: { first_name: "Anne" } }), "PATCH /api/profile", {
    fields: { first_name: "Anne" },
  }],
  ["changePassword", (fief) => fief.changePassword(SECRET, "moat"), "PATCH /api/password", { password: "moat" }],
  ["emailChange", (fief) => fief.emailChange(SECRET, "a@example.com"), "PATCH /api/email/change", {
    email: "a@example.com",
  }],
  ["emailVerify", (fief) => fief.emailVerify(SECRET, "123456"), "POST /api/email/verify", { code: "123456" }],
];
for (const [method, call, request, body] of account) {
  Deno.test(`${method}() sends ${request} with the token and gives the user`, async () => {
    let met: unknown[] = [];
    await using provider = startFakeProvider({
      other: async (asked) => {
        met = [asked.headers.get("authorization"), asked.headers.get("content-type"), await asked.json()];
        return Response.json({ sub: "anne" });
      },
    });
    assertEquals(await call(new Fief(provider.issuer, "cli")), { sub: "anne" });
    assertEquals(provider.requests, [request]);
    assertEquals(met, [`Bearer ${SECRET}`, "application/json", body]);
  });

  Deno.test(`${method}() throws FiefRequestError with the server's reason when it refuses`, async () => {
    const detail = [{ loc: ["body", "password"], msg: "too short", input: "moat" }];
    await using provider = startFakeProvider({ other: () => Response.json({ detail }, { status: 422 }) });
    const error = await assertRejects(() => call(new Fief(provider.issuer, "cli")), FiefRequestError);
    assertEquals([error.code, error.status, error.detail], ["request_refused", 422, "body.password: too short"]);
    assertFalse(Deno.inspect(error, { depth: 9 }).includes(SECRET));
  });
}

Deno.test("userinfo() takes one request when the endpoint is known, two when it is not", async () => {
  await using provider = startFakeProvider({ userinfo: () => Response.json({ sub: "anne" }) });
  await new Fief(provider.issuer, "cli").userinfo(SECRET, {
    session: { userinfo_endpoint: `${provider.issuer}/userinfo` },
  });
  assertEquals(provider.requests.length, 1);
  await new Fief(provider.issuer, "cli").userinfo(SECRET);
  assertEquals(provider.requests.length, 3);
});

Deno.test("userinfo() says so when the server has no such endpoint", async () => {
  await using provider = startFakeProvider({
    metadata: (issuer) => Response.json({ ...fakeMetadata(issuer), userinfo_endpoint: undefined }),
  });
  const error = await assertRejects(() => new Fief(provider.issuer, "cli").userinfo(SECRET), FiefError);
  assertEquals([error.code, error.message], ["metadata_invalid", "The server has no userinfo endpoint"]);
});

Deno.test("updateProfile() asks at the path of a tenant", async () => {
  await using provider = startFakeProvider({ other: () => Response.json({ sub: "anne" }) });
  await new Fief(`${provider.issuer}/tenant/`, "cli").updateProfile(SECRET, {});
  assertEquals(provider.requests, ["PATCH /tenant/api/profile"]);
});

const userinfoFaults: [name: string, answer: () => Response, code: string, what: string][] = [
  [
    "status 401 with a detail",
    () => Response.json({ detail: "Unauthorized" }, { status: 401 }),
    "request_refused",
    "Unauthorized",
  ],
  [
    "status 403 and a web page",
    () => new Response("<html>", { status: 403 }),
    "request_refused",
    "no reason was given",
  ],
  ["a web page", () => new Response("<html>"), "provider_answer_invalid", "a web page"],
  ["no user", () => Response.json({ email: "a@example.com" }), "provider_answer_invalid", "an answer without a user"],
];
for (const [name, answer, code, what] of userinfoFaults) {
  Deno.test(`userinfo() rejects with ${code} when the answer is ${name}`, async () => {
    await using provider = startFakeProvider({ userinfo: answer });
    const error = await assertRejects(() => new Fief(provider.issuer, "cli").userinfo(SECRET), FiefError);
    assertEquals(error.code, code);
    assertStringIncludes(error.message, what);
  });
}

Deno.test("logoutUrl() is Fief's", async () => {
  const url = await new Fief("https://example.fief.dev/tenant", "cli").logoutUrl("https://acme.example/?a=b");
  assertEquals(url, "https://example.fief.dev/tenant/logout?redirect_uri=https%3A%2F%2Facme.example%2F%3Fa%3Db");
});

Deno.test("debug lines of requests hold no query, where a state or a challenge would be", async () => {
  const lines: string[] = [];
  await using provider = startFakeProvider({ other: () => new Response("page") });
  const fief = new Fief(provider.issuer, "cli", { host: { debug: (line) => lines.push(line) } });
  await fief.checkAuthorizationUrl(await fief.authUrl("r", { state: "s3cret" }));
  assertEquals(lines.length, 2);
  assertStringIncludes(lines[1]!, "/auth: status 200");
  assertFalse(lines.join().includes("s3cret") || lines.join().includes("?"));
});
