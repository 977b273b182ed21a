// Behind a company's proxy, with a company's own certificate authority: the real CLI under exact permissions, a real proxy, real TLS.
import { assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import { BINARY, cliCommand } from "../support/cli.ts";
import { hasOpenssl } from "../support/authority.ts";
import { type Company, startCompany } from "../support/company.ts";
import { expire } from "../support/expire.ts";
import { quietPort } from "../support/loopback.ts";

const ignore = !hasOpenssl();
const PASSWORD = "pass:w@rd/0123456789";

/** The proxy with user name and password, as a variable holds it. */
function withPassword({ proxy }: Company, password = PASSWORD): string {
  return `http://anne:${encodeURIComponent(password)}@127.0.0.1:${proxy.port}`;
}

Deno.test({
  name: "a whole session goes through the proxy, with the company's authority in --ca, FIEF_CA or DENO_CERT",
  ignore,
  async fn() {
    await using company = await startCompany();
    const { file } = company.authority;
    const ways: [more: string[], env: Record<string, string>][] = [
      [["--ca", file], {}],
      [[], { FIEF_CA: file }],
      [[], { DENO_CERT: file }],
    ];
    for (const [more, env] of ways) {
      const before = company.proxy.requests.length;
      const login = await company.signIn(more, { env });
      assertEquals([login.status, login.stdout], [0, "Signed in as anne@example.com\n"], login.stderr);
      await expire(company.credentials);
      const posts = company.provider.requests.filter((line) => line === "POST /token").length;
      const token = await company.run(["token", ...more], { env });
      assertEquals(token.status, 0, token.stderr);
      assertMatch(token.stdout, /^a-[0-9a-f-]{36}\n$/);
      assertEquals(company.provider.requests.filter((line) => line === "POST /token").length, posts + 1);
      const whoami = await company.run(["whoami", "--refresh", ...more], { env });
      assertEquals(whoami.status, 0, whoami.stderr);
      const connects = company.proxy.requests.slice(before);
      assertEquals(new Set(connects), new Set(["CONNECT login.example.test:443 HTTP/1.1"]));
    }
  },
});

Deno.test({
  name: "a proxy with Basic authentication lets in who has the password, which no output shows",
  ignore,
  async fn() {
    await using company = await startCompany({ credentials: `anne:${PASSWORD}` });
    const more = ["--ca", company.authority.file, "--debug"];
    const login = await company.signIn(more, { env: { HTTPS_PROXY: withPassword(company) } });
    assertEquals(login.status, 0, login.stderr);
    const wrong = await company.signIn(more, { env: { HTTPS_PROXY: withPassword(company, "wrong:pass/word") } });
    assertEquals(wrong.status, 5);
    assertStringIncludes(
      wrong.stderr,
      `The proxy "http://127.0.0.1:${company.proxy.port}" (HTTPS_PROXY) does not take the user name and password in HTTPS_PROXY`,
    );
    const without = await company.signIn(more);
    assertEquals(without.status, 5);
    assertStringIncludes(without.stderr, "wants a user name and a password");
    assertStringIncludes(without.stderr, "http://USER:PASSWORD@HOST:PORT");
    for (const { stdout, stderr } of [login, wrong, without]) {
      for (
        const secret of [PASSWORD, encodeURIComponent(PASSWORD), btoa(`anne:${PASSWORD}`), "wrong:pass", "wrong%3A"]
      ) {
        assertFalse((stdout + stderr).includes(secret), secret);
      }
    }
  },
});

Deno.test({
  name: "without the company's authority the certificate is not trusted, and the hint names the ways to trust it",
  ignore,
  async fn() {
    await using company = await startCompany();
    const { status, stderr } = await company.signIn();
    assertEquals(status, 5);
    assertStringIncludes(stderr, 'Cannot trust the certificate of "https://login.example.test"');
    assertStringIncludes(stderr, "set DENO_TLS_CA_STORE=system or name its file: --ca FILE");
    const other = `${company.directory}/other`;
    await Deno.mkdir(other);
    const { makeAuthority } = await import("../support/authority.ts");
    const stranger = await makeAuthority(other, ["login.example.test"]);
    const wrong = await company.signIn(["--ca", stranger.file], { facts: { reads: [stranger.file] } });
    assertEquals(wrong.status, 5);
    assertStringIncludes(wrong.stderr, 'Cannot trust the certificate of "https://login.example.test"');
  },
});

const variables: [name: string, variables: (port: number) => Record<string, string>, through: boolean][] = [
  ["HTTPS_PROXY", (port) => ({ HTTPS_PROXY: `http://127.0.0.1:${port}` }), true],
  ["https_proxy", (port) => ({ https_proxy: `http://127.0.0.1:${port}` }), true],
  ["ALL_PROXY", (port) => ({ ALL_PROXY: `http://127.0.0.1:${port}` }), true],
  ["all_proxy without a scheme", (port) => ({ all_proxy: `127.0.0.1:${port}` }), true],
  ["HTTP_PROXY, which is for plain http", (port) => ({ HTTP_PROXY: `http://127.0.0.1:${port}` }), false],
  ["http_proxy, which is for plain http", (port) => ({ http_proxy: `http://127.0.0.1:${port}` }), false],
  ["NO_PROXY", (port) => ({ HTTPS_PROXY: `http://127.0.0.1:${port}`, NO_PROXY: "a.test,example.test" }), false],
  ["no_proxy", (port) => ({ https_proxy: `http://127.0.0.1:${port}`, no_proxy: "login.example.test" }), false],
  ["NO_PROXY for others", (port) => ({ HTTPS_PROXY: `http://127.0.0.1:${port}`, NO_PROXY: "ple.test" }), true],
];
Deno.test({
  name: "the proxy is the one that the variables name, in capitals or not, and NO_PROXY exempts",
  ignore,
  async fn(t) {
    await using company = await startCompany();
    const unset = { HTTPS_PROXY: "" };
    for (const [name, of, through] of variables) {
      await t.step(name, async () => {
        const before = company.proxy.requests.length;
        const env = { ...unset, ...of(company.proxy.port) };
        const facts = { reads: [company.authority.file], proxyVariables: Object.keys(env) };
        const { status, stderr } = await company.signIn(["--ca", company.authority.file], { env, facts });
        assertEquals(status, through ? 0 : 5, stderr);
        assertEquals(company.proxy.requests.length > before, through);
        if (!through) assertStringIncludes(stderr, 'Cannot find the server "login.example.test"');
      });
    }
  },
});

Deno.test({
  name: "a proxy that refuses, that is not there or whose name nobody knows is what the error names",
  ignore,
  async fn() {
    await using company = await startCompany();
    const port = quietPort();
    const failures: [proxy: string, message: string][] = [
      [
        `http://anne:secret-0123@127.0.0.1:${port}`,
        `The proxy "http://127.0.0.1:${port}" (HTTPS_PROXY) cannot be reached`,
      ],
      ["http://no-proxy.invalid:3128", 'The proxy "http://no-proxy.invalid:3128" (HTTPS_PROXY) cannot be found'],
      [`socks5://127.0.0.1:${port}`, `The proxy "socks5://127.0.0.1:${port}" (HTTPS_PROXY) cannot be reached`],
    ];
    for (const [proxy, message] of failures) {
      const { status, stderr } = await company.signIn([], { env: { HTTPS_PROXY: proxy } });
      assertEquals(status, 5);
      assertStringIncludes(stderr, message);
      assertFalse(stderr.includes("secret-0123"));
    }
    const elsewhere = "https://elsewhere.example.test";
    const refused = await company.run(
      ["login", "--no-browser", "--base-url", elsewhere, "--client-id", "cli"],
      { providerOrigin: elsewhere },
    );
    assertEquals(refused.status, 5);
    assertStringIncludes(refused.stderr, 'does not let requests through to "elsewhere.example.test"');
    if (BINARY !== undefined) return;
    // Under permissions that do not let us see the variable the proxy itself cannot be named.
    const login = ["login", "--no-browser", "--base-url", elsewhere, "--client-id", "cli"];
    const [, ...command] = cliCommand(login, { credentials: company.credentials, providerOrigin: elsewhere });
    const flags = command.filter((word) => word.startsWith("--allow"))
      .map((flag) => flag.startsWith("--allow-env=") ? flag.replaceAll(/,(all|https?|no)_proxy\b/gi, "") : flag);
    const unseen = await company.run(login, { providerOrigin: elsewhere, flags });
    assertEquals(unseen.status, 5);
    assertStringIncludes(unseen.stderr, 'The proxy does not let requests through to "elsewhere.example.test"');
  },
});

Deno.test({
  name: "call-api says of the proxy what login says, and a server on this machine needs none",
  ignore,
  async fn() {
    await using company = await startCompany();
    const { file } = company.authority;
    assertEquals((await company.signIn(["--ca", file])).status, 0);
    const api = "https://api.example.test";
    const args = ["call-api", `${api}/castles`, "--api-origin", api, "--ca", file];
    const refused = await company.run(args, { apiOrigin: api });
    assertEquals(refused.status, 5);
    assertStringIncludes(refused.stderr, 'does not let requests through to "api.example.test"');
    // https on loopback with the company's authority, while the proxy would refuse it.
    const before = company.proxy.requests.length;
    const local = `https://localhost:${company.port}`;
    const here = await company.run(
      ["call-api", `${local}/userinfo`, "--api-origin", local, "--ca", file],
      { apiOrigin: local },
    );
    assertEquals([here.status, here.stdout], [0, '{"sub":"anne","email":"anne@example.com"}'], here.stderr);
    assertEquals(company.proxy.requests.length, before);
  },
});

Deno.test({
  name: "a file of authorities that is not there, holds none or is broken is wrong usage, as soon as a request is made",
  ignore,
  async fn() {
    await using company = await startCompany();
    const at = (name: string) => `${company.directory}/${name}`;
    await Deno.writeTextFile(at("none.pem"), "no certificate\n");
    await Deno.writeTextFile(at("broken.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    const files: [name: string, message: string][] = [
      ["missing.pem", "is not there"],
      ["none.pem", "holds no certificate"],
      ["broken.pem", "holds a certificate that cannot be used"],
    ];
    for (const [name, message] of files) {
      const { status, stderr } = await company.signIn(["--ca", at(name)], { facts: { reads: [at(name)] } });
      assertEquals(status, 2, stderr);
      assertStringIncludes(stderr, `The file of certificate authorities "${at(name)}" ${message}`);
    }
    if (BINARY !== undefined) return;
    const forbidden = await company.signIn(["--ca", company.authority.file], { facts: { reads: [] } });
    assertEquals(forbidden.status, 2);
    assertStringIncludes(forbidden.stderr, `--allow-read=${company.authority.file}`);
  },
});
