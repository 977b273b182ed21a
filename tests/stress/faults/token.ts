import { type Fault, json, type Moment, once, type Scene, TELL, type Told, unexpected } from "./fault.ts";

const met = (what: string) => () => unexpected("token", what);
const wrong = (member: string) => met(`a wrong "${member}"`);

function but(name: string, members: (scene: Scene) => Record<string, unknown>, told: Fault["told"]): Fault {
  return { name, at: ["token"], reply: (scene) => json({ ...scene.good, ...members(scene) }), told };
}

/** RFC 6749 section 5.2. What the server says about it (`error_description`) is for whoever builds the program, and may hold anything. */
function refusal(error: unknown, told: Fault["told"], status = 400, called = JSON.stringify(error)): Fault {
  const name = `status ${status}, error ${called}`;
  const description = (leak: string) => `${leak}\x1b[2J\x00\n<script>${leak}`;
  return {
    name,
    at: ["token"],
    reply: ({ leak }) => json({ error, error_description: description(leak), access_token: leak }, { status }),
    told,
    asked: once,
  };
}

function refused(error: string, hint: string, status = 400): () => Told {
  const message = `The server refused to give tokens: "${error}" (status ${status})`;
  return () => ({ code: "provider_answer_invalid", message, hint });
}

const SETTINGS = "Check the client's settings on the server";

const refusals: Fault[] = [
  refusal("invalid_grant", (_place, moment) =>
    moment === "login"
      ? {
        code: "authorization_code_rejected",
        message: "The server refused the code: it is expired, was used before, or belongs to another sign-in",
        hint: "Sign in again",
      }
      : {
        code: "refresh_rejected",
        message: "The session has ended: the server no longer takes its refresh token",
        hint: "Sign in again",
      }),
  refusal(
    "invalid_client",
    refused("invalid_client", "Check the client id, and that the client is a public one", 401),
    401,
  ),
  refusal("unauthorized_client", refused("unauthorized_client", "Allow the client to use this grant on the server")),
  refusal("invalid_request", refused("invalid_request", SETTINGS)),
  refusal("unsupported_grant_type", refused("unsupported_grant_type", SETTINGS)),
  refusal("invalid_scope", refused("invalid_scope", "Ask for scopes that the server knows")),
  refusal("not_allowed", () => ({
    code: "offline_access_refused",
    message: "The server refused to give tokens: this user may not have offline access",
    hint: "Ask an administrator to allow it, or sign in without offline access",
  })),
  refusal("Bad \x1b[2J\n things", refused("an error", SETTINGS), 400, "with control characters"),
  refusal("e".repeat(100_000), refused("an error", SETTINGS), 400, "of 100,000 characters"),
  refusal(7, met("status 400 and JSON")),
  refusal("invalid_grant", wrong("token_type"), 200),
];

const accessTokens: Fault[] = [
  but("no access_token", () => ({ access_token: undefined }), wrong("access_token")),
  ...([7, null, "", ["a"], { a: 1 }, true] as const).map((value) =>
    but(`an access_token that is ${JSON.stringify(value)}`, () => ({ access_token: value }), wrong("access_token"))
  ),
  but(
    "an access_token with a line break",
    ({ leak }) => ({ access_token: `${leak}\r\nx-castle: 1` }),
    met("an access token that fits in no header"),
  ),
  but(
    "an access_token with bytes that are no UTF-8",
    ({ leak }) => ({ access_token: `${leak}\ufffd` }),
    met("an access token that fits in no header"),
  ),
];

const others: Fault[] = [
  but("no token_type", () => ({ token_type: undefined }), wrong("token_type")),
  ...([7, "", "mac", "DPoP", ["bearer"]] as const).map((value) =>
    but(`a token_type that is ${JSON.stringify(value)}`, () => ({ token_type: value }), wrong("token_type"))
  ),
  ...(["soon", {}, [60], true, "1e3", "-1"] as const).map((value) =>
    but(
      `an expires_in that is ${JSON.stringify(value)}`,
      () => ({ expires_in: value }),
      met("a lifetime that is no number"),
    )
  ),
  ...([-1, 1e300, 1e10, "99999999999"] as const).map((value) =>
    but(`an expires_in that is ${JSON.stringify(value)}`, () => ({ expires_in: value }), wrong("expires_in"))
  ),
  ...([7, "", {}, true] as const).map((value) =>
    but(`a refresh_token that is ${JSON.stringify(value)}`, () => ({ refresh_token: value }), wrong("refresh_token"))
  ),
  ...([7, ["openid"]] as const).map((value) =>
    but(`a scope that is ${JSON.stringify(value)}`, () => ({ scope: value }), wrong("scope"))
  ),
  but("members that are null", () => ({ scope: null, expires_in: null }), () => "works"),
  but("an expires_in written as text", () => ({ expires_in: "60" }), () => "works"),
];

