import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseChallenges } from "../../lib/auth/challenges.ts";

function read(field: string): [scheme: string, parameters: Record<string, string>][] {
  return parseChallenges(field).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
}

const fields: [name: string, field: string, challenges: ReturnType<typeof read>][] = [
  ["a scheme alone", "Negotiate", [["negotiate", {}]]],
  ["a token68", "Negotiate a87421000492aa874209af8bc028==", [["negotiate", {}]]],
  [
    "RFC 9470's first example",
    'Bearer error="insufficient_user_authentication", error_description="A different authentication level is required", acr_values="myACR"',
    [["bearer", {
      error: "insufficient_user_authentication",
      error_description: "A different authentication level is required",
      acr_values: "myACR",
    }]],
  ],
  [
    "RFC 9110's example of several",
    'Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\""',
    [["basic", { realm: "simple" }], ["newauth", { realm: "apps", type: "1", title: 'Login to "apps"' }]],
  ],
  ["blanks around the sign", 'Bearer realm = "a" ,\terror\t=\tb', [["bearer", { realm: "a", error: "b" }]]],
  ["empty elements", ", ,Bearer error=a,, ,b=c, ,Basic", [["bearer", { error: "a", b: "c" }], ["basic", {}]]],
  ["names in capitals", "BEARER Error=A", [["bearer", { error: "A" }]]],
  ["commas, signs and schemes within quotes", 'Bearer a="x, Basic realm=\\"y\\", error=z"', [[
    "bearer",
    { a: 'x, Basic realm="y", error=z' },
  ]]],
  ["a token68, then another scheme", "Negotiate abc=, Bearer a=b", [["negotiate", {}], ["bearer", { a: "b" }]]],
  ["an empty text", "", []],
  ["no scheme", '="a"', []],
  ["a quote that never ends", 'Bearer a=b, error="insufficient', [["bearer", { a: "b" }]]],
  ["a parameter twice", "Bearer error=a, error=b, Basic realm=c", [["basic", { realm: "c" }]]],
  ["a parameter twice in other letters", "Bearer error=a, ERROR=b", []],
  ["a parameter without a value", "Bearer a=b, error=, x=y", [["bearer", { a: "b" }]]],
  ["a value that is no token", "Bearer a=b, error=c:d, x=y", [["bearer", { a: "b" }]]],
  ["what follows a quote at once", 'Bearer a=b, error="c"d, x=y', [["bearer", { a: "b" }]]],
  ["what is no token", "Bearer a=b, {}, x=y", [["bearer", { a: "b" }]]],
];
for (const [name, field, challenges] of fields) {
  Deno.test(`parseChallenges() reads ${name}`, () => assertEquals(read(field), challenges));
}

Deno.test("parseChallenges() gives back whatever was written as RFC 9110 has it", () => {
  const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,8}$/);
  const quoted = fc.string().map((text) => text.replaceAll(/[^\t\x20-\x7e]/g, ""));
  const challenge = fc.tuple(token, fc.array(fc.tuple(token, quoted), { minLength: 1, maxLength: 4 }));
  fc.assert(fc.property(fc.array(challenge, { maxLength: 3 }), (challenges) => {
    const distinct = challenges.map(([scheme, pairs]) =>
      [scheme.toLowerCase(), new Map(pairs.map(([name, value]) => [name.toLowerCase(), value]))] as const
    );
    const written = distinct.map(([scheme, parameters]) =>
      `${scheme} ${
        [...parameters].map(([name, value]) => `${name}="${value.replaceAll(/["\\]/g, "\\$&")}"`).join(", ")
      }`
    );
    assertEquals(parseChallenges(written.join(", ")), distinct.map(([scheme, parameters]) => ({ scheme, parameters })));
  }));
});

Deno.test("parseChallenges() takes whatever a server sends, and not for long", () => {
  fc.assert(fc.property(fc.string(), (field) => void parseChallenges(field)));
  for (const piece of ["a=", 'a="', '"', "\\", "a,", ", ", "a ", "a=b,", '="\\"', " =", "\t"]) {
    const started = performance.now();
    parseChallenges(`Bearer ${piece.repeat(300_000 / piece.length)}`);
    assert(performance.now() - started < 5_000, piece);
  }
});
