import { type Fault, json, type Scene, TELL, type Told, unexpected } from "./fault.ts";

const NOBODY = unexpected("userinfo", "an answer without a user");
const TOO_MUCH = unexpected("userinfo", "more than can be kept");
const SOMEBODY_ELSE: Told = {
  code: "provider_answer_invalid",
  message: "The server answered with the claims of another user",
  hint: "Sign in again",
};

function claims(name: string, change: (scene: Scene) => unknown, told: Told | "works"): Fault {
  return { name, at: ["userinfo"], reply: (scene) => json(change(scene)), told: () => told };
}

function refusal(name: string, body: (scene: Scene) => unknown, detail: string): Fault {
  const message = `The server refused the request with status 422: ${detail}`;
  const told = { code: "request_refused", message, hint: "Check what you sent" } as const;
  return { name, at: ["userinfo"], reply: (scene) => json(body(scene), { status: 422 }), told: () => told };
}

/** What the claims about the user say. */
export const userinfoFaults: Fault[] = [
  claims("no user", ({ good }) => ({ ...good, sub: undefined }), NOBODY),
  claims("a user that is a number", ({ good }) => ({ ...good, sub: 7 }), NOBODY),
  claims("a user that is null", ({ good }) => ({ ...good, sub: null }), NOBODY),
  claims("another user", ({ good }) => ({ ...good, sub: "bob" }), SOMEBODY_ELSE),
  claims("a user without a name", ({ good }) => ({ ...good, sub: "" }), SOMEBODY_ELSE),
  claims("status 200 and an error", ({ leak }) => ({ error: "invalid_token", error_description: leak }), NOBODY),
  claims("claims of the wrong kinds", ({ good }) => ({ ...good, email: 7, name: ["Anne"], fields: null }), "works"),
  claims("900 KB of claims", ({ good }) => ({ ...good, moat: "a".repeat(900_000) }), TOO_MUCH),
  claims("100 KB of claims", ({ good }) => ({ ...good, moat: "\u00e9".repeat(100_000) }), "works"),
  refusal("control characters in what it says", () => ({ detail: "no\x1b[2J\r\nway\x07" }), "no [2J way"),
  refusal("100,000 characters of what it says", () => ({ detail: "no ".repeat(33_334) }), "no ".repeat(100).trimEnd()),
  refusal("what it says as a list", () => ({ detail: [{ loc: ["body", "x"], msg: "bad" }, null, 7] }), "body.x: bad"),
  refusal("nothing that it says", () => ({ detail: { a: 7 } }), "no reason was given"),
  {
    name: "a userinfo endpoint that has moved",
    at: ["userinfo"],
    reply: ({ before, good }) => before === 0 ? json({}, { status: 404 }) : json(good),
    moved: true,
    told: () => "works",
    asked: () => 2,
  },
  {
    name: "a JWT in place of JSON",
    at: ["userinfo"],
    reply: ({ leak }) => ({ headers: { "content-type": "application/jwt" }, body: `${leak}.${leak}.${leak}` }),
    told: () => ({ ...unexpected("userinfo", "status 200 and no JSON"), hint: TELL }),
  },
];
