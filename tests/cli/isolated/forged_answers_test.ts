// A package that has been taken over answers in the Worker's place: what the main thread makes of it.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { IsolatedFief } from "../../../lib/cli/isolated/isolated_fief.ts";
import { FiefError } from "../../../lib/errors.ts";
import { fakeMetadata } from "../../support/fake_provider.ts";

const BASE = "https://example.fief.dev";
const INJECTED = "x\nurl = http://evil.example\noutput = /tmp/planted";
const ESCAPE = "\x1b]0;evil\x07";

/** Calls a method of which the Worker answers with this JSON text. */
async function ask<T>(call: (fief: IsolatedFief) => Promise<T>, forged: string, debug?: string[]): Promise<T> {
  const { Worker } = globalThis;
  const forging = class {
    onmessage = (_event: { data: string }) => {};
    constructor() {
      queueMicrotask(() => this.onmessage({ data: '{"type":"loaded"}' }));
    }
    postMessage(text: string) {
      const { id } = JSON.parse(text);
      if (id === undefined) return;
      queueMicrotask(() => {
        this.onmessage({ data: JSON.stringify({ type: "debug", line: `a\nb${ESCAPE}` }) });
        this.onmessage({ data: `{"type":"answer","id":${id},"value":${forged}}` });
      });
    }
    terminate() {}
  };
  Object.assign(globalThis, { Worker: forging });
  const announced = { ...fakeMetadata(BASE), device_authorization_endpoint: `${BASE}/device` };
  const host = {
    fetch: () => Promise.resolve(Response.json(announced)),
    ...debug ? { debug: (line: string) => void debug.push(line) } : {},
  };
  try {
    const fief = new IsolatedFief(BASE, "cli", { host, caCerts: () => Promise.resolve([]) });
    return await call(fief);
  } finally {
    Object.assign(globalThis, { Worker });
  }
}

const TOKENS = {
  access_token: "a",
  token_type: "Bearer",
  refresh_token: "r",
  id_token: "i",
  expires_in: 60,
  scope: "s",
};
const SIGNED_IN = { tokens: TOKENS, userinfo: { sub: "anne" }, clockOffset: -120 };
const REFRESHED = { ...SIGNED_IN, tokenEndpoint: `${BASE}/api/token` };
const DEVICE = {
  device_code: "d",
  user_code: "WDJB-MJHT",
  verification_uri: `${BASE}/device`,
  verification_uri_complete: `${BASE}/device?user_code=WDJB-MJHT`,
  expires_in: 1800,
  interval: 5,
};
const ACCESS = { id: "anne", scope: ["openid"], acr: null, permissions: [], access_token: "a" };

type Call = (fief: IsolatedFief) => Promise<unknown>;
const calls = {
  authCallback: (fief) => fief.authCallback("code", "http://localhost/"),
  deviceTokens: (fief) => fief.deviceTokens("d"),
  authRefreshToken: (fief) => fief.authRefreshToken("r"),
  deviceAuthorization: (fief) => fief.deviceAuthorization(),
  userinfo: (fief) => fief.userinfo("a"),
  updateProfile: (fief) => fief.updateProfile("a", {}),
  changePassword: (fief) => fief.changePassword("a", "p"),
  emailChange: (fief) => fief.emailChange("a", "anne@example.com"),
  emailVerify: (fief) => fief.emailVerify("a", "c"),
  validateAccessToken: (fief) => fief.validateAccessToken("a"),
  checkAuthorizationUrl: (fief) => fief.checkAuthorizationUrl(`${BASE}/authorize`),
  endSession: (fief) => fief.endSession(TOKENS),
  publishedKeys: (fief) => fief.publishedKeys(`${BASE}/keys`),
  qrCode: (fief) => fief.qrCode("x"),
} satisfies Record<string, Call>;

