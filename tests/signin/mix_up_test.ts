// Whole sign-ins that somebody meddles with: codes, answers and ID tokens of another sign-in, another server, or nobody's.
import { assert, assertEquals, assertFalse, assertRejects, assertStringIncludes } from "@std/assert";
import * as jose from "jose";
import { FiefError, type FiefErrorCode } from "../../lib/errors.ts";
import { Fief, FiefAuth } from "../../lib/mod.ts";
import { type LastPage, redirectAfterSignIn, ScriptedBrowser } from "../support/browser.ts";
import { temporaryDirectory } from "../support/directory.ts";
import {
  type Claims,
  type FakeAnswers,
  fakeKeys,
  fakeMetadata,
  halfHash,
  sign,
  startFakeProvider,
} from "../support/fake_provider.ts";
import { CLIENT_ID, startProvider } from "../support/provider.ts";
import { serve, type TestServer } from "../support/server.ts";
import { get } from "./fakes.ts";

const CODE = "s3cret-code";
const ACCESS_TOKEN = "s3cret-access-token";

/** What the authorization request said. */
type Asked = Record<"state" | "nonce" | "redirect_uri" | "code_challenge", string>;

/** A sign-in under way: the browser has been sent to the server, and waits there. */
interface Begun {
  asked: Asked;
  result: Promise<unknown>;
  /** Sends the browser back with these parameters, to the last page. */
  comeBack(parameters: Record<string, string>): Promise<LastPage>;
  abort(): void;
}

/** Begins a sign-in as a program with this credentials file. */
async function begin(baseUrl: string, path: string): Promise<Begun> {
  const opened = Promise.withResolvers<string>();
  const openBrowser = (url: string) => {
    opened.resolve(url);
    return Promise.resolve(true);
  };
  const stop = new AbortController();
  const auth = new FiefAuth(new Fief(baseUrl, CLIENT_ID, { host: { openBrowser } }), path);
  const result = auth.authorize({ serverAddress: ["localhost", 0], onEvent: () => {}, signal: stop.signal });
  result.catch(() => {}); // met where the test asks for it
  const { headers } = await get(await Promise.race([opened.promise, result.then(() => "")]));
  const asked = Object.fromEntries(new URL(headers.get("location")!).searchParams) as Asked;
  return {
    asked,
    result,
    comeBack(parameters) {
      const url = new URL(asked.redirect_uri);
      url.search = new URLSearchParams({ state: asked.state, ...parameters }).toString();
      return new ScriptedBrowser().visit(url.href, { fields: {} });
    },
    abort: () => stop.abort(),
  };
}

/** Asserts that a sign-in ends by name, tells the browser so, shows no secret and leaves no session. */
async function assertRefused(
  { result }: Begun,
  page: Promise<LastPage>,
  path: string,
  code: FiefErrorCode,
  message: string,
): Promise<void> {
  const error = await assertRejects(() => result, FiefError);
  assertEquals(error.code, code);
  assertStringIncludes(error.message, message);
  const { html } = await page;
  assertStringIncludes(html, "You are not signed in");
  for (const shown of [html, Deno.inspect(error, { depth: 9 })]) assertFalse(/s3cret|ey[JK]\w/.test(shown), shown);
  await assertRejects(() => Deno.lstat(path), Deno.errors.NotFound);
}

/** An ID token as it should be, of this sign-in. */
function claimsOf(issuer: string, { nonce }: Pick<Asked, "nonce">): Claims {
  const now = Math.floor(Date.now() / 1000);
  return { iss: issuer, aud: CLIENT_ID, sub: "anne", iat: now, exp: now + 600, nonce };
}

function tokenAnswer(idToken: string): Response {
  return Response.json({ access_token: ACCESS_TOKEN, token_type: "Bearer", expires_in: 3600, id_token: idToken });
}

