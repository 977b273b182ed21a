// Whatever comes as a redirect, typed, sent or pasted. A failure shows the seed and the smallest case: fc.assert(..., { seed, path }).
import { assertEquals, assertFalse, assertMatch } from "@std/assert";
import fc from "fast-check";
import { FiefError } from "../../lib/errors.ts";
import { isAnswer, listen } from "../../lib/signin/callback_server.ts";
import { answerIn } from "../../lib/signin/pasted_answer.ts";
import { type AnswerRules, codeOf } from "../../lib/signin/redirect.ts";
import type { SignInEvent } from "../../lib/signin/events.ts";
import { sized } from "../support/stress.ts";

const ISSUER = "https://example.fief.dev";
const REDIRECT_URI = "http://localhost:51562/callback";
const RUNS = { numRuns: sized(500, 20_000) };

/** Any text at all: lone surrogates, control characters, `%`, `&` and `#` more often than elsewhere. */
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom("%", "&", "=", "#", "?", "/", "\\", "\0", "\r", "\n", "+", "<", "é", "\ud800") }),
  fc.constantFrom("", "null", "undefined", "__proto__", "%00", "%ff%fe", "\x1b[2J", "\u202e"),
);
const name = fc.oneof(fc.constantFrom("code", "state", "iss", "error", "error_description", "State", "code[]"), text);
const issuer = fc.oneof(fc.constant(ISSUER), fc.constant(`${ISSUER}/`), text);
const state = fc.stringMatching(/^[\w-]{43}$/);
const parameter = fc.oneof(
  fc.tuple(fc.constant("iss"), issuer),
  fc.tuple(name, text),
  fc.tuple(fc.constant("code"), text),
);
const rules: fc.Arbitrary<AnswerRules> = fc.boolean().map((announced) =>
  announced ? { issuer: ISSUER, authorization_response_iss_parameter_supported: true } : { issuer: ISSUER }
);

Deno.test("codeOf() gives the one code of an answer of this issuer without an error, and throws with status 4 at all others", () => {
  fc.assert(
    fc.property(fc.array(parameter, { maxLength: 6 }), rules, (pairs, rules) => {
      const parameters = new URLSearchParams(pairs);
      const all = (wanted: string) => parameters.getAll(wanted);
      // RFC 9207 section 2.4, RFC 6749 sections 3.1, 4.1.2 and 4.1.2.1, in as few words.
      const fromHere = all("iss").length === 0
        ? rules.authorization_response_iss_parameter_supported !== true
        : all("iss").length === 1 && all("iss")[0] === ISSUER;
      const good = fromHere && all("error").length === 0 && all("code").length === 1 && all("code")[0] !== "";
      try {
        assertEquals(codeOf(parameters, rules), all("code")[0]);
        assertEquals(good, true);
      } catch (error) {
        if (!(error instanceof FiefError)) throw error;
        assertEquals([good, error.exitStatus], [false, 4]);
        // One line that a terminal cannot be ordered about by, and no endless one.
        assertFalse(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u.test(error.message + error.hint), error.message);
        assertEquals(error.message.length < 800, true);
      }
    }),
    RUNS,
  );
});

Deno.test("codeOf() never shows a code in its errors", () => {
  const code = fc.stringMatching(/^s3cret[\w-]{20}$/);
  fc.assert(
    fc.property(code, fc.array(parameter, { maxLength: 4 }), rules, (code, pairs, rules) => {
      try {
        codeOf(new URLSearchParams([...pairs, ["code", code]]), rules);
      } catch (error) {
        assertFalse(Deno.inspect(error, { depth: 9 }).includes(code));
      }
    }),
    RUNS,
  );
});