const genuine: [method: keyof typeof calls, value: unknown][] = [
  ["authCallback", SIGNED_IN],
  ["authCallback", { ...SIGNED_IN, tokens: { access_token: "a", token_type: "bearer" } }],
  ["deviceTokens", SIGNED_IN],
  ["deviceTokens", "authorization_pending"],
  ["deviceTokens", "slow_down"],
  ["authRefreshToken", REFRESHED],
  ["authRefreshToken", { ...REFRESHED, userinfo: null }],
  ["deviceAuthorization", DEVICE],
  ["userinfo", { sub: "anne", fields: { castle: null } }],
  ["updateProfile", { sub: "anne" }],
  ["changePassword", { sub: "anne" }],
  ["emailChange", { sub: "anne" }],
  ["emailVerify", { sub: "anne" }],
  ["validateAccessToken", ACCESS],
  ["checkAuthorizationUrl", { answer: "accepted", status: 200 }],
  ["checkAuthorizationUrl", { answer: "unknown" }],
  ["endSession", { ended: true, accessTokenRevoked: false }],
  ["publishedKeys", { published: 2, usable: ["RS256"] }],
  ["qrCode", { data: [[true]], size: 1 }],
];
for (const [method, value] of genuine) {
  const text = JSON.stringify(value);
  Deno.test(`IsolatedFief.${method}() gives what the Worker answers: ${text.slice(0, 60)}`, async () => {
    assertEquals(await ask<unknown>(calls[method], text), value);
  });
}

