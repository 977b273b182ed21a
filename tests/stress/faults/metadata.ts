import { type Fault, json, type Scene, type Told } from "./fault.ts";

const RIGHT = "Check the base URL; if it is right, tell whoever runs the server";

function invalid(what: string, hint = RIGHT): () => Told {
  return () => ({ code: "metadata_invalid", message: `The metadata of "SERVER" ${what}`, hint });
}

/** Good metadata, but for these members. */
function but(name: string, members: (scene: Scene) => Record<string, unknown>, told: () => Told | "works"): Fault {
  return { name, at: ["metadata"], reply: (scene) => json({ ...scene.good, ...members(scene) }), told };
}

const ENDPOINTS = ["authorization_endpoint", "token_endpoint", "jwks_uri"];
const OPTIONAL = ["userinfo_endpoint", "revocation_endpoint", "end_session_endpoint"];
const USE = "Use that as the base URL if it is the right server";

const issuers: Fault[] = [
  but("no issuer", () => ({ issuer: undefined }), invalid("names nobody as the issuer")),
  but("an issuer that is null", () => ({ issuer: null }), invalid("names nobody as the issuer")),
  but("an issuer that is a list", ({ origin }) => ({ issuer: [origin] }), invalid("names nobody as the issuer")),
  but(
    "the issuer of another server",
    () => ({ issuer: "https://evil.example" }),
    invalid('names "https://evil.example" as the issuer', USE),
  ),
  but(
    "the metadata of another tenant",
    ({ origin }) => ({ issuer: `${origin}/other` }),
    invalid('names "SERVER/other" as the issuer', USE),
  ),
  but(
    "an issuer of 100,000 characters",
    () => ({ issuer: "x".repeat(100_000) }),
    invalid(`names "${"x".repeat(200)}" as the issuer`, USE),
  ),
  but(
    "control characters in the issuer",
    () => ({ issuer: "https://evil.example/\x1b[2J\nDone" }),
    invalid('names "https://evil.example/ [2J Done" as the issuer', USE),
  ),
];

const missing: Fault[] = ENDPOINTS.map((name) =>
  but(`no ${name}`, () => ({ [name]: undefined }), invalid(`lacks "${name}"`))
);

const wrongTypes: Fault[] = [
  ...[...ENDPOINTS, ...OPTIONAL].flatMap((name) => [
    but(`a ${name} that is a number`, () => ({ [name]: 7 }), invalid(`has a "${name}" that is no URL`)),
    but(`a ${name} that is an object`, ({ leak }) => ({ [name]: { leak } }), invalid(`has a "${name}" that is no URL`)),
  ]),
  but(
    "a token_endpoint that is a path",
    () => ({ token_endpoint: "/token" }),
    invalid('has a "token_endpoint" that is no URL'),
  ),
  but("lists that are texts", () => ({
    scopes_supported: "openid",
    code_challenge_methods_supported: "S256",
    id_token_signing_alg_values_supported: 7,
    authorization_response_iss_parameter_supported: "yes",
  }), () => "works"),
  but(
    "lists with holes",
    () => ({ scopes_supported: [null, "openid", 7], code_challenge_methods_supported: ["S256", {}] }),
    () => "works",
  ),
  but(
    "optional endpoints that are null",
    () => ({ revocation_endpoint: null, end_session_endpoint: null }),
    () => "works",
  ),
];

const unsafe: Fault[] = [...ENDPOINTS, ...OPTIONAL].flatMap((name) => {
  const is = (what: string, url: string | ((scene: Scene) => string), told: string) =>
    but(
      `a ${name} ${what}`,
      (scene) => ({ [name]: typeof url === "string" ? url : url(scene) }),
      invalid(`has a "${name}" ${told}`),
    );
  return [
    is("on plain http", "http://example.com/x", 'on "http:" in place of https'),
    is("that is a script", "javascript:alert(1)", 'on "javascript:" in place of https'),
    is("that is a file", "file:///etc/passwd", 'on "file:" in place of https'),
    is("with a password", ({ leak }) => `https://anne:${leak}@example.com/x`, "with a user name or a password"),
    is("with a fragment", ({ leak }) => `https://example.com/x#${leak}`, "with a fragment"),
    is(
      "of 100,000 characters",
      `https://example.com/${"x".repeat(99_980)}`,
      "of 100000 characters",
    ),
  ];
});

/** What the metadata says. */
export const metadataFaults: Fault[] = [
  ...issuers,
  ...missing,
  ...wrongTypes,
  ...unsafe,
  but(
    "no PKCE with S256",
    () => ({ code_challenge_methods_supported: ["plain"] }),
    invalid("does not offer PKCE with S256"),
  ),
  {
    ...but("nowhere to ask for claims", () => ({ userinfo_endpoint: undefined }), () => ({
      code: "metadata_invalid",
      message: "The server has no userinfo endpoint",
      hint: "Go by the claims that came with the sign-in",
    })),
    during: ["call"],
  },
];
