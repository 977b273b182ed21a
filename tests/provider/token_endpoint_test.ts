import { assertEquals, assertFalse, assertRejects, assertStringIncludes } from "@std/assert";
import { FiefError, type FiefErrorCode } from "../../lib/errors.ts";
import {
  EndpointMovedError,
  exchangeCode,
  exchangeRefreshToken,
  processTokens,
} from "../../lib/provider/token_endpoint.ts";
import { serve } from "../support/server.ts";

const SECRET = "s3cret-token";
const PARTY = {
  issuer: "https://example.fief.dev",
  tokenEndpoint: "https://example.fief.dev/api/token",
  clientId: "cli",
};

function process(response: Response, receivedAt = 0) {
  return response.text().then((text) =>
    processTokens(
      PARTY,
      { status: response.status, headers: response.headers, text, receivedAt },
      () => new FiefError("refresh_rejected", "The session has ended", "Sign in again"),
    )
  );
}

Deno.test("exchangeCode() sends what RFC 6749 section 4.1.3 and RFC 7636 section 4.5 ask for, once, and follows no redirect", async () => {
  const sent: [string, string][][] = [];
  await using server = serve(async (request) => {
    sent.push([...new URLSearchParams(await request.text())].sort());
    return Response.json({ access_token: SECRET, token_type: "Bearer", expires_in: 60 });
  });
  const parameters = { code: "c", redirect_uri: "http://localhost:1/callback", code_verifier: "v" };
  const { tokens } = await exchangeCode({ ...PARTY, tokenEndpoint: server.origin }, parameters, {
    fetch,
    now: () => 0,
  });
  assertEquals(tokens, { access_token: SECRET, token_type: "Bearer", expires_in: 60 });
  assertEquals(sent, [[
    ["client_id", "cli"],
    ["code", "c"],
    ["code_verifier", "v"],
    ["grant_type", "authorization_code"],
    ["redirect_uri", "http://localhost:1/callback"],
  ]]);
  assertEquals(server.requests[0]!.headers.get("authorization"), null);
});

Deno.test("exchangeRefreshToken() sends what RFC 6749 section 6 asks for", async () => {
  let sent = "";
  await using server = serve(async (request) => {
    sent = await request.text();
    return Response.json({ access_token: SECRET, token_type: "bearer" });
  });
  await exchangeRefreshToken({ ...PARTY, tokenEndpoint: server.origin }, { refresh_token: "r", scope: "openid" }, {
    fetch,
    now: () => 0,
  });
  assertEquals(Object.fromEntries(new URLSearchParams(sent)), {
    client_id: "cli",
    grant_type: "refresh_token",
    refresh_token: "r",
    scope: "openid",
  });
});

Deno.test("exchangeRefreshToken() rejects with refresh_rejected when the server answers invalid_grant", async () => {
  await using server = serve(() =>
    Response.json({ error: "invalid_grant", error_description: SECRET }, { status: 400 })
  );
  const refresh = () =>
    exchangeRefreshToken({ ...PARTY, tokenEndpoint: server.origin }, { refresh_token: SECRET }, {
      fetch,
      now: () => 0,
    });
  const error = await assertRejects(refresh, FiefError);
  assertEquals([error.code, server.requests.length], ["refresh_rejected", 1]);
  assertFalse(Deno.inspect(error, { depth: 9 }).includes(SECRET));
});

Deno.test("exchangeCode() rejects with authorization_code_rejected when the code is expired", async () => {
  await using server = serve(() => Response.json({ error: "invalid_grant" }, { status: 400 }));
  const exchange = () =>
    exchangeCode({ ...PARTY, tokenEndpoint: server.origin }, { code: SECRET, redirect_uri: "x" }, {
      fetch,
      now: () => 0,
    });
  const error = await assertRejects(exchange, FiefError);
  assertEquals([error.code, error.exitStatus], ["authorization_code_rejected", 4]);
});

const accepted: [name: string, body: Record<string, unknown>, tokens: Record<string, unknown>][] = [
  ["members that are null", { refresh_token: null, scope: null }, {}],
  ["a lifetime written as text", { expires_in: "3600" }, { expires_in: 3600 }],
  ["a lifetime of 0", { expires_in: 0 }, { expires_in: 0 }],
  ["members that nobody knows", { hello: "world" }, { hello: "world" }],
  ["an ID token, which is checked elsewhere", { id_token: "a.b.c" }, { id_token: "a.b.c" }],
];
for (const [name, body, tokens] of accepted) {
  Deno.test(`processTokens() takes ${name}`, async () => {
    const { tokens: met } = await process(Response.json({ access_token: SECRET, token_type: "bearer", ...body }));
    assertEquals(met, { access_token: SECRET, token_type: "bearer", ...tokens });
  });
}