const withTokens = (members: object) => ({ ...REFRESHED, tokens: { ...TOKENS, ...members } });
const tokens: [what: string, value: unknown][] = [
  ["nothing", null],
  ["a word", "done"],
  ["no tokens", { ...REFRESHED, tokens: null }],
  ["an access token with line breaks", withTokens({ access_token: INJECTED })],
  ["an access token that is no text", withTokens({ access_token: ["a"] })],
  ["an empty access token", withTokens({ access_token: "" })],
  ["a refresh token that is no text", withTokens({ refresh_token: 1 })],
  ["an ID token that is no text", withTokens({ id_token: {} })],
  ["a scope that is no text", withTokens({ scope: ["openid"] })],
  ["a type that is none", withTokens({ token_type: null })],
  ["another type", withTokens({ token_type: "DPoP" })],
  ["a lifetime that is no number", withTokens({ expires_in: "60" })],
  ["a lifetime that no calendar can show", withTokens({ expires_in: 1e300 })],
  ["a lifetime below 0", withTokens({ expires_in: -1 })],
  ["more than can be kept", withTokens({ more: "x".repeat(1_000_000) })],
  ["no claims", { ...REFRESHED, userinfo: "anne" }],
  ["claims without a user", { ...REFRESHED, userinfo: { email: "anne@example.com" } }],
  ["a user that is no text", { ...REFRESHED, userinfo: { sub: 1 } }],
  ["a time that is no number", { ...REFRESHED, clockOffset: ESCAPE }],
];
const users: [what: string, value: unknown][] = [
  ["nothing", null],
  ["a list", [{ sub: "anne" }]],
  ["claims without a user", { email: "anne@example.com" }],
  ["a user that is no text", { sub: 1 }],
  ["more than can be kept", { sub: "anne", more: "x".repeat(1_000_000) }],
];
const others: [method: keyof typeof calls, what: string, value: unknown][] = [
  ["authCallback", "no claims", { ...SIGNED_IN, userinfo: null }],
  ["deviceTokens", "another word", "authorization_granted"],
  ["authRefreshToken", "no endpoint", { ...REFRESHED, tokenEndpoint: undefined }],
  ["authRefreshToken", "an endpoint on plain http", { ...REFRESHED, tokenEndpoint: "http://evil.example/" }],
  ["authRefreshToken", "an endpoint that is many", { ...REFRESHED, tokenEndpoint: "https://*.example/" }],
  ["deviceAuthorization", "nothing", null],
  ["deviceAuthorization", "a device code that is no text", { ...DEVICE, device_code: 1 }],
  ["deviceAuthorization", "a user code that a terminal obeys", { ...DEVICE, user_code: ESCAPE }],
  ["deviceAuthorization", "a user code that is no text", { ...DEVICE, user_code: 1 }],
  ["deviceAuthorization", "an address that is a script", { ...DEVICE, verification_uri: "javascript:alert(1)" }],
  ["deviceAuthorization", "an address that a terminal obeys", { ...DEVICE, verification_uri: `${BASE}/${ESCAPE}` }],
  ["deviceAuthorization", "another that is a script", { ...DEVICE, verification_uri_complete: "javascript:alert(1)" }],
  ["deviceAuthorization", "an interval of 0", { ...DEVICE, interval: 0 }],
  ["deviceAuthorization", "an interval that is text", { ...DEVICE, interval: "5" }],
  ["deviceAuthorization", "a lifetime below 0", { ...DEVICE, expires_in: -1 }],
  ["deviceAuthorization", "a lifetime that is text", { ...DEVICE, expires_in: ESCAPE }],
  ["validateAccessToken", "scopes that are none", { ...ACCESS, scope: "openid" }],
  ["checkAuthorizationUrl", "a status that is text", { answer: "unknown", status: ESCAPE }],
  ["checkAuthorizationUrl", "another word", { answer: ESCAPE, status: 200 }],
  ["endSession", "nothing", null],
  ["endSession", "no truth value", { ended: "yes", accessTokenRevoked: true }],
  ["publishedKeys", "a number that is text", { published: ESCAPE, usable: [] }],
  ["publishedKeys", "an algorithm that is none", { published: 1, usable: [ESCAPE] }],
  ["qrCode", "nothing", null],
  ["qrCode", "a side that no code has", { data: [[true]], size: 1e9 }],
  ["qrCode", "no rows", { data: [1], size: 1 }],
];
const forged: [method: keyof typeof calls, what: string, text: string][] = [
  ...(["authCallback", "deviceTokens", "authRefreshToken"] as const).flatMap((method) =>
    tokens.map(([what, value]) => [method, what, value] as const)
  ),
  ...(["userinfo", "updateProfile", "changePassword", "emailChange", "emailVerify"] as const).flatMap((method) =>
    users.map(([what, value]) => [method, what, value] as const)
  ),
  ...others,
].map(([method, what, value]) => [method, what, JSON.stringify(value)]);
// JSON knows no Infinity, but what is too large becomes it.
forged.push(
  ["authRefreshToken", "a time without end", JSON.stringify(REFRESHED).replace("-120", "1e999")],
  [
    "deviceAuthorization",
    "an interval without end",
    JSON.stringify(DEVICE).replace('"interval":5', '"interval":1e999'),
  ],
  ["deviceAuthorization", "a lifetime without end", JSON.stringify(DEVICE).replace("1800", "1e999")],
);
for (const [method, what, text] of forged) {
  Deno.test(`IsolatedFief.${method}() rejects when the Worker answers with ${what}`, async () => {
    const error = await assertRejects(() => ask<unknown>(calls[method], text), FiefError);
    assertEquals(error.code, "provider_answer_invalid");
    assert(!/evil|\p{C}/u.test(error.message + error.hint) && error.hint !== "", error.message);
  });
}

Deno.test("IsolatedFief.endSessionUrl() does not ask the Worker", async () => {
  const session = { end_session_endpoint: `${BASE}/end` };
  const url = await ask((fief) => fief.endSessionUrl({ session }), '"https://evil.example/"');
  assertEquals(url, `${BASE}/end?client_id=cli`);
});

Deno.test("what the Worker tells for --debug is one line that no terminal obeys", async () => {
  const lines: string[] = [];
  await ask(calls.qrCode, JSON.stringify({ data: [[true]], size: 1 }), lines);
  assert(lines.includes("a b ]0;evil"), lines.join("|"));
});
