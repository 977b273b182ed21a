// `doctor` on the way to the server and on what the server says, each beside a real `login` in the same circumstances.
import { assert, assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import { hasOpenssl } from "../support/authority.ts";
import { startCliSession } from "../support/cli_session.ts";
import { startCompany } from "../support/company.ts";
import {
  ANY_PORT,
  assertCheck,
  assertSameEnd,
  changedMetadata,
  type Check,
  diagnose,
  signIn,
  startDoctorScene,
} from "../support/doctor.ts";
import { type FakeAnswers, fakeKeys, fakeMetadata } from "../support/fake_provider.ts";
import { quietPort } from "../support/loopback.ts";

/** The checks that were skipped, in order. */
function skippedIn(checks: Check[]): string[] {
  return checks.filter(({ status }) => status === "skipped").map(({ name }) => name);
}

Deno.test("doctor tells where nobody listens, and skips what comes after", async () => {
  await using scene = await startDoctorScene();
  const origin = `http://127.0.0.1:${quietPort()}`;
  const [args, setup] = [["--base-url", origin], { providerOrigin: origin }];
  const diagnosed = await scene.doctor(args, setup);
  assertSameEnd(diagnosed, await scene.login(args, setup), 5);
  assertCheck(diagnosed, "metadata", "failed", `Nobody listens at "${origin}"`);
  assertEquals(skippedIn(diagnosed.checks), ["TLS", "clock", "keys", "redirect"]);
});

Deno.test("doctor tells that a name is not known", async () => {
  await using scene = await startDoctorScene();
  const origin = "https://login.no-such-name.invalid";
  const [args, setup] = [["--base-url", origin], { providerOrigin: origin }];
  const diagnosed = await scene.doctor(args, setup);
  assertSameEnd(diagnosed, await scene.login(args, setup), 5);
  assertCheck(diagnosed, "DNS", "failed", 'Cannot find the server "login.no-such-name.invalid"');
  assertEquals(skippedIn(diagnosed.checks), ["TLS", "clock", "metadata", "keys", "redirect"]);
});

/** Only a login gets the directory by itself: who wants the disk looked at grants it. */
const disk = ({ directory }: { directory: string }) => [`--allow-read=${directory}`, `--allow-write=${directory}`];

Deno.test({
  name: "doctor tells of a certificate that is not trusted, and of TLS where there is none",
  ignore: !hasOpenssl(),
  async fn() {
    await using company = await startCompany();
    const at = (origin: string) =>
      [["--base-url", origin, "--client-id", "cli", "--redirect-uri", ANY_PORT], {
        credentials: company.credentials,
        providerOrigin: origin,
        moreFlags: disk(company),
      }] as const;
    const [args, setup] = at(`https://localhost:${company.port}`);
    const untrusted = await diagnose([...args], setup);
    assertSameEnd(untrusted, await signIn([...args], setup), 5);
    assertCheck(untrusted, "TLS", "failed", "Cannot trust the certificate of");
    assertEquals(skippedIn(untrusted.checks), ["clock", "metadata", "keys", "redirect"]);
    const [plainArgs, plainSetup] = at(
      company.provider.issuer.replace("http:", "https:").replace("127.0.0.1", "localhost"),
    );
    const plain = await diagnose([...plainArgs], plainSetup);
    assertSameEnd(plain, await signIn([...plainArgs], plainSetup), 5);
    assertCheck(plain, "TLS", "failed", "with TLS");
  },
});

Deno.test({
  name: "doctor names the proxy, hides its password, and tells what it does not let through",
  ignore: !hasOpenssl(),
  async fn() {
    await using company = await startCompany({ credentials: "anne:secret-0123" });
    const server = ["--base-url", company.issuer, "--client-id", "cli", "--redirect-uri", ANY_PORT];
    const more = ["--ca", company.authority.file];
    const run = async (env: Record<string, string>, args = more) => {
      const facts = { proxyVariables: Object.keys(env), reads: [company.authority.file] };
      const setup = {
        credentials: company.credentials,
        providerOrigin: company.issuer,
        env,
        facts,
        moreFlags: disk(company),
      };
      const [diagnosed, login] = [
        await diagnose([...server, ...args], setup),
        await company.signIn(args, { env, facts }),
      ];
      assertFalse((diagnosed.stdout + diagnosed.stderr).includes("secret-0123"));
      return { diagnosed, login };
    };
    const { port } = company.proxy;
    const good = await run({ HTTPS_PROXY: `http://anne:secret-0123@127.0.0.1:${port}`, NO_PROXY: "intranet.test" });
    assertSameEnd(good.diagnosed, good.login, 0);
    const found =
      `requests to the server go through http://127.0.0.1:${port} (HTTPS_PROXY=http://...@127.0.0.1:${port}, NO_PROXY=intranet.test)`;
    assertCheck(good.diagnosed, "proxy", "ok", found);
    assertCheck(good.diagnosed, "DNS", "skipped", "the proxy looks up the server's name");
    assertCheck(good.diagnosed, "TLS", "ok", "the certificate of login.example.test is trusted");
    assertCheck(good.diagnosed, "settings", "ok", `certificate authorities "${company.authority.file}": from --ca`);
    const refusals: [proxy: string, found: string][] = [
      [`http://anne:secret-0123-wrong@127.0.0.1:${port}`, "does not take the user name and password in HTTPS_PROXY"],
      [`http://127.0.0.1:${port}`, "wants a user name and a password"],
      [`http://anne:secret-0123@127.0.0.1:${quietPort()}`, "cannot be reached"],
    ];
    for (const [proxy, found] of refusals) {
      const { diagnosed, login } = await run({ HTTPS_PROXY: proxy });
      assertSameEnd(diagnosed, login, 5);
      assertCheck(diagnosed, "proxy", "failed", found);
      assertEquals(skippedIn(diagnosed.checks), ["DNS", "TLS", "clock", "metadata", "keys", "redirect"]);
    }
    const untrusted = await run({ HTTPS_PROXY: `http://anne:secret-0123@127.0.0.1:${port}` }, []);
    assertSameEnd(untrusted.diagnosed, untrusted.login, 5);
    const { advice } = assertCheck(untrusted.diagnosed, "TLS", "failed", "Cannot trust the certificate");
    assertStringIncludes(advice!, "--ca FILE");
    // A file of authorities that is none.
    const none = await run({ HTTPS_PROXY: `http://127.0.0.1:${port}` }, ["--ca", company.credentials]);
    assertEquals([none.diagnosed.status, none.login.status], [2, 2]);
  },
});

const metadata: [name: string, answers: FakeAnswers, status: number, found: string][] = [
  ["another issuer", changedMetadata(() => ({ issuer: "https://elsewhere.example" })), 5, "as the issuer"],
  ["no token endpoint", changedMetadata(() => ({ token_endpoint: undefined })), 5, 'lacks "token_endpoint"'],
  [
    "an endpoint on plain http",
    changedMetadata(() => ({ token_endpoint: "http://elsewhere.example/token" })),
    5,
    "in place of https",
  ],
  ["PKCE without S256", changedMetadata(() => ({ code_challenge_methods_supported: ["plain"] })), 5, "PKCE with S256"],
  [
    "a web page",
    { metadata: () => new Response("<html>", { headers: { "content-type": "text/html" } }) },
    5,
    "a web page",
  ],
  ["status 404", { metadata: () => new Response("no", { status: 404 }) }, 5, "status 404"],
  ["status 503", { metadata: () => new Response("no", { status: 503, headers: { "retry-after": "7" } }) }, 5, "busy"],
];
for (const [name, answers, status, found] of metadata) {
  Deno.test(`doctor says what login says where the metadata is ${name}`, async () => {
    await using scene = await startDoctorScene(answers);
    const diagnosed = await scene.doctor();
    assertSameEnd(diagnosed, await scene.login(), status);
    assertCheck(diagnosed, "metadata", "failed", found);
    assertEquals(skippedIn(diagnosed.checks), ["TLS", "keys", "redirect"]);
  });
}

Deno.test("doctor tells what the metadata offers and what it lacks, where a sign-in works all the same", async () => {
  await using scene = await startDoctorScene(changedMetadata((issuer) => ({
    grant_types_supported: ["authorization_code"],
    scopes_supported: ["openid"],
    device_authorization_endpoint: `${issuer}/device`,
    revocation_endpoint: `${issuer}/revoke`,
  })));
  const diagnosed = await scene.doctor();
  assertSameEnd(diagnosed, await scene.login(), 0);
  assertCheck(diagnosed, "metadata", "warning", "without refresh_token");
  assertCheck(diagnosed, "metadata", "warning", "without offline_access");
  assertCheck(diagnosed, "metadata", "ok", "PKCE is not announced");
  assertCheck(
    diagnosed,
    "metadata",
    "ok",
    "offered: sign-in by a code, revocation of tokens; not offered: end of the browser's session",
  );
  assertEquals(scene.provider.requests.filter((line) => line.startsWith("POST")), ["POST /token"]); // that of login
});

const clocks: [seconds: number, status: Check["status"], found: RegExp][] = [
  [-3600, "warning", /^3[56]\d\d s \(60 minutes\) ahead of the server's/],
  [90, "warning", /^(89|90) s behind the server's/],
  [20, "ok", /^(19|20) s behind the server's/],
];
for (const [seconds, status, found] of clocks) {
  Deno.test(`doctor measures a clock that is ${-seconds} s ahead of the server's`, async () => {
    const at = (response: Response) => {
      response.headers.set("date", new Date(Date.now() + seconds * 1000).toUTCString());
      return response;
    };
    await using scene = await startDoctorScene({ metadata: (issuer) => at(Response.json(fakeMetadata(issuer))) });
    const diagnosed = await scene.doctor();
    assertEquals(diagnosed.status, 0);
    const clock = diagnosed.checks.find(({ name }) => name === "clock")!;
    assertEquals(clock.status, status);
    assert(found.test(clock.found), clock.found);
  });
}

const keySets: [name: string, keys: () => Response | Promise<Response>, found: string][] = [
  ["none", () => Response.json({ keys: [] }), "0 from the server, 0 to check signatures with"],
  ["one for encryption", async () => {
    const [key] = (await fakeKeys()).jwks.keys;
    return Response.json({ keys: [{ ...key, use: "enc" }] });
  }, "1 from the server, 0 to check"],
  ["a symmetric one", () => Response.json({ keys: [{ kty: "oct", k: "AAAA", alg: "HS256" }] }), "1 from the server, 0"],
  [
    "a damaged one",
    () => Response.json({ keys: [{ kty: "EC", crv: "P-256", x: "AA", y: "AA" }] }),
    "1 from the server, 0",
  ],
  ["too short a one", () => Response.json({ keys: [{ kty: "RSA", n: "AQAB", e: "AQAB" }] }), "1 from the server, 0"],
  ["no JSON", () => new Response("no"), "Expected keys from"],
];
for (const [name, keys, found] of keySets) {
  Deno.test(`doctor ends as login does where the server's keys are ${name}`, async () => {
    await using scene = await startDoctorScene({ keys });
    const [diagnosed, login] = [await scene.doctor(), await scene.login()];
    assertEquals([diagnosed.status, login.status], [5, 5], login.stderr);
    assertCheck(diagnosed, "keys", "failed", found);
  });
}

Deno.test("doctor learns that the server refuses the client or the redirect URI, as login does", async () => {
  const registered = `http://localhost:${quietPort()}/callback`;
  await using session = await startCliSession({ redirectUris: ["http://localhost/callback"] });
  const path = registered.replace("/callback", "/elsewhere");
  const refused: [name: string, args: string[], advice: string][] = [
    [
      "client",
      ["--client-id", "nobody", "--redirect-uri", registered],
      `register this redirect URI exactly: ${registered}`,
    ],
    ["redirect URI", ["--client-id", "cli", "--redirect-uri", path], `register this redirect URI exactly: ${path}`],
    [
      "any port",
      ["--client-id", "nobody", "--redirect-uri", ANY_PORT],
      "and use that: http://localhost:51562/callback",
    ],
  ];
  for (const [name, more, expected] of refused) {
    const args = ["--base-url", session.provider.issuer, ...more];
    const setup = {
      credentials: session.credentials,
      providerOrigin: session.provider.issuer,
      redirectUris: [more.at(-1)!],
    };
    const diagnosed = await diagnose(args, setup);
    assertSameEnd(diagnosed, await signIn(args, setup), 4);
    const { advice } = assertCheck(diagnosed, "redirect", "failed", "The server does not know this client, or");
    assertStringIncludes(advice!, expected, name);
  }
  // Refused is the second only, and the first is used.
  const elsewhere = `http://localhost:${quietPort()}/elsewhere`;
  const both = ["--base-url", session.provider.issuer, "--client-id", "cli"];
  const second = await diagnose([...both, "--redirect-uri", registered, "--redirect-uri", elsewhere], {
    credentials: session.credentials,
    providerOrigin: session.provider.issuer,
    redirectUris: [registered, elsewhere],
  });
  assertEquals(second.status, 0);
  assertCheck(second, "redirect", "warning", "(another redirect URI is used)");
});

Deno.test("doctor says that a server does not tell whether it takes a redirect URI, and a sign-in goes on", async () => {
  await using scene = await startDoctorScene({ other: () => new Response("no", { status: 404 }) });
  const diagnosed = await scene.doctor();
  assertEquals(diagnosed.status, 0);
  assertCheck(diagnosed, "redirect", "warning", "(status 404)");
  const args = [
    "--base-url",
    scene.provider.issuer,
    "--client-id",
    "cli",
    "--redirect-uri",
    ANY_PORT,
    "--timeout",
    "3",
  ];
  const login = await signIn(args, { credentials: scene.credentials, providerOrigin: scene.provider.issuer });
  assertStringIncludes(login.stderr, "does not say beforehand whether it takes");
});

Deno.test("doctor ends within 30 s at a server that never answers, with the status of login", async () => {
  const over = Promise.withResolvers<Response>();
  await using scene = await startDoctorScene({ metadata: () => over.promise });
  try {
    const started = performance.now();
    const diagnosed = await scene.doctor();
    const seconds = (performance.now() - started) / 1000;
    assert(seconds < 30, `${seconds} s`);
    assertSameEnd(diagnosed, await scene.login(), 5);
    assertCheck(diagnosed, "metadata", "failed", "did not answer within 10 s");
  } finally {
    over.resolve(new Response("late"));
  }
});

Deno.test("a port that is taken does not end a sign-in by a code, and doctor knows", async () => {
  await using scene = await startDoctorScene(
    changedMetadata((issuer) => ({ device_authorization_endpoint: `${issuer}/device` })),
  );
  using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const taken = `http://localhost:${other.addr.port}/callback`;
  const diagnosed = await scene.doctor(["--redirect-uri", taken], { redirectUris: [taken] });
  assertEquals(diagnosed.status, 0);
  assertCheck(diagnosed, "port", "warning", "(a sign-in is by a code here)");
});