/** Signs in at a fake server: with what its token endpoint answers, and what its redirect says. */
async function refusedSignIn(
  idToken: (claims: Claims, asked: Asked) => Promise<string> | string,
  redirect: (issuer: string) => Record<string, string>,
  code: FiefErrorCode,
  message: string,
  answers: FakeAnswers = {},
): Promise<string[]> {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/credentials.json`;
  await using provider = startFakeProvider({
    ...answers,
    token: async (_parameters, issuer) => tokenAnswer(await idToken(claimsOf(issuer, begun.asked), begun.asked)),
  });
  const begun: Begun = await begin(provider.issuer, path);
  const page = begun.comeBack({ code: CODE, ...redirect(provider.issuer) });
  await assertRefused(begun, page, path, code, message);
  return provider.requests;
}

// The redirect.

const announced: FakeAnswers = {
  metadata: (issuer) =>
    Response.json({ ...fakeMetadata(issuer), authorization_response_iss_parameter_supported: true }),
};
const redirects: [
  name: string,
  redirect: (issuer: string) => Record<string, string>,
  answers: FakeAnswers,
  message: string,
][] = [
  [
    "is of another server (RFC 9207 section 2.4, RFC 9700 section 4.4.2.1)",
    () => ({ iss: "https://evil.example" }),
    {},
    'The redirect is from "https://evil.example", not from',
  ],
  [
    "is of another server, where every redirect should name its server",
    () => ({ iss: "https://evil.example" }),
    announced,
    'The redirect is from "https://evil.example", not from',
  ],
  [
    "differs from the issuer by a slash: simple string comparison (RFC 9207 section 2.4)",
    (issuer) => ({ iss: `${issuer}/` }),
    {},
    "The redirect is from",
  ],
  [
    "names no server although the metadata announces it (RFC 9207 section 2.4)",
    () => ({}),
    announced,
    "The redirect does not say which server it is from",
  ],
  [
    "is an error of another server (RFC 9207 section 2.3)",
    () => ({ iss: "https://evil.example", error: "access_denied" }),
    {},
    'The redirect is from "https://evil.example", not from',
  ],
];
for (const [name, redirect, answers, message] of redirects) {
  Deno.test(`a sign-in ends with issuer_mismatch, and the code goes nowhere, when the redirect ${name}`, async () => {
    const requests = await refusedSignIn(() => "", redirect, "issuer_mismatch", message, answers);
    assertFalse(requests.includes("POST /token"));
  });
}

Deno.test("mix-up: the code of an honest server never reaches the server of an attacker (RFC 9700 section 4.4.1)", async () => {
  await using honest = await startProvider();
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/credentials.json`;
  // The user takes the attacker's server for theirs; it sends the browser on to the honest one, with the program's own client id there.
  await using attacker = startFakeProvider({
    other: (request) => {
      const url = new URL(request.url);
      if (url.pathname !== "/auth") return new Response(null, { status: 404 });
      return new Response(null, { status: 302, headers: { location: `${honest.issuer}/authorize${url.search}` } });
    },
    token: () => tokenAnswer("s3cret"),
  });
  const begun = await begin(attacker.issuer, path);
  const url = new URL(`${attacker.issuer}/auth`);
  const parameters = { ...begun.asked, prompt: "consent" };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  const redirect = new URL(await redirectAfterSignIn(url.href, "anne@example.com"));
  assertEquals(redirect.searchParams.get("iss"), honest.issuer);
  const page = new ScriptedBrowser().visit(redirect.href, { fields: {} });
  await assertRefused(begun, page, path, "issuer_mismatch", `The redirect is from "${honest.issuer}", not from`);
  assertFalse(attacker.requests.includes("POST /token"));
});

// The code.

Deno.test("a code of another sign-in is refused by PKCE (RFC 9700 section 4.5.3.1, RFC 7636 section 4.6)", async () => {
  await using provider = await startProvider();
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/credentials.json`;
  const [victim, other] = [await begin(provider.issuer, path), await begin(provider.issuer, `${path}.other`)];
  const stolen = async ({ asked }: Begun, email: string) => {
    const url = new URL(`${provider.issuer}/authorize`);
    for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
    return Object.fromEntries(new URL(await redirectAfterSignIn(url.href, email)).searchParams);
  };
  const { code, iss } = await stolen(other, "bob@example.com");
  // Everything else is right: the state is the victim's own.
  const page = victim.comeBack({ code: code!, iss: iss! });
  await assertRefused(victim, page, path, "authorization_code_rejected", "belongs to another sign-in");
  other.abort();
  await assertRejects(() => other.result, FiefError);
});

Deno.test("a code that nobody gave out is refused by the server (RFC 6749 section 5.2)", async () => {
  await using provider = await startProvider();
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/credentials.json`;
  const begun = await begin(provider.issuer, path);
  const page = begun.comeBack({ code: CODE, iss: provider.issuer });
  await assertRefused(begun, page, path, "authorization_code_rejected", "The server refused the code");
});

