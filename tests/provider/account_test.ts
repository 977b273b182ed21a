import { assertEquals, assertFalse, assertRejects } from "@std/assert";
import { FiefAccessTokenInvalid, FiefError, FiefRequestError } from "../../lib/errors.ts";
import { accountRequest } from "../../lib/provider/account.ts";

const URL_OF_USER = "https://example.fief.dev/api/userinfo";

function answering(answer: Response) {
  return { fetch: () => Promise.resolve(answer), now: () => 0 };
}

const refusals: [name: string, answer: () => Response, detail: string, hint: string][] = [
  ["a text", () => Response.json({ detail: "Unauthorized" }, { status: 401 }), "Unauthorized", "Sign in again"],
  [
    "a list of what is wrong",
    () =>
      Response.json({ detail: [{ loc: ["body", "email"], msg: "not an email address" }, { msg: "too short" }] }, {
        status: 422,
      }),
    "body.email: not an email address; too short",
    "Check what you sent",
  ],
  [
    "a list of nothing that can be read",
    () => Response.json({ detail: [null, 7, {}] }, { status: 422 }),
    "no reason was given",
    "Check what you sent",
  ],
  [
    "Fief's code and its reasons",
    () =>
      Response.json({ detail: "USER_UPDATE_INVALID_PASSWORD", reason: ["It is too short.", 7, "It is weak."] }, {
        status: 400,
      }),
    "USER_UPDATE_INVALID_PASSWORD: It is too short. It is weak.",
    "Check what you sent",
  ],
  [
    "an OAuth error",
    () => Response.json({ error: "insufficient_scope" }, { status: 403 }),
    "insufficient_scope",
    "Ask an administrator, or sign in with more scopes",
  ],
  [
    "a web page",
    () => new Response("<html>", { status: 500 }),
    "no reason was given",
    "Try again; if it stays so, tell whoever runs the server",
  ],
];
for (const [name, answer, detail, hint] of refusals) {
  Deno.test(`accountRequest() tells why when the server refuses with ${name}`, async () => {
    const ask = () => accountRequest(URL_OF_USER, "token", "POST", { code: "123456" }, answering(answer()));
    const error = await assertRejects(ask, FiefRequestError);
    assertEquals([error.status, error.detail, error.hint], [answer().status, detail, hint]);
  });
}

Deno.test("accountRequest() repeats no token, password or code, though the server does", async () => {
  const secrets = { password: "s3cret-password", code: "s3cret-code" };
  const detail = `Bearer s3cret-token may not set "s3cret-password" with s3cret-code`;
  const ask = () =>
    accountRequest(
      URL_OF_USER,
      "s3cret-token",
      "PATCH",
      secrets,
      answering(Response.json({ detail }, { status: 400 })),
    );
  const error = await assertRejects(ask, FiefRequestError);
  assertEquals(error.detail, 'Bearer ... may not set "..." with ...');
  assertFalse(Deno.inspect(error, { depth: 9 }).includes("s3cret"));
});

Deno.test("accountRequest() leaves words whole in which a short password is found, and repeats it nowhere", async () => {
  for (const password of ["a", "p@w!"]) {
    const detail = `"${password}" is a bad password, ${password} at all`;
    const answer = answering(Response.json({ detail }, { status: 400 }));
    const ask = () => accountRequest(URL_OF_USER, "token", "PATCH", { password }, answer);
    const error = await assertRejects(ask, FiefRequestError);
    assertEquals(error.detail, `"..." is ${password === "a" ? "..." : "a"} bad password, ... at all`);
  }
});

for (const token of ["", "a\r\nx-evil: 1", "s3cret é"]) {
  Deno.test(`accountRequest() sends nothing when the token is ${JSON.stringify(token)}`, async () => {
    const host = { fetch: () => Promise.reject(new Error("asked")), now: () => 0 };
    const error = await assertRejects(
      () => accountRequest(URL_OF_USER, token, "GET", undefined, host),
      FiefAccessTokenInvalid,
    );
    assertFalse(Deno.inspect(error, { depth: 9 }).includes("s3cret"));
  });
}

const faults: [name: string, answer: () => Response, what: string][] = [
  ["a redirect with claims", () => new Response('{"sub":"anne"}', { status: 302 }), "a redirect"],
  ["a JWT", () => new Response("a.b.c"), "no JSON"],
  ["a user that is a number", () => Response.json({ sub: 7 }), "an answer without a user"],
];
for (const [name, answer, what] of faults) {
  Deno.test(`accountRequest() rejects with provider_answer_invalid when the answer is ${name}`, async () => {
    const ask = () => accountRequest(URL_OF_USER, "token", "GET", undefined, answering(answer()));
    assertEquals((await assertRejects(ask, FiefError, what)).code, "provider_answer_invalid");
  });
}
