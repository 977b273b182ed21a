import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { FiefError, type FiefErrorCode } from "../../lib/errors.ts";
import type { Answer } from "../../lib/provider/answer.ts";
import {
  beginDeviceSignIn,
  type DeviceParty,
  processDeviceAuthorization,
  requestDeviceTokens,
} from "../../lib/provider/device.ts";
import { codeChallengeOf } from "../../lib/provider/pkce.ts";
import { fakeMetadata, startFakeProvider } from "../support/fake_provider.ts";
import { everythingOf } from "../support/hunt.ts";
import type { ProviderMetadata } from "../../lib/provider/metadata.ts";

const SECRET = "device-code-0123456789abcdefghijklmnopqrstuvwxyz";
const BASE = "https://example.com";
const PARTY: DeviceParty = {
  issuer: BASE,
  baseUrl: BASE,
  clientId: "cli",
  deviceAuthorizationEndpoint: `${BASE}/device`,
};
const GOOD = {
  device_code: SECRET,
  user_code: "WDJB-MJHT",
  verification_uri: `${BASE}/device`,
  verification_uri_complete: `${BASE}/device?user_code=WDJB-MJHT`,
  expires_in: 1800,
  interval: 5,
};

function answer(body: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const type = { "content-type": "application/json", ...headers };
  return { status, headers: new Headers(type), text, receivedAt: 0 };
}

Deno.test("processDeviceAuthorization() takes an answer as the standard has it", async () => {
  assertEquals(await processDeviceAuthorization(PARTY, answer(GOOD)), GOOD);
});

const intervals: [name: string, interval: unknown, seconds: number][] = [
  ["none", undefined, 5],
  ["null", null, 5],
  ["0", 0, 5],
  ["less than none", -1, 5],
  ["words", "soon", 5],
  ["a number as text", "7", 7],
  ["half a second", 0.5, 0.5],
];
for (const [name, interval, seconds] of intervals) {
  Deno.test(`processDeviceAuthorization() waits ${seconds} s between questions where the interval is ${name}`, async () => {
    assertEquals((await processDeviceAuthorization(PARTY, answer({ ...GOOD, interval }))).interval, seconds);
  });
}

for (const code of ["ABCD EFGH", "123-456-789", "ÄÖÜ-ßéñ", "a", "x".repeat(100)]) {
  Deno.test(`processDeviceAuthorization() keeps the user code "${code.slice(0, 12)}" as it is`, async () => {
    assertEquals((await processDeviceAuthorization(PARTY, answer({ ...GOOD, user_code: code }))).user_code, code);
  });
}

const faults: [name: string, answer: Answer, code: FiefErrorCode, words: string][] = [
  ["a client that may not", answer({ error: "unauthorized_client" }, 400), "device_sign_in_unavailable", "this client"],
  ["an unknown client", answer({ error: "invalid_client" }, 401), "device_sign_in_unavailable", "this client"],
  ["an unknown scope", answer({ error: "invalid_scope" }, 400), "sign_in_failed", "invalid_scope"],
  ["an error of its own words", answer({ error: `Not ${SECRET}` }, 400), "sign_in_failed", "an error"],
  ["no page", answer("<!doctype html>", 404), "provider_answer_invalid", "status 404 and a web page"],
  ["a failure", answer("", 502), "provider_failed", "status 502"],
  ["too many requests", answer("", 429, { "retry-after": "9" }), "provider_busy", "busy"],
  ["a list", answer([GOOD]), "provider_answer_invalid", "JSON that is no object"],
  ["no device code", answer({ ...GOOD, device_code: undefined }), "provider_answer_invalid", `"device_code"`],
  ["an empty device code", answer({ ...GOOD, device_code: "" }), "provider_answer_invalid", `"device_code"`],
  ["no user code", answer({ ...GOOD, user_code: null }), "provider_answer_invalid", `"user_code"`],
  ["a user code that draws", answer({ ...GOOD, user_code: "\x1b[2J" }), "provider_answer_invalid", `"user_code"`],
  ["a user code on two lines", answer({ ...GOOD, user_code: "AB\nCD" }), "provider_answer_invalid", `"user_code"`],
  ["a user code turned around", answer({ ...GOOD, user_code: "A\u202eB" }), "provider_answer_invalid", `"user_code"`],
  ["a user code between blanks", answer({ ...GOOD, user_code: " A" }), "provider_answer_invalid", `"user_code"`],
  ["an endless user code", answer({ ...GOOD, user_code: "A".repeat(101) }), "provider_answer_invalid", `"user_code"`],
  ["no address", answer({ ...GOOD, verification_uri: undefined }), "provider_answer_invalid", `"verification_uri"`],
  [
    "an address on plain http",
    answer({ ...GOOD, verification_uri: "http://example.com/" }),
    "provider_answer_invalid",
    "https",
  ],
  [
    "an address of this machine",
    answer({ ...GOOD, verification_uri: "http://localhost/" }),
    "provider_answer_invalid",
    "https",
  ],
  [
    "a script as address",
    answer({ ...GOOD, verification_uri: "javascript:alert(1)" }),
    "provider_answer_invalid",
    "https",
  ],
  [
    "an address with a user",
    answer({ ...GOOD, verification_uri: "https://bank.example@evil.example/" }),
    "provider_answer_invalid",
    "https",
  ],
  [
    "an address in other letters",
    answer({ ...GOOD, verification_uri: "https://exаmple.com/" }),
    "provider_answer_invalid",
    "https",
  ],
  [
    "an address with line breaks",
    answer({ ...GOOD, verification_uri: `${BASE}/\n\nAll is well` }),
    "provider_answer_invalid",
    "https",
  ],
  [
    "an endless address",
    answer({ ...GOOD, verification_uri: `${BASE}/${"a".repeat(2000)}` }),
    "provider_answer_invalid",
    "https",
  ],
  [
    "a complete address that is none",
    answer({ ...GOOD, verification_uri_complete: "ftp://x" }),
    "provider_answer_invalid",
    `"verification_uri_complete"`,
  ],
  [
    "a complete address that is a number",
    answer({ ...GOOD, verification_uri_complete: 7 }),
    "provider_answer_invalid",
    `"verification_uri_complete"`,
  ],
  ["no life", answer({ ...GOOD, expires_in: undefined }), "provider_answer_invalid", `"expires_in"`],
  ["a life in words", answer({ ...GOOD, expires_in: "soon" }), "provider_answer_invalid", `"expires_in"`],
  ["a life that is over", answer({ ...GOOD, expires_in: -1 }), "provider_answer_invalid", `"expires_in"`],
];
for (const [name, given, code, words] of faults) {
  Deno.test(`processDeviceAuthorization() rejects with ${code} when the server answers with ${name}`, async () => {
    const error = await assertRejects(() => processDeviceAuthorization(PARTY, given), FiefError);
    assertEquals(error.code, code);
    assert(error.message.includes(words), error.message);
    assertFalse(everythingOf(error).includes(SECRET), everythingOf(error));
  });
}

