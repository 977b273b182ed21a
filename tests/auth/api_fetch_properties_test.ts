// Whatever is written as a URL or comes as a redirect: the token goes to a named origin or nowhere. A failure shows the seed and the
// smallest case: fc.assert(..., { seed, path }).
import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import { apiFetch } from "../../lib/auth/api_fetch.ts";
import { FiefError } from "../../lib/errors.ts";
import { sized } from "../support/stress.ts";

const TOKEN = "s3cret-access-token";
const NAMED = [
  "https://api.example.com",
  "http://localhost:8000",
  "http://127.0.0.1:8000",
  "https://[2001:db8::1]:8443",
];
const RUNS = { numRuns: sized(1_000, 50_000) };

/** Pieces that parsers of URLs have been led astray by, in any order, and anything else. */
const piece = fc.oneof(
  fc.constantFrom(...NAMED, ...NAMED.map((origin) => origin.replace(/^\w+:/, ""))),
  fc.constantFrom("https:", "http:", "HTTPS:", "ftp:", "javascript:", "file:", "data:", "blob:", "ws:", "view-source:"),
  fc.constantFrom(
    "api.example.com",
    "API.EXAMPLE.COM",
    "localhost",
    "127.0.0.1",
    "evil.example",
    "xn--pi-tma.example.com",
  ),
  fc.constantFrom(
    "2130706433",
    "0x7f000001",
    "0177.1",
    "127.1",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "１２７.0.0.1",
    "ａpi.example.com",
  ),
  fc.constantFrom(
    "/",
    "//",
    "\\",
    "/\\",
    "\\\\",
    "@",
    ":",
    ":8000",
    ":443",
    ":65536",
    "?",
    "#",
    ".",
    "..",
    "%2e",
    "%2f",
    "%40",
    "%00",
  ),
  fc.constantFrom(
    " ",
    "\t",
    "\n",
    "\r\n",
    "\0",
    "\u00ad",
    "\u200b",
    "\u3002",
    "\u2024",
    "\ud800",
    "user:password",
    "a",
  ),
  fc.string({ unit: "binary", maxLength: 5 }),
);
/** Near misses: the parts of a named origin, one of them another. */
const near = fc.tuple(
  fc.constantFrom("https:", "http:"),
  fc.constantFrom("//", "/\\", "/"),
  fc.constantFrom("", "", "", "user:password@", "api.example.com@", "localhost:8000@"),
  fc.constantFrom(
    "api.example.com",
    "localhost",
    "127.0.0.1",
    "[2001:db8::1]",
    "evil.example",
    "api.example.com.evil.example",
  ),
  fc.constantFrom("", ".", ":443", ":80", ":8000", ":8001", ":8443", ":08000"),
  fc.constantFrom("", "/", "/a", "?a", "#a", "\\a", "/@localhost:8000"),
).map((parts) => parts.join(""));
const url = fc.oneof(
  near,
  fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join("")),
  fc.tuple(fc.constantFrom(...NAMED), fc.array(piece, { maxLength: 4 })).map(([origin, rest]) =>
    origin + rest.join("")
  ),
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
);

/** A request that was sent, as text. */
interface Sent {
  url: string;
  carried: boolean;
}

/** A network that answers with these redirects, one after the other, and then with a page. */
function network(locations: string[]): { fetch: typeof globalThis.fetch; sent: Sent[] } {
  const sent: Sent[] = [];
  const rest = [...locations];
  return {
    sent,
    fetch: (input, init) => {
      sent.push({ url: String(input), carried: new Headers(init?.headers).get("authorization") === `Bearer ${TOKEN}` });
      assertEquals(init?.redirect, "manual");
      const location = rest.shift();
      if (location === undefined) return Promise.resolve(new Response("castles"));
      const response = new Response(null, { status: 302 });
      // As bytes that no Headers object would take.
      Object.defineProperty(response, "headers", {
        value: { get: (name: string) => name === "location" ? location : null },
      });
      return Promise.resolve(response);
    },
  };
}

/** By the text alone, without a parser: a URL that begins so leads there, whoever reads it. */
function isNamed(url: string): boolean {
  return NAMED.some((origin) => url.startsWith(`${origin}/`));
}

async function call(text: string | URL, locations: string[]): Promise<{ sent: Sent[]; error: unknown }> {
  const { fetch, sent } = network(locations);
  const options = { fetch, now: () => 0, origins: NAMED, token: () => Promise.resolve(TOKEN) };
  const error = await apiFetch(text, undefined, options).then(
    (response) => void response.body?.cancel(),
    (error) => error,
  );
  return { sent, error };
}

Deno.test("apiFetch() sends the token to a named origin or sends nothing, whatever the URL", async () => {
  await fc.assert(
    fc.asyncProperty(url, async (text) => {
      const { sent, error } = await call(text, []);
      for (const { url } of sent) assert(isNamed(url), url);
      if (error === undefined) return assertEquals(sent.map(({ carried }) => carried), [true]);
      assertEquals([sent, error instanceof FiefError && error.exitStatus], [[], 2]);
      assertFalse((error as Error).message.includes("user:password@"), (error as Error).message);
    }),
    RUNS,
  );
});

Deno.test("apiFetch() takes the token along redirects to named origins only, and never up again, whatever they are", async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...NAMED), fc.array(url, { maxLength: 4 }), async (start, locations) => {
      const { sent, error } = await call(start, locations);
      assertEquals(error, undefined);
      let dropped = false;
      for (const { url, carried } of sent) {
        if (carried) assert(isNamed(url) && !dropped, url);
        // An honest answer: what stays among named origins is asked with the token.
        if (!dropped && isNamed(url)) assert(carried, url);
        dropped ||= !carried;
        assertFalse(/^https?:\/\/[^/]*@/.test(url), url);
      }
    }),
    RUNS,
  );
});

Deno.test("apiFetch() reads a URL object as its text", async () => {
  await fc.assert(
    fc.asyncProperty(url.filter((text) => URL.canParse(text)), async (text) => {
      const [asText, asObject] = [await call(text, []), await call(new URL(text), [])];
      assertEquals(asObject.sent, asText.sent);
    }),
    RUNS,
  );
});
