// Every way out of the program, and whether a token goes along: to origins that were named, and nowhere else.
import { assert, assertEquals, assertFalse, assertRejects, assertStringIncludes } from "@std/assert";
import { Fief, FiefAuth, FiefError } from "../../lib/mod.ts";
import { run, writeProgram } from "../support/child.ts";
import { startSecretScene } from "../support/secret_scene.ts";
import { serve } from "../support/server.ts";
import { CLIENT } from "../support/telling_provider.ts";

/** Somebody who listens, and counts who comes: not even a connection must be made. */
function startCounter(): { origin: string; connections(): number } & Disposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let count = 0;
  void (async () => {
    for await (const connection of listener) {
      count++;
      connection.close();
    }
  })().catch(() => {});
  return {
    origin: `http://127.0.0.1:${listener.addr.port}`,
    connections: () => count,
    [Symbol.dispose]: () => listener.close(),
  };
}

/** The commands that would send a token. */
const SENDING: string[][] = [
  ["token"],
  ["token", "--min-valid", "99999"],
  ["hello"],
  ["hello", "--refresh"],
  ["whoami", "--refresh"],
  ["logout"],
];

for (const [what, env] of [["base URL", "FIEF_BASE_URL"], ["client id", "FIEF_CLIENT_ID"]] as const) {
  Deno.test(`another ${what} in the environment sends nothing anywhere, whatever the command`, async () => {
    await using scene = await startSecretScene();
    using other = startCounter();
    const file = JSON.stringify(await scene.session({ expired: true }));
    const value = env === "FIEF_BASE_URL" ? other.origin : "another";
    for (const args of [...SENDING, ["call-api", scene.api.origin], ["call-api", other.origin]]) {
      const { status, stdout, stderr } = await scene.run(args, { env: { [env]: value }, flags: ["-A"] });
      assertEquals([args, status, stdout], [args, 2, ""], stderr);
      assertStringIncludes(stderr, value);
    }
    assertEquals([other.connections(), scene.provider.requests, scene.api.requests], [0, [], []]);
    assertEquals(await Deno.readTextFile(scene.credentials), file);
  });
}

Deno.test("another base URL or client id in a program sends nothing anywhere, whatever it calls", async () => {
  await using scene = await startSecretScene();
  using other = startCounter();
  const file = await scene.session({ expired: true });
  const { fief_auth: _, ...python } = file;
  for (const content of [file, python]) {
    await Deno.writeTextFile(scene.credentials, JSON.stringify(content));
    for (const fief of [new Fief(other.origin, CLIENT), new Fief(scene.provider.issuer, "another")]) {
      const auth = new FiefAuth(fief, scene.credentials, { apiOrigins: [scene.api.origin] });
      const calls = [
        () => auth.accessToken(),
        () => auth.accessTokenInfo({ refresh: false }),
        () => auth.currentUser({ refresh: true }),
        () => auth.fetch(scene.api.origin),
        () => auth.fetch(other.origin),
        () => auth.logout(),
      ];
      for (const call of calls) {
        assertEquals((await assertRejects(call as () => Promise<unknown>, FiefError)).code, "session_mismatch");
      }
    }
  }
  assertEquals([other.connections(), scene.provider.requests, scene.api.requests], [0, [], []]);
});

Deno.test("login at another server shows it nothing of the session that was there before", async () => {
  await using old = await startSecretScene();
  await using fresh = await startSecretScene();
  const { tokens } = await old.session();
  const login = ["login", "--no-browser", "--base-url", fresh.provider.issuer, "--client-id", CLIENT];
  const asked: string[] = [];
  await using listening = serve(async (request) => {
    asked.push(request.url, [...request.headers].join(), await request.text());
    return new Response("Not here", { status: 404 });
  });
  // A server that listens and answers nothing of use, then one that works.
  await old.run(["login", "--no-browser", "--base-url", listening.origin, "--client-id", "another"], { flags: ["-A"] });
  assert(asked.length > 0);
  for (
    const token of Object.values(tokens as Record<string, unknown>).map(String).filter(({ length }) => length > 20)
  ) {
    assertFalse(asked.join().includes(token));
  }
  const running = old.start(login, { providerOrigin: fresh.provider.issuer });
  const [{ status }] = await Promise.all([running.result(), running.authorizationUrl().then(old.browse)]);
  assertEquals([status, old.provider.requests], [0, []]);
  const saved = JSON.parse(await Deno.readTextFile(old.credentials));
  assertEquals(saved.fief_auth.base_url, fresh.provider.issuer);
  assertEquals(saved.fief_auth.api_origins, undefined); // what was named for the other session is not named for this one
});

