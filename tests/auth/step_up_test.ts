import { assertEquals } from "@std/assert";
import { apiFetch } from "../../lib/auth/api_fetch.ts";
import { stepUpChallenge } from "../../lib/auth/step_up.ts";
import { serve } from "../support/server.ts";

const ERROR = 'error="insufficient_user_authentication"';

function challenged(field: string, status = 401) {
  return stepUpChallenge(new Response(null, { status, headers: { "www-authenticate": field } }));
}

const fields: [name: string, field: string, expected: ReturnType<typeof challenged>][] = [
  ["a level", `Bearer ${ERROR}, acr_values="gold silver"`, { acrValues: ["gold", "silver"], scope: [] }],
  ["an age", `Bearer ${ERROR}, max_age=5`, { acrValues: [], maxAge: 5, scope: [] }],
  ["an age of zero", `Bearer ${ERROR}, max_age="0"`, { acrValues: [], maxAge: 0, scope: [] }],
  ["scopes beside", `Bearer ${ERROR}, scope="castles:write"`, { acrValues: [], scope: ["castles:write"] }],
  ["nothing more", `Bearer ${ERROR}`, { acrValues: [], scope: [] }],
  ["a token bound to a key", `DPoP algs="ES256", ${ERROR}, acr_values=gold`, { acrValues: ["gold"], scope: [] }],
  ["another scheme in front", `Basic realm="x", Bearer ${ERROR}, max_age=1`, { acrValues: [], maxAge: 1, scope: [] }],
  ["another error", 'Bearer error="invalid_token"', undefined],
  ["the error of another scheme", `Basic ${ERROR}`, undefined],
  ["the error within another value", `Bearer realm="${ERROR.replaceAll('"', '\\"')}"`, undefined],
  ["the error twice", `Bearer ${ERROR}, error="invalid_token"`, undefined],
  ["an age that is none", `Bearer ${ERROR}, max_age="-1"`, { acrValues: [], scope: [] }],
  ["an age in words", `Bearer ${ERROR}, max_age="5; rm -rf /"`, { acrValues: [], scope: [] }],
  ["an age beyond all measure", `Bearer ${ERROR}, max_age=99999999999999999999`, { acrValues: [], scope: [] }],
  ["a level with a quote", `Bearer ${ERROR}, acr_values="a\\"b"`, { acrValues: [], scope: [] }],
  ["a level with a backslash", `Bearer ${ERROR}, acr_values="a\\\\b"`, { acrValues: [], scope: [] }],
  ["a level with other letters", `Bearer ${ERROR}, acr_values="g\u00f6ld"`, { acrValues: [], scope: [] }],
  ["a level of great length", `Bearer ${ERROR}, acr_values="${"a".repeat(1001)}"`, { acrValues: [], scope: [] }],
];
for (const [name, field, expected] of fields) {
  Deno.test(`stepUpChallenge() of ${name}`, () => assertEquals(challenged(field), expected));
}

Deno.test("stepUpChallenge() is for status 401 only", () => {
  assertEquals(challenged(`Bearer ${ERROR}`, 403), undefined);
  assertEquals(stepUpChallenge(new Response(null, { status: 401 })), undefined);
});

Deno.test("apiFetch() leaves the answer of an API that asks for another sign-in, and refreshes nothing for it", async () => {
  const headers = { "www-authenticate": `Bearer ${ERROR}, acr_values="gold"` };
  await using api = serve(() => new Response("stronger, please", { status: 401, headers }));
  const asked: (string | undefined)[] = [];
  const response = await apiFetch(api.origin, undefined, {
    fetch,
    now: Date.now,
    origins: [api.origin],
    token: (refused) => Promise.resolve((asked.push(refused), "the-token")),
  });
  assertEquals([response.status, await response.text()], [401, "stronger, please"]);
  assertEquals([asked, api.requests.length], [[undefined], 1]);
});