Deno.test("beginDeviceSignIn() asks with client, scope, challenge and what else was wanted, and with no secret", async () => {
  let sent = new URLSearchParams();
  await using provider = startFakeProvider({
    device: (parameters, issuer) => {
      sent = parameters;
      return Response.json({ ...GOOD, verification_uri: `${issuer}/enter`, verification_uri_complete: undefined });
    },
  });
  const metadata = { ...fakeMetadata(provider.issuer), device_authorization_endpoint: `${provider.issuer}/device` };
  const codeChallenge = await codeChallengeOf("verifier");
  const device = await beginDeviceSignIn(
    metadata as unknown as ProviderMetadata,
    { baseUrl: provider.issuer, clientId: "cli", host: { fetch, now: Date.now } },
    { scope: ["openid", "castles"], codeChallenge, lang: "fr", extrasParams: { acr_values: "2" } },
  );
  assertEquals(device.verification_uri, `${provider.issuer}/enter`);
  assertEquals(Object.fromEntries(sent), {
    client_id: "cli",
    scope: "openid castles",
    code_challenge: codeChallenge,
    code_challenge_method: "S256",
    lang: "fr",
    acr_values: "2",
  });
});

Deno.test("beginDeviceSignIn() asks nobody where the server offers no such sign-in, or a parameter would replace ours", async () => {
  const party = {
    baseUrl: BASE,
    clientId: "cli",
    host: { fetch: () => Promise.reject(new Error("asked")), now: Date.now },
  };
  const metadata = fakeMetadata(BASE) as unknown as ProviderMetadata;
  const none = await assertRejects(() => beginDeviceSignIn(metadata, party, {}), FiefError, "does not offer it");
  assertEquals(none.code, "device_sign_in_unavailable");
  const offering = { ...metadata, device_authorization_endpoint: `${BASE}/device` };
  const wrong = { extrasParams: { client_id: "other" } };
  assertEquals((await assertRejects(() => beginDeviceSignIn(offering, party, wrong), FiefError)).code, "usage_invalid");
});

const answers: [error: string, status: number, outcome: string][] = [
  ["authorization_pending", 400, "authorization_pending"],
  ["slow_down", 400, "slow_down"],
  ["slow_down", 401, "slow_down"],
  ["access_denied", 400, "sign_in_denied"],
  ["expired_token", 400, "sign_in_timed_out"],
  ["invalid_grant", 400, "sign_in_failed"],
  ["invalid_client", 401, "provider_answer_invalid"],
  ["unauthorized_client", 400, "provider_answer_invalid"],
  ["authorization_pending", 500, "provider_failed"],
  ["authorization_pending", 200, "provider_answer_invalid"],
];
for (const [error, status, outcome] of answers) {
  Deno.test(`requestDeviceTokens() makes ${outcome} of ${error} with status ${status}`, async () => {
    let sent = new URLSearchParams();
    await using provider = startFakeProvider({
      token: (parameters) => {
        sent = parameters;
        return Response.json({ error, error_description: SECRET }, { status });
      },
    });
    const party = { issuer: provider.issuer, tokenEndpoint: `${provider.issuer}/token`, clientId: "cli" };
    const given = await requestDeviceTokens(party, { device_code: SECRET, code_verifier: "verifier" }, {
      fetch,
      now: Date.now,
    }).catch((thrown) => thrown);
    assertEquals(given instanceof FiefError ? given.code : given, outcome);
    assertFalse(everythingOf(given).includes(SECRET));
    assertEquals(Object.fromEntries(sent), {
      grant_type: "urn:ietf:params:oauth:grant-type:device_code",
      device_code: SECRET,
      code_verifier: "verifier",
      client_id: "cli",
    });
  });
}