/** Ways to write a redirect, with what they lead to by the rules of the web: the API itself or the other server. */
const redirects: [name: string, location: (api: URL, other: URL) => string, goes: "with" | "without" | "nowhere"][] = [
  ["a path", () => "/next", "with"],
  ["a path with dots", () => "/a/../next", "with"],
  ["the same origin", (api) => `${api.origin}/next`, "with"],
  ["the same origin in capitals", (api) => `HTTP://127.0.0.1:${api.port}/next`, "with"],
  ["the same host as a number", (api) => `http://2130706433:${api.port}/next`, "with"],
  ["the same host as a hexadecimal number", (api) => `http://0x7f.1:${api.port}/next`, "with"],
  ["the same host, percent-encoded", (api) => `http://127%2e0.0.1:${api.port}/next`, "with"],
  // The bytes of a header are no UTF-8 to the platform: what is written in it is another name, and none that there is.
  ["the same host in wide digits", (api) => `http://１２７.0.0.1:${api.port}/next`, "without"],
  ["the same host with a dot behind", (api) => `http://127.0.0.1.:${api.port}/next`, "with"],
  ["the same host for a user", (api) => `http://anne:pw@127.0.0.1:${api.port}/next`, "with"],
  ["another port", (_api, other) => `${other.origin}/next`, "without"],
  ["another port in the manner of a path", (_api, other) => `//${other.host}/next`, "without"],
  ["another port with backslashes", (_api, other) => `\\\\${other.host}\\next`, "without"],
  ["another port with one slash and one backslash", (_api, other) => `/\\${other.host}/next`, "without"],
  ["another port with a tab in it", (_api, other) => `/\t/${other.host}/next`, "without"],
  ["another port, the API's name for the user", (api, other) => `http://${api.hostname}@${other.host}/next`, "without"],
  ["another port, the API for the user", (api, other) => `http://anne:${api.port}@${other.host}/next`, "without"],
  ["another name of the host", (api) => `http://localhost:${api.port}/next`, "without"],
  ["another address of the host", (api) => `http://[::ffff:127.0.0.1]:${api.port}/next`, "without"],
  ["another address of the loopback network", (api) => `http://127.0.0.2:${api.port}/next`, "without"],
  ["another scheme", (api) => `https://127.0.0.1:${api.port}/next`, "nowhere"],
  ["a script", () => "javascript:alert(1)", "nowhere"],
  ["a file", () => "file:///etc/passwd", "nowhere"],
  ["data", () => "data:text/plain,x", "nowhere"],
  ["a blob of the same origin", (api) => `blob:${api.origin}/0`, "nowhere"],
  ["what is no URL", () => "http://[", "nowhere"],
];
for (const way of ["auth.fetch()", "call-api"] as const) {
  Deno.test(`${way} takes the token along a redirect within the origin, and along no other`, async () => {
    for (const [name, location, goes] of redirects) {
      // At any address of this machine, so that each name of it leads here.
      const seen: { next: boolean; authorization: string | null }[] = [];
      const answer = (request: Request) => {
        const next = new URL(request.url).pathname === "/next";
        seen.push({ next, authorization: request.headers.get("authorization") });
        if (next) return new Response("there");
        // The platform's Headers take no such characters: as the server's bytes they arrive all the same.
        const bytes = new TextEncoder().encode(location(new URL(api.origin), new URL(other.origin)));
        return new Response(null, { status: 302, headers: { location: String.fromCharCode(...bytes) } });
      };
      await using api = serve(answer, "0.0.0.0");
      await using other = serve(answer, "0.0.0.0");
      await using scene = await startSecretScene();
      const { tokens } = await scene.session();
      const bearer = `Bearer ${(tokens as Record<string, string>)["access_token"]}`;
      if (way === "call-api") {
        await scene.run(["call-api", `${api.origin}/`, "--api-origin", api.origin], { flags: ["-A"] });
      } else {
        const auth = new FiefAuth(new Fief(scene.provider.issuer, CLIENT), scene.credentials, {
          apiOrigins: [api.origin],
        });
        await auth.fetch(`${api.origin}/`).then((response) => response.body?.cancel(), () => {});
      }
      const [first, second] = seen;
      assertEquals([name, first?.authorization], [name, bearer]);
      // What cannot be reached from here (an address that is none of this machine's, a scheme that nobody speaks) has seen nothing either.
      if (goes === "with") assertEquals([name, second], [name, { next: true, authorization: bearer }]);
      else assertEquals([name, second?.authorization ?? null], [name, null]);
      if (goes === "nowhere") assertEquals([name, seen.length], [name, 1]);
    }
  });
}