// The ID token, at a server that takes any code.

Deno.test("an ID token replayed from another sign-in is refused by its nonce (OpenID Connect Core section 3.1.3.7 item 11, RFC 9700 section 4.5.3.2)", async () => {
  await using directory = await temporaryDirectory();
  let begun: Begun | undefined;
  let first: string | undefined;
  await using provider = startFakeProvider({
    token: async (_parameters, issuer) => tokenAnswer(first ??= await sign(claimsOf(issuer, begun!.asked))),
  });
  begun = await begin(provider.issuer, `${directory.path}/first.json`);
  const page = await begun.comeBack({ code: CODE });
  assertStringIncludes(page.html, "You are signed in");
  await begun.result;
  const path = `${directory.path}/second.json`;
  begun = await begin(provider.issuer, path);
  await assertRefused(begun, begun.comeBack({ code: CODE }), path, "id_token_invalid", '(claim "nonce")');
});

/** A JWT with this header and signature. */
function raw(header: Record<string, unknown>, claims: Claims, signature = ""): string {
  return [JSON.stringify(header), JSON.stringify(claims)].map((part) => jose.base64url.encode(part)).join(".") +
    `.${signature}`;
}

/** Signed with what everybody knows. */
async function withPublicKey(claims: Claims, format: "jwk" | "pem" | "raw"): Promise<string> {
  const jwk = (await fakeKeys()).jwks.keys[0]!;
  const secret = format === "jwk"
    ? JSON.stringify(jwk)
    : format === "raw"
    ? `${jwk.x}${jwk.y}`
    : await jose.exportSPKI(await jose.importJWK(jwk, "ES256", { extractable: true }) as jose.CryptoKey);
  return await sign(claims, { key: new TextEncoder().encode(secret), header: { alg: "HS256" } });
}

const stranger = async () => ({ key: (await fakeKeys()).stranger });
const tokens: [name: string, idToken: (claims: Claims, asked: Asked) => Promise<string> | string, message: string][] = [
  [
    "is of another issuer (OpenID Connect Core section 3.1.3.7 item 2)",
    (claims) => sign({ ...claims, iss: "https://evil.example" }),
    '(claim "iss")',
  ],
  [
    "is for another client (OpenID Connect Core section 3.1.3.7 item 3)",
    (claims) => sign({ ...claims, aud: "other" }),
    '(claim "aud")',
  ],
  [
    "is for us too, but was given to another client (OpenID Connect Core section 3.1.3.7 item 5)",
    (claims) => sign({ ...claims, aud: [CLIENT_ID, "other"], azp: "other" }),
    '(claim "azp")',
  ],
  [
    "belongs to another code (OpenID Connect Core section 3.3.2.11)",
    async (claims) => sign({ ...claims, c_hash: await halfHash("another code") }),
    '(claim "c_hash")',
  ],
  [
    "belongs to another access token (OpenID Connect Core section 3.1.3.8)",
    async (claims) => sign({ ...claims, at_hash: await halfHash("another token") }),
    '(claim "at_hash")',
  ],
  [
    "has no nonce (OpenID Connect Core section 3.1.3.7 item 11)",
    (claims) => sign({ ...claims, nonce: undefined }),
    '(claim "nonce")',
  ],
  ...["none", "None", "NONE", "nOnE"].map((alg): typeof tokens[number] => [
    `has the algorithm ${alg} (RFC 8725 sections 2.1 and 3.2)`,
    (claims) => raw({ alg }, claims),
    `has the algorithm "${alg}", which proves nothing`,
  ]),
  [
    "has no algorithm (RFC 7515 section 4.1.1)",
    (claims) => raw({ typ: "JWT" }, claims),
    "has the algorithm nobody, which proves nothing",
  ],
  ...(["jwk", "pem", "raw"] as const).map((format): typeof tokens[number] => [
    `is signed by HS256 with the server's public key as the secret, as ${format} (RFC 8725 section 2.1)`,
    (claims) => withPublicKey(claims, format),
    'has the algorithm "HS256", which proves nothing',
  ]),
  [
    "is signed by HS256 with the client id as the secret (OpenID Connect Core section 3.1.3.7 item 8)",
    (claims) => sign(claims, { key: new TextEncoder().encode(CLIENT_ID), header: { alg: "HS256" } }),
    'has the algorithm "HS256", which proves nothing',
  ],
  [
    "is signed with a stranger's key under the name of the server's (OpenID Connect Core section 3.1.3.7 item 6)",
    async (claims) => sign(claims, await stranger()),
    "has a signature that does not match",
  ],
  [
    "names another algorithm than its key is for (RFC 8725 section 3.1)",
    (claims) =>
      sign(claims).then((token) => {
        const [, payload, signature] = token.split(".");
        return `${jose.base64url.encode('{"alg":"RS256","kid":"published"}')}.${payload}.${signature}`;
      }),
    "is signed with a key that the server does not publish",
  ],
  [
    "was changed after it was signed",
    (claims) =>
      sign(claims).then((token) => {
        const [header, , signature] = token.split(".");
        return `${header}.${jose.base64url.encode(JSON.stringify({ ...claims, sub: "bob" }))}.${signature}`;
      }),
    "has a signature that does not match",
  ],
  ...[{ crit: ["exp2"], exp2: 1 }, { crit: ["b64"], b64: true }, { crit: [] }].map((
    header,
  ): typeof tokens[number] => [
    `demands extensions: ${JSON.stringify(header)} (RFC 7515 section 4.1.11)`,
    (claims) => raw({ alg: "ES256", kid: "published", ...header }, claims, "AAAA"),
    'demands what is not known here (header "crit")',
  ]),
];
for (const [name, idToken, message] of tokens) {
  Deno.test(`a sign-in ends with id_token_invalid when the ID token ${name}`, async () => {
    await refusedSignIn(idToken, () => ({}), "id_token_invalid", message);
  });
}

