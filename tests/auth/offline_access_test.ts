import { assertEquals, assertRejects } from "@std/assert";
import { type AuthorizeOptions, Fief, FiefAuth, FiefError } from "../../lib/mod.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { fakeMetadata, sign, startFakeProvider } from "../support/fake_provider.ts";

/** A provider that gives a code at once; what it was asked for, and what came of the sign-in. */
async function signInAt(
  { scopes, answer, status = 200 }: { scopes?: string[]; answer: Record<string, unknown>; status?: number },
  options: AuthorizeOptions = {},
) {
  const asked: { scope: string | null; prompt: string | null }[] = [];
  let nonce = "";
  await using provider = startFakeProvider({
    metadata: (issuer) =>
      Response.json({ ...fakeMetadata(issuer), ...(scopes === undefined ? {} : { scopes_supported: scopes }) }),
    token: async (_, issuer) => {
      const now = Math.floor(Date.now() / 1000);
      const id_token = await sign({ iss: issuer, aud: "cli", sub: "anne", iat: now, exp: now + 60, nonce });
      const tokens = { access_token: "a", token_type: "bearer", expires_in: 60, id_token };
      return Response.json(status === 200 ? { ...tokens, ...answer } : answer, { status });
    },
    other: (request) => {
      const { searchParams } = new URL(request.url);
      if (request.headers.has("x-person")) {
        asked.push({ scope: searchParams.get("scope"), prompt: searchParams.get("prompt") });
      }
      nonce = searchParams.get("nonce")!;
      const back = new URL(searchParams.get("redirect_uri")!);
      back.search = `${new URLSearchParams({ code: "c", state: searchParams.get("state")! })}`;
      return new Response(null, { status: 302, headers: { location: back.href } });
    },
  });
  await using directory = await temporaryDirectory();
  let browsing: Promise<void> | undefined;
  const openBrowser = (url: string) => {
    browsing = fetch(url, { headers: { "x-person": "anne" } }).then(async (response) => void await response.text());
    return Promise.resolve(true);
  };
  const notices: string[] = [];
  const auth = new FiefAuth(new Fief(provider.issuer, "cli", { host: { openBrowser } }), `${directory.path}/c.json`);
  const result = auth.authorize({
    serverAddress: ["localhost", 0],
    onEvent: (event) => event.type === "notice" && notices.push(event.message),
    ...options,
  });
  const error = await result.then(() => undefined, (error) => error);
  await browsing;
  return { asked, notices, error };
}

const WITH = "openid offline_access";
const NOTICE = "The server gave no refresh token: the session ends with its access token";

const cases: [
  name: string,
  server: { scopes?: string[]; answer: Record<string, unknown> },
  options: AuthorizeOptions,
  asked: [scope: string, prompt: string | null][],
  notices: string[],
][] = [
  [
    "the metadata name it",
    { scopes: ["openid", "offline_access"], answer: { refresh_token: "r" } },
    {},
    [[WITH, null]],
    [],
  ],
  ["the metadata name no scopes", { answer: { refresh_token: "r" } }, {}, [[WITH, null]], []],
  ["the metadata name others only", { scopes: ["openid"], answer: { scope: "openid" } }, {}, [["openid", null]], []],
  ["the caller wants none", { answer: { scope: "openid" } }, { offlineAccess: false }, [["openid", null]], []],
  ["the caller names the scope", { scopes: [], answer: { refresh_token: "r" } }, { scope: ["offline_access"] }, [[
    WITH,
    null,
  ]], []],
  // RFC 6749 section 5.1: without `scope` all was granted that was asked for. Consent would change nothing.
  ["the server grants it and gives no refresh token", { answer: {} }, {}, [[WITH, null]], [NOTICE]],
  ["the server grants it in words and gives no refresh token", { answer: { scope: WITH } }, {}, [[WITH, null]], [
    NOTICE,
  ]],
  ["the server gives a refresh token without it", { answer: { refresh_token: "r", scope: "openid" } }, {}, [[
    WITH,
    null,
  ]], []],
  ["the server leaves it out, consent or not", { answer: { scope: "openid" } }, {}, [[WITH, null], [WITH, "consent"]], [
    NOTICE,
  ]],
  [
    "the server leaves it out and the caller has a prompt of their own",
    { answer: { scope: "openid" } },
    { extrasParams: { prompt: "select_account" } },
    [[WITH, "select_account"]],
    [NOTICE],
  ],
  [
    "the server leaves it out and another account was wanted",
    { answer: { scope: "openid" } },
    { extrasParams: { prompt: "login" } },
    [[WITH, "login"], [WITH, "consent"]],
    [NOTICE],
  ],
];
for (const [name, server, options, expected, notices] of cases) {
  Deno.test(`authorize() asks for ${expected.map(([scope, prompt]) => `${scope}${prompt ? ` (${prompt})` : ""}`).join(", then ")} when ${name}`, async () => {
    const met = await signInAt(server, options);
    assertEquals(met.error, undefined);
    assertEquals(met.asked.map(({ scope, prompt }) => [scope, prompt]), expected);
    assertEquals(met.notices, notices);
  });
}

Deno.test("authorize() rejects with offline_access_refused when the user may not have it", async () => {
  const { error } = await signInAt({ answer: { error: "not_allowed" }, status: 400 });
  const met = await assertRejects(() => Promise.reject(error), FiefError);
  assertEquals([met.code, met.exitStatus, met.message, met.hint], [
    "offline_access_refused",
    4,
    "The server refused to give tokens: this user may not have offline access",
    "Ask an administrator to allow it, or sign in without offline access",
  ]);
});