const urls: [name: string, url: (named: URL, evil: URL) => string][] = [
  ["another port", (_named, evil) => evil.href],
  ["a named host for the user", (named, evil) => `http://${named.hostname}@${evil.host}/`],
  ["a named origin for user and password", (named, evil) => `http://${named.host}@${evil.host}/`],
  ["a named origin behind a backslash", (named, evil) => `http://${evil.host}\\@${named.host}/`],
  ["a named origin behind a number sign", (named, evil) => `http://${evil.host}#@${named.host}/`],
  ["a named origin in the query", (named, evil) => `http://${evil.host}?${named.origin}`],
  ["a named origin in the path", (named, evil) => `http://${evil.host}/${named.origin}`],
  ["another name of this machine", (named) => `http://localhost:${named.port}/`],
  ["another name with a dot behind", (named) => `http://localhost.:${named.port}/`],
  ["another address", (named) => `http://127.0.0.2:${named.port}/`],
  ["IPv6", (named) => `http://[::1]:${named.port}/`],
  ["IPv4 in IPv6", (named) => `http://[::ffff:7f00:1]:${named.port}/`],
  ["any address", (named) => `http://0.0.0.0:${named.port}/`],
  ["an address as a number", (named) => `http://2130706434:${named.port}/`],
  ["https where http was named", (named) => `https://${named.host}/`],
  ["another scheme", (named) => `ws://${named.host}/`],
  ["a URL within another", (named) => `blob:${named.href}`],
  ["no scheme", (named) => `//${named.host}/`],
  ["a host in wide letters", (_named, evil) => `http://ｌocalhost:${evil.port}/`],
  ["a host in soft hyphens", (_named, evil) => `http://local\u00adhost:${evil.port}/`],
];
Deno.test("call-api and auth.fetch() connect to nobody when the origin of a URL was not named", async () => {
  await using scene = await startSecretScene();
  using evil = startCounter();
  await scene.session();
  const auth = new FiefAuth(new Fief(scene.provider.issuer, CLIENT), scene.credentials);
  for (const [name, url] of urls) {
    const text = url(new URL(scene.api.origin), new URL(evil.origin));
    const error = await assertRejects(() => auth.fetch(text), FiefError);
    const { status, stdout } = await scene.run(["call-api", text], { flags: ["-A"] });
    assertEquals([name, error.exitStatus, status, stdout], [name, 2, 2, ""]);
  }
  assertEquals([evil.connections(), scene.provider.requests, scene.api.requests], [0, [], []]);
});

Deno.test("auth.fetch() goes by the URL that it was given, not by what becomes of the object", async () => {
  await using scene = await startSecretScene();
  using evil = startCounter();
  await scene.session();
  const auth = new FiefAuth(new Fief(scene.provider.issuer, CLIENT), scene.credentials);
  const url = new URL(scene.api.origin);
  const pending = auth.fetch(url);
  for (let turn = 0; turn < 50; turn++) {
    url.href = evil.origin;
    await undefined;
  }
  await pending.then((response) => response.body?.cancel(), () => {});
  assertEquals(evil.connections(), 0);
});

const proxies: [name: string, variables: (origin: string) => Record<string, string>][] = [
  ["HTTP_PROXY and ALL_PROXY", (origin) => ({ HTTP_PROXY: origin, ALL_PROXY: origin, HTTPS_PROXY: origin })],
  ["http_proxy and all_proxy", (origin) => ({ http_proxy: origin, all_proxy: origin, https_proxy: origin })],
  ["a NO_PROXY of the user's", (origin) => ({ HTTP_PROXY: origin, NO_PROXY: "example.com" })],
  ["a no_proxy of the user's", (origin) => ({ http_proxy: origin, no_proxy: "example.com,10.0.0.0/8" })],
  ["an empty NO_PROXY", (origin) => ({ ALL_PROXY: origin, NO_PROXY: "", no_proxy: "" })],
];
for (const [name, variables] of proxies) {
  Deno.test(`a proxy sees no request to this machine: ${name}`, async () => {
    await using scene = await startSecretScene();
    using proxy = startCounter();
    // Deno itself would look for a newer Deno, through the proxy too.
    const env = { DENO_NO_UPDATE_CHECK: "1", ...variables(proxy.origin) };
    const running = scene.start(scene.login("--no-browser", "--api-origin", scene.api.origin), { env });
    const [{ status, stderr }] = await Promise.all([running.result(), running.authorizationUrl().then(scene.browse)]);
    assertEquals(status, 0, stderr);
    for (
      const args of [
        ["token", "--min-valid", "99999"],
        ["whoami", "--refresh"],
        ["call-api", scene.api.origin],
        ["logout"],
      ]
    ) {
      const { status, stderr } = await scene.run(args, { env });
      assertEquals([args, status], [args, 0], stderr);
    }
    assert(scene.provider.requests.includes("POST /revoke"));
    assertEquals(proxy.connections(), 0);
  });
}

Deno.test("a proxy sees no request to this machine although the program has used it before, and its settings stay", async () => {
  await using scene = await startSecretScene();
  const asked: string[] = [];
  await using proxy = serve((request) => (asked.push(request.url), new Response("proxied")));
  await scene.session({ expired: true });
  const command = await writeProgram(
    scene.directory,
    `import { Fief, FiefAuth } from "lib/mod.ts";
    Deno.env.delete("NO_PROXY"); // the tests beside this one share their variables with it
    Deno.env.set("HTTP_PROXY", "${proxy.origin}");
    console.log(await (await fetch("http://a.example/")).text());
    const auth = new FiefAuth(new Fief("${scene.provider.issuer}", "${CLIENT}"), "${scene.credentials}");
    console.log(await (await auth.fetch("${scene.api.origin}")).text());
    console.log(await (await fetch("http://b.example/")).text(), Deno.env.get("NO_PROXY") ?? "not set");`,
    ["-A"],
  );
  const { code, stdout, stderr } = await run(command);
  assertEquals([code, stdout], [0, "proxied\ncastles\nproxied not set\n"], stderr);
  assertEquals(asked, ["http://a.example/", "http://b.example/"]);
});