// Keys that the token brings along or points to: RFC 8725 section 3.10, RFC 7515 sections 4.1.2 to 4.1.6.

/** Headers that lead to the attacker's key, which is at this address. */
const pointers: [name: string, header: (url: string, key: jose.JWK) => Record<string, unknown>, message: string][] = [
  ["jku", (url) => ({ jku: `${url}/keys`, kid: "attacker" }), "is signed with a key that the server does not publish"],
  ["jku and the server's own kid", (url) => ({ jku: `${url}/keys` }), "has a signature that does not match"],
  [
    "x5u",
    (url) => ({ x5u: `${url}/cert.pem`, kid: "attacker" }),
    "is signed with a key that the server does not publish",
  ],
  ["jwk", (_url, key) => ({ jwk: key }), "has a signature that does not match"],
  ["jwk without a kid", (_url, key) => ({ jwk: key, kid: undefined }), "has a signature that does not match"],
  ["x5c", () => ({ x5c: ["MIIB"], "x5t#S256": "AAAA" }), "has a signature that does not match"],
  [
    "a kid that is an address",
    (url) => ({ kid: `${url}/keys` }),
    "is signed with a key that the server does not publish",
  ],
  [
    "a kid that is a path",
    () => ({ kid: "../../../dev/null" }),
    "is signed with a key that the server does not publish",
  ],
  ["a kid that is a query", () => ({ kid: "' OR 1=1 --" }), "is signed with a key that the server does not publish"],
];
for (const [name, header, message] of pointers) {
  Deno.test(`a sign-in fetches and takes no key that the ID token brings or points to: ${name} (RFC 8725 section 3.10)`, async () => {
    const own = await jose.generateKeyPair("ES256", { extractable: true });
    const key: jose.JWK = { ...await jose.exportJWK(own.publicKey), kid: "attacker", alg: "ES256", use: "sig" };
    await using attacker: TestServer = serve(() => Response.json({ keys: [key] }));
    const idToken = (claims: Claims) => sign(claims, { key: own.privateKey, header: header(attacker.origin, key) });
    const requests = await refusedSignIn(idToken, () => ({}), "id_token_invalid", message);
    assertEquals(attacker.requests.length, 0);
    // The server itself is asked once more at most: its keys may have been rotated.
    assert(requests.filter((request) => request === "GET /keys").length <= 2);
  });
}
