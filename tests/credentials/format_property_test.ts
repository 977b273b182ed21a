// Whatever is in the file: a whole session, or an error with a name that quotes nothing.
import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import { type Credentials, parseCredentials, serializeCredentials } from "../../lib/credentials/format.ts";
import { FiefError } from "../../lib/errors.ts";
import { sized } from "../support/stress.ts";

const RUNS = { numRuns: sized(500, 50_000) };
const SECRET = "s3cret";

const FILE = {
  userinfo: { sub: "anne", email: "anne@example.com", fields: { first_name: "Anne" } },
  tokens: {
    access_token: `${SECRET}-access`,
    id_token: `${SECRET}-id`,
    token_type: "bearer",
    expires_in: 3600,
    refresh_token: `${SECRET}-refresh`,
    scope: "openid",
  },
  fief_auth: {
    version: 1,
    base_url: "https://example.fief.dev",
    client_id: "cli",
    issuer: "https://example.fief.dev",
    token_endpoint: "https://example.fief.dev/api/token",
    expires_at: 1_800_000_000,
    scope: "openid",
    api_origins: ["https://api.example.com"],
  },
  editor: { theme: SECRET },
};

/** The session in this text; `undefined` where it was refused, in the only way that there is. */
function parse(text: string): Credentials | undefined {
  try {
    return parseCredentials(text, "/home/anne/c.json");
  } catch (error) {
    assert(error instanceof FiefError, `${error}`);
    assertEquals([error.code, error.exitStatus], ["credentials_invalid", 6]);
    assert(error.message.startsWith('The credentials file "/home/anne/c.json" is not usable: '));
    assert(error.hint.length > 0);
    assertFalse(Deno.inspect(error, { depth: 9 }).includes(SECRET), "quotes what is in the file");
    return undefined;
  }
}

/** What every reader of a session relies on. */
function assertWhole({ userinfo, tokens, fief_auth }: Credentials): void {
  const isText = (value: unknown) => typeof value === "string";
  if (userinfo !== null) assert(isText(userinfo.sub));
  if (tokens !== null) {
    assert(/^[\x21-\x7e]+$/.test(tokens.access_token));
    for (const value of [tokens.refresh_token, tokens.id_token, tokens.scope]) assert(value == null || isText(value));
    assert(tokens.expires_in === undefined || typeof tokens.expires_in === "number");
  }
  if (fief_auth === undefined) return;
  assert(fief_auth.version === 1 && isText(fief_auth.base_url) && isText(fief_auth.client_id));
  const { issuer, token_endpoint, userinfo_endpoint, revocation_endpoint, end_session_endpoint, scope } = fief_auth;
  for (const value of [issuer, token_endpoint, userinfo_endpoint, revocation_endpoint, end_session_endpoint, scope]) {
    assert(value === undefined || isText(value));
  }
  assert(fief_auth.expires_at === undefined || Number.isFinite(fief_auth.expires_at));
  assert((fief_auth.api_origins ?? []).every(isText));
}

/** What can be read can be written, and is the same when it is read again. */
function assertGoesRound(credentials: Credentials): void {
  const text = serializeCredentials(credentials);
  assertEquals(parseCredentials(text, "p"), credentials);
  assertEquals(serializeCredentials(parseCredentials(text, "p")), text);
}

function check(text: string): void {
  const credentials = parse(text);
  if (credentials === undefined) return;
  assertWhole(credentials);
  assertGoesRound(credentials);
}

/** Any JSON, with the secret in it here and there. */
const json = fc.oneof(
  { weight: 3, arbitrary: fc.jsonValue() },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(null, SECRET, [SECRET], { sub: SECRET }, "", 0, -1, 1e308, true) },
);

Deno.test("parseCredentials() takes any bytes for a whole session, or refuses them by name", () => {
  const text = fc.uint8Array({ maxLength: 300 }).map((bytes) => new TextDecoder().decode(bytes));
  fc.assert(fc.property(text, (text) => check(text)), RUNS);
});