Deno.test("isAnswer() is true for the one state of the sign-in, whatever stands around it, and false for all else", () => {
  const wrong = state.chain((state) =>
    fc.oneof(
      fc.nat(42).map((at) => state.slice(0, at)),
      text.filter((more) => new URLSearchParams([["a", more]]).get("a") !== "").map((more) => state + more),
      fc.nat(42).map((at) => `${state.slice(0, at)}!${state.slice(at + 1)}`),
      text,
    ).map((other) => ({ state, other }))
  );
  const others = fc.array(fc.tuple(name.filter((name) => name !== "state"), text), { maxLength: 4 });
  const url = (pairs: string[][]) => new URL(`${REDIRECT_URI}?${new URLSearchParams(pairs)}`);
  fc.assert(
    fc.property(wrong, others, fc.nat(4), ({ state, other }, pairs, at) => {
      const around = (...middle: string[][]) => url([...pairs.slice(0, at), ...middle, ...pairs.slice(at)]);
      assertEquals(isAnswer(around(["state", state]), state), true);
      assertEquals(isAnswer(around(["state", other]), state), false);
      assertEquals(isAnswer(around(["state", state], ["state", other]), state), false);
      assertEquals(isAnswer(around(["state", other], ["state", state]), state), false);
      assertEquals(isAnswer(around(), state), false);
    }),
    RUNS,
  );
});

Deno.test("isAnswer() meets any query without a throw", () => {
  fc.assert(
    fc.property(text, state, (query, state) => {
      const url = URL.parse(`${REDIRECT_URI}?${query}`);
      if (url !== null) assertEquals(isAnswer(url, state), url.searchParams.getAll("state").join("&") === state);
    }),
    RUNS,
  );
});

async function* those(...lines: string[]): AsyncGenerator<string> {
  yield* lines;
}

Deno.test("answerIn() takes only the redirect URI with the state, and shows nothing of any other line", async () => {
  // As browsers show it, with its scheme or without.
  const taken = [
    REDIRECT_URI,
    "localhost:51562/callback",
    "//localhost:51562/callback",
    "HTTP://LOCALHOST:51562/callback",
  ];
  const base = fc.oneof(
    fc.constantFrom(...taken),
    fc.constantFrom(
      "http://localhost:51563/callback",
      "https://localhost:51562/callback",
      "http://evil.example/callback",
      "http://localhost:51562@evil.example/callback",
      "http://localhost:51562/callback/",
    ),
    text,
    fc.webUrl(),
  );
  const marked = fc.stringMatching(/^s3cret[\w-]{12}$/);
  await fc.assert(
    fc.asyncProperty(base, state, state, marked, fc.boolean(), async (base, state, other, code, right) => {
      const line = `${base}?code=${code}&state=${right ? state : other}`;
      const events: SignInEvent[] = [];
      const answer = await answerIn(those(line), REDIRECT_URI, state, (event) => events.push(event));
      assertEquals(answer !== undefined, taken.includes(base) && right, line);
      if (answer !== undefined) assertEquals(answer.parameters.get("code"), code);
      assertEquals(events.length, answer === undefined ? 1 : 0);
      assertFalse(JSON.stringify(events).includes("s3cret"));
    }),
    RUNS,
  );
});

Deno.test("listen() listens at http on loopback without a query, and rejects any other text with redirect_uri_invalid", async () => {
  const loopback = ["localhost", "127.0.0.1", "[::1]"];
  const uri = fc.oneof(
    text,
    fc.webUrl({ withFragments: true, withQueryParameters: true }),
    // Without the port 0 it would take ports that others may have.
    fc.tuple(
      fc.constantFrom("http", "https", "ws", "javascript"),
      fc.constantFrom("localhost:0", "127.0.0.1:0", "a@localhost:0", "localhost.evil.example:0", "0.0.0.0:0", "[::]:0"),
      fc.constantFrom("", "/callback", "/%00", "/callback?a", "/callback#a", "/a/../b"),
    ).map(([scheme, host, path]) => `${scheme}://${host}${path}`),
  );
  await fc.assert(
    fc.asyncProperty(uri, async (uri) => {
      const url = URL.parse(uri);
      const good = url !== null && url.protocol === "http:" && loopback.includes(url.hostname) &&
        url.username + url.password + url.search + url.hash === "";
      try {
        await using server = await listen(uri, "acme");
        assertMatch(server.redirectUri, /^http:/i);
        assertEquals(good, true, uri);
      } catch (error) {
        if (!(error instanceof FiefError)) throw error;
        assertEquals([error.code, good], ["redirect_uri_invalid", false], uri);
      }
    }),
    { numRuns: sized(200, 3_000) },
  );
});