const NO_ID_TOKEN: Told = {
  code: "provider_answer_invalid",
  message: "The server gave no ID token",
  hint: "Check that it is an OpenID provider, and that the client may ask for openid",
};

function badIdToken(message: string, hint?: string): () => Told {
  return () => ({
    code: "id_token_invalid",
    message,
    hint: hint ?? "Sign in again; if it stays so, the server is set up wrongly or is not the one you think",
  });
}

const idTokens: Fault[] = [
  but(
    "no id_token",
    () => ({ id_token: undefined }),
    (_place, moment: Moment) => moment === "login" ? NO_ID_TOKEN : "works",
  ),
  but("an id_token that is 7", () => ({ id_token: 7 }), met("an ID token that is no text")),
  but(
    "an id_token that is no JWT",
    ({ leak }) => ({ id_token: leak }),
    badIdToken("The ID token is no JWT that can be read"),
  ),
  but(
    "an id_token that is encrypted",
    ({ leak }) => ({ id_token: `${leak}.a.b.c.d` }),
    badIdToken(
      "The ID token is encrypted and no encryption key is set",
      "Give the client's encryption key as encryptionKey",
    ),
  ),
  but(
    "an id_token whose claims are nested 40,000 levels deep",
    () => ({ id_token: `e30.${btoa(`{"a":${"[".repeat(40_000)}${"]".repeat(40_000)}}`).replaceAll("=", "")}.a` }),
    badIdToken("The ID token has more claims than can be kept"),
  ),
];

const TOO_MUCH = met("more than can be kept");

/** The credentials file is read up to 1 MB: what would make it larger must not get in. */
const sizes: Fault[] = [
  but("an access_token of 900 KB", () => ({ access_token: "a".repeat(900_000) }), TOO_MUCH),
  but("a refresh_token of 200 KB", () => ({ refresh_token: "a".repeat(200_000) }), TOO_MUCH),
  but("a member of 200 KB that nobody knows", () => ({ moat: "a".repeat(200_000) }), TOO_MUCH),
  {
    name: "20,000 numbers that take more room written out",
    at: ["token"],
    reply: ({ good }) => ({ body: `${JSON.stringify(good).slice(0, -1)},"moat":[${Array(20_000).fill("1e20")}]}` }),
    told: TOO_MUCH,
  },
  but("an access_token of 100 KB", () => ({ access_token: "a".repeat(100_000) }), () => "works"),
];

const moved: Fault[] = [404, 405].map((status) => ({
  name: `a token endpoint that has moved: status ${status} at the old one`,
  at: ["token"],
  during: ["refresh"],
  moved: true,
  reply: ({ before, good }) => before === 0 ? json({}, { status }) : json(good),
  told: () => "works",
  asked: () => 2,
}));

/** What the token response says. */
export const tokenFaults: Fault[] = [
  ...refusals,
  ...accessTokens,
  ...others,
  ...idTokens,
  ...sizes,
  ...moved,
  {
    name: "a token endpoint that has moved to where nobody is either",
    at: ["token"],
    during: ["refresh"],
    moved: true,
    reply: () => json({}, { status: 404 }),
    told: () => ({
      code: "provider_answer_invalid",
      message: 'Expected tokens from "SERVER/token/moved", got status 404 and JSON',
      hint: TELL,
    }),
    asked: () => 2,
  },
  {
    name: "a token endpoint that has moved to where the server fails: the old one is not asked again",
    at: ["token"],
    during: ["refresh"],
    moved: true,
    reply: ({ before }) => json({}, { status: before === 0 ? 404 : 500 }),
    told: () => ({
      code: "provider_failed",
      message: 'The server failed: expected tokens from "SERVER/token/moved", got status 500 and JSON',
      hint: "Try again in a while; if it stays so, tell whoever runs the server",
    }),
    asked: () => 3,
  },
  {
    name: "a server whose clock is years behind",
    at: ["token"],
    reply: ({ good, leak }) => json({ ...good, moat: leak }, { headers: { date: "Thu, 01 Jan 2015 00:00:00 GMT" } }),
    clock: Date.UTC(2015, 0, 1),
    told: () => "works",
  },
];