Deno.test("parseCredentials() takes any JSON for a whole session, or refuses it by name", () => {
  fc.assert(fc.property(json, (value) => check(JSON.stringify(value))), RUNS);
  const ours = fc.record({ userinfo: json, tokens: json, fief_auth: json }, { requiredKeys: [] });
  fc.assert(fc.property(ours, (value) => check(JSON.stringify(value))), RUNS);
});

/** The names that lead to each value of the file. */
function pathsIn(value: unknown, before: string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [before];
  return [before, ...Object.entries(value).flatMap(([name, member]) => pathsIn(member, [...before, name]))];
}

function changed(path: string[], change: (holder: Record<string, unknown>, name: string) => void): string {
  const root = { file: structuredClone(FILE) as unknown } as Record<string, unknown>;
  const names = ["file", ...path];
  const holder = names.slice(0, -1).reduce<Record<string, unknown>>(
    (at, name) => at[name] as Record<string, unknown>,
    root,
  );
  change(holder, names.at(-1)!);
  return JSON.stringify(root["file"]) ?? "";
}

Deno.test("parseCredentials() takes a file with any one value changed for a whole session, or refuses it by name", () => {
  const path = fc.constantFrom(...pathsIn(FILE));
  fc.assert(
    fc.property(path, json, (path, value) => check(changed(path, (holder, name) => holder[name] = value))),
    RUNS,
  );
  for (const path of pathsIn(FILE)) check(changed(path, (holder, name) => delete holder[name]));
});

Deno.test("parseCredentials() takes a file that was damaged anywhere for a whole session, or refuses it by name", () => {
  const text = serializeCredentials(FILE as unknown as Credentials);
  const at = fc.nat({ max: text.length });
  const damage = fc.record({ at, cut: fc.nat({ max: 40 }), put: fc.string({ unit: "binary", maxLength: 8 }) });
  const damages = fc.array(damage, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(damages, (damages) => {
      const damaged = damages.reduce((text, { at, cut, put }) => text.slice(0, at) + put + text.slice(at + cut), text);
      check(damaged);
    }),
    RUNS,
  );
  for (let length = 1; length < text.trimEnd().length; length++) assertEquals(parse(text.slice(0, length)), undefined);
});

Deno.test("parseCredentials() and serializeCredentials() keep every key of others, wherever it is", () => {
  const names = fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "toString", "0", ""));
  const others = fc.array(fc.tuple(names, json), { maxLength: 6 });
  fc.assert(
    fc.property(others, others, others, (outside, inRecord, inUser) => {
      // As text: assigning to `__proto__` would not make a key.
      const members = (own: object, entries: [string, unknown][]) =>
        `{${
          [
            ...entries.filter(([name]) => !(Object.hasOwn(own, name) || RESERVED.includes(name))),
            ...Object.entries(own),
          ]
            .map(([name, value]) =>
              `${JSON.stringify(name)}:${value instanceof Raw ? value.text : JSON.stringify(value)}`
            )
            .join(",")
        }}`;
      const record = new Raw(members(FILE.fief_auth, inRecord));
      const user = new Raw(members(FILE.userinfo, inUser));
      const text = members({ userinfo: user, tokens: FILE.tokens, fief_auth: record }, outside);
      const written = JSON.parse(serializeCredentials(parseCredentials(text, "p")));
      assertEquals(entriesOf(written), entriesOf(JSON.parse(text)));
    }),
    RUNS,
  );
});

/** Members of the record that are not others'. */
const RESERVED = ["userinfo_endpoint", "revocation_endpoint", "end_session_endpoint"];

class Raw {
  constructor(readonly text: string) {}
}

/** All values by their paths, so that `__proto__` counts as a key like any other. */
function entriesOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value).map(([name, member]) => [name, entriesOf(member)]).sort(([a], [b]) =>
    String(a) < String(b) ? -1 : 1
  );
}

for (const levels of [99, 101, 5_000, 400_000]) {
  Deno.test(`parseCredentials() takes a file with ${levels} levels for one that can be written again, or refuses it by name`, () => {
    const text = `{"userinfo":null,"tokens":null,"other":${"[".repeat(levels)}${"]".repeat(levels)}}`;
    check(text);
    assertEquals(parse(text) === undefined, levels > 99);
  });
}
