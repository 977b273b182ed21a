import { assertEquals, assertFalse, assertThrows } from "@std/assert";
import { parseCredentials, serializeCredentials } from "../../lib/credentials/format.ts";
import { FiefError } from "../../lib/errors.ts";

const TOKENS = {
  access_token: "s3cret",
  id_token: "s3cret",
  token_type: "bearer",
  expires_in: 60,
  refresh_token: "s3cret",
};
const RECORD = { version: 1, base_url: "https://example.fief.dev", client_id: "cli" };
const SESSION = { userinfo: { sub: "anne" }, tokens: TOKENS, fief_auth: RECORD };

const accepted: [name: string, value: unknown, parsed?: unknown][] = [
  ["a session", SESSION],
  ["a session of the Python client", {
    userinfo: { sub: "anne", email: "a@example.com" },
    tokens: { ...TOKENS, refresh_token: null },
  }],
  ["a file after a logout", { userinfo: null, tokens: null, fief_auth: RECORD }],
  ["a file after a session that died", { userinfo: { sub: "anne" }, tokens: null, fief_auth: RECORD }],
  ["nothing", {}, { userinfo: null, tokens: null }],
  ["a record alone", { fief_auth: RECORD }, { userinfo: null, tokens: null, fief_auth: RECORD }],
  ["keys of others", { ...SESSION, editor: { theme: "dark" } }],
  ["members of a later release in the record", { ...SESSION, fief_auth: { ...RECORD, device: "laptop" } }],
];
for (const [name, value, parsed = value] of accepted) {
  Deno.test(`parseCredentials() reads ${name}`, () => {
    assertEquals(parseCredentials(JSON.stringify(value), "p") as unknown, parsed);
  });
}

for (const text of ["", "  \n"]) {
  Deno.test(`parseCredentials() takes ${JSON.stringify(text)} for nobody signed in`, () => {
    assertEquals(parseCredentials(text, "p"), { userinfo: null, tokens: null });
  });
}

const refused: [name: string, text: string, what: string][] = [
  ["a truncated file", JSON.stringify(SESSION).slice(0, -20), "no JSON, or cut off"],
  ["text", "hello", "no JSON"],
  ["an array", JSON.stringify([SESSION]), "a JSON array"],
  ["a number", "7", "no JSON object"],
  ["null", "null", "no JSON object"],
  ["the file of another program", '{"auths": {"registry": "s3cret"}}', "the file of another program"],
  ["a newer version", JSON.stringify({ ...SESSION, fief_auth: { ...RECORD, version: 2 } }), "a file of version 2"],
  ["a record that is a list", JSON.stringify({ ...SESSION, fief_auth: [] }), "that is no object"],
  [
    "a record without a client",
    JSON.stringify({ ...SESSION, fief_auth: { version: 1, base_url: "x" } }),
    "members of the wrong kind",
  ],
  [
    "a record with an expiry in words",
    JSON.stringify({ ...SESSION, fief_auth: { ...RECORD, expires_at: "soon" } }),
    "members of the wrong kind",
  ],
  [
    "a record with origins that are numbers",
    JSON.stringify({ ...SESSION, fief_auth: { ...RECORD, api_origins: [7] } }),
    "members of the wrong kind",
  ],
  [
    "a record of no version",
    JSON.stringify({ ...SESSION, fief_auth: { ...RECORD, version: "1" } }),
    "members of the wrong kind",
  ],
  ["tokens that are a text", JSON.stringify({ ...SESSION, tokens: "s3cret" }), "without a usable access token"],
  [
    "tokens without an access token",
    JSON.stringify({ ...SESSION, tokens: { refresh_token: "s3cret" } }),
    "without a usable access token",
  ],
  [
    "an access token with a line break",
    JSON.stringify({ ...SESSION, tokens: { ...TOKENS, access_token: "s3cret\r\nx: y" } }),
    "without a usable access token",
  ],
  [
    "a refresh token that is a number",
    JSON.stringify({ ...SESSION, tokens: { ...TOKENS, refresh_token: 7 } }),
    "without a usable access token",
  ],
  [
    "a lifetime in words",
    JSON.stringify({ ...SESSION, tokens: { ...TOKENS, expires_in: "soon" } }),
    "without a usable access token",
  ],
  ["a user that is a text", JSON.stringify({ ...SESSION, userinfo: "anne" }), "without a user"],
  ["a user without an id", JSON.stringify({ ...SESSION, userinfo: { email: "a@example.com" } }), "without a user"],
];
for (const [name, text, what] of refused) {
  Deno.test(`parseCredentials() refuses ${name}`, () => {
    const error = assertThrows(() => parseCredentials(text, "/home/anne/c.json"), FiefError, what);
    assertEquals([error.code, error.exitStatus], ["credentials_invalid", 6]);
    assertFalse(Deno.inspect(error, { depth: 9 }).includes("s3cret"));
  });
}

Deno.test("serializeCredentials() writes what parseCredentials() reads, unknown keys included", () => {
  const credentials = parseCredentials(JSON.stringify({ ...SESSION, editor: { theme: "dark" } }), "p");
  assertEquals(parseCredentials(serializeCredentials(credentials), "p"), credentials);
});

Deno.test("serializeCredentials() keeps the two keys of the Python client when nobody is signed in", () => {
  assertEquals(JSON.parse(serializeCredentials({ userinfo: null, tokens: null })), { userinfo: null, tokens: null });
});