const json = (body: unknown, status = 200) => Response.json(body, { status });
const tokens = { access_token: SECRET, token_type: "bearer" };
const faults: [name: string, answer: Response, code: FiefErrorCode, what: string][] = [
  [
    "status 500 and no body",
    new Response(null, { status: 500 }),
    "provider_failed",
    "status 500 and an empty body",
  ],
  ["status 503 and tokens", json(tokens, 503), "provider_failed", "status 503"],
  ["status 429", json({ detail: "slow down" }, 429), "provider_busy", "status 429"],
  ["status 201 and tokens", json(tokens, 201), "provider_answer_invalid", "status 201"],
  [
    "a redirect",
    new Response(null, { status: 307, headers: { location: "https://evil.example/token" } }),
    "provider_answer_invalid",
    'a redirect to "https://evil.example"',
  ],
  ["a hotel's sign-in page", new Response("<html><h1>Welcome</h1>"), "provider_answer_invalid", "a web page"],
  ["nothing", new Response(""), "provider_answer_invalid", "an empty body"],
  ["truncated JSON", new Response(`{"access_token": "${SECRET}`), "provider_answer_invalid", "no JSON"],
  ["a JSON array", json([tokens]), "provider_answer_invalid", "JSON that is no object"],
  [
    "no access token",
    json({ token_type: "bearer", refresh_token: SECRET }),
    "provider_answer_invalid",
    'a wrong "access_token"',
  ],
  [
    "an access token that is a number",
    json({ ...tokens, access_token: 7 }),
    "provider_answer_invalid",
    'a wrong "access_token"',
  ],
  ["an empty access token", json({ ...tokens, access_token: "" }), "provider_answer_invalid", 'a wrong "access_token"'],
  [
    "an access token with a line break",
    json({ ...tokens, access_token: "a\r\nx: y" }),
    "provider_answer_invalid",
    "fits in no header",
  ],
  ["no token type", json({ access_token: SECRET }), "provider_answer_invalid", 'a wrong "token_type"'],
  [
    "a token type that is not bearer",
    json({ ...tokens, token_type: "mac" }),
    "provider_answer_invalid",
    'a wrong "token_type"',
  ],
  [
    "a lifetime in words",
    json({ ...tokens, expires_in: "soon" }),
    "provider_answer_invalid",
    "a lifetime that is no number",
  ],
  ["a lifetime that is true", json({ ...tokens, expires_in: true }), "provider_answer_invalid", "that is no number"],
  ["a lifetime in a list", json({ ...tokens, expires_in: [5] }), "provider_answer_invalid", "that is no number"],
  ["a lifetime of spaces", json({ ...tokens, expires_in: "  " }), "provider_answer_invalid", "that is no number"],
  [
    "a lifetime beyond all numbers",
    new Response('{"access_token":"a","token_type":"bearer","expires_in":1e999}'),
    "provider_answer_invalid",
    'a wrong "expires_in"',
  ],
  ["a negative lifetime", json({ ...tokens, expires_in: -1 }), "provider_answer_invalid", 'a wrong "expires_in"'],
  [
    "a refresh token that is a number",
    json({ ...tokens, refresh_token: 7 }),
    "provider_answer_invalid",
    'a wrong "refresh_token"',
  ],
  ["a scope that is a list", json({ ...tokens, scope: ["openid"] }), "provider_answer_invalid", 'a wrong "scope"'],
  [
    "an ID token that is an object",
    json({ ...tokens, id_token: {} }),
    "provider_answer_invalid",
    "an ID token that is no text",
  ],
  [
    "invalid_client",
    json({ error: "invalid_client" }, 401),
    "provider_answer_invalid",
    '"invalid_client" (status 401)',
  ],
  ["invalid_grant", json({ error: "invalid_grant" }, 400), "refresh_rejected", "ended"],
  ["invalid_grant and status 404", json({ error: "invalid_grant" }, 404), "refresh_rejected", "ended"],
  [
    "an error that is a member of every object",
    json({ error: "constructor" }, 400),
    "provider_answer_invalid",
    '"constructor" (status 400)',
  ],
  ["a token as the error", json({ error: SECRET }, 400), "provider_answer_invalid", '"an error" (status 400)'],
  [
    "an error that is a script",
    json({ error: "\u001b[31m<script>" }, 400),
    "provider_answer_invalid",
    '"an error" (status 400)',
  ],
];
for (const [name, answer, code, what] of faults) {
  Deno.test(`processTokens() rejects with ${code} when the server answers with ${name}`, async () => {
    const error = await assertRejects(() => process(answer), FiefError);
    assertEquals(error.code, code);
    assertStringIncludes(error.message, what);
    assertFalse(Deno.inspect(error, { depth: 9 }).includes(SECRET));
  });
}

for (const status of [404, 405]) {
  Deno.test(`processTokens() says that the endpoint has moved when the status is ${status}`, async () => {
    await assertRejects(() => process(new Response("<html>", { status })), EndpointMovedError);
    await assertRejects(() => process(json({ error: "Unable to find matching target" }, status)), EndpointMovedError);
  });
}

const clocks: [date: string | null, receivedAt: number, offset: number][] = [
  [null, 0, 0],
  ["garbage", 0, 0],
  ["0", 0, 0], // `Date.parse` makes the year 2000 of it
  ["Thu, 01 Jan 1970 00:01:00 GMT", 0, 0],
  ["Thu, 01 Jan 1970 00:01:01 GMT", 0, 61],
  ["Thu, 01 Jan 1970 00:00:00 GMT", 3_600_000, -3600],
];
for (const [date, receivedAt, offset] of clocks) {
  Deno.test(`processTokens() takes the clock to be ${offset} s off when the server says ${date} at ${receivedAt} ms`, async () => {
    const response = Response.json(tokens, { headers: date === null ? {} : { date } });
    assertEquals((await process(response, receivedAt)).clockOffset, offset);
  });
}
