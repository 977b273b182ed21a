import { assertEquals } from "@std/assert";
import { proxyErrorOf, proxyFor, shownProxy } from "../lib/proxy.ts";

const TARGET = "https://login.example.test/";

const cases: [variables: Record<string, string>, url: string, variable: string | undefined][] = [
  [{}, TARGET, undefined],
  [{ HTTPS_PROXY: "http://p:1" }, TARGET, "HTTPS_PROXY"],
  [{ https_proxy: "p:1" }, TARGET, "https_proxy"],
  [{ HTTP_PROXY: "http://p:1" }, TARGET, undefined],
  [{ HTTP_PROXY: "http://p:1" }, "http://example.test", "HTTP_PROXY"],
  [{ HTTPS_PROXY: "http://p:1", ALL_PROXY: "http://q:1" }, TARGET, "ALL_PROXY"], // as Deno 2.9.6 and 2.6.10 were seen to do
  [{ HTTPS_PROXY: "http://p:1", https_proxy: "http://q:1" }, TARGET, "HTTPS_PROXY"],
  [{ HTTPS_PROXY: "nonsense://", https_proxy: "http://q:1" }, TARGET, "https_proxy"],
  [{ HTTPS_PROXY: "socks5://p:1" }, TARGET, "HTTPS_PROXY"],
  [{ HTTPS_PROXY: "http://p:1", NO_PROXY: "*" }, TARGET, undefined],
  [{ HTTPS_PROXY: "http://p:1", NO_PROXY: "example.test" }, TARGET, undefined],
  [{ HTTPS_PROXY: "http://p:1", no_proxy: " .example.test , x" }, TARGET, undefined],
  [{ HTTPS_PROXY: "http://p:1", NO_PROXY: ".login.example.test" }, TARGET, undefined],
  [{ HTTPS_PROXY: "http://p:1", NO_PROXY: "ple.test,n.example.test,," }, TARGET, "HTTPS_PROXY"],
  [{ HTTPS_PROXY: "http://p:1", NO_PROXY: "10.0.0.0/8" }, "https://10.1.2.3", undefined],
  [{ HTTPS_PROXY: "http://p:1", NO_PROXY: "10.0.0.0/16" }, "https://10.1.2.3", "HTTPS_PROXY"],
  [{ HTTPS_PROXY: "http://p:1", NO_PROXY: "10.1.2.3" }, "https://10.1.2.3", undefined],
  [{ HTTPS_PROXY: "http://p:1", NO_PROXY: "fd00::1" }, "https://[fd00::1]", undefined],
];
for (const [variables, url, variable] of cases) {
  Deno.test(`proxyFor() gives ${variable ?? "none"} for ${url} with ${JSON.stringify(variables)}`, () => {
    assertEquals(proxyFor(new URL(url), (name) => variables[name])?.variable, variable);
  });
}

Deno.test("no password of a proxy is in what proxyFor() and shownProxy() give", () => {
  const text = "http://anne:secret@proxy.example.test:3128";
  assertEquals(proxyFor(new URL(TARGET), () => text)?.address, "http://proxy.example.test:3128");
  assertEquals(shownProxy(text), "http://...@proxy.example.test:3128");
  assertEquals(shownProxy("anne:secret@proxy.example.test:3128"), "http://...@proxy.example.test:3128");
  assertEquals(shownProxy("ftp://anne:secret@x"), "no proxy that Deno knows");
});

Deno.test("proxyErrorOf() goes by what the platform says after the URL, not by what is in the URL", () => {
  const env = () => undefined;
  const said = (reason: string) => new TypeError(`error sending request for url (https://tunnel.test/): ${reason}`);
  const url = new URL("https://tunnel.test");
  assertEquals(proxyErrorOf(said("client error (Connect): tcp connect error: refused"), url, env), undefined);
  assertEquals(proxyErrorOf(said("client error (SendRequest): connection closed"), url, env), undefined);
  assertEquals(
    proxyErrorOf(said("client error (Connect): unsuccessful tunnel"), url, env)?.message,
    'The proxy does not let requests through to "tunnel.test"',
  );
  // The server's certificate: the proxy has done its part.
  const proxied = () => "http://p:1";
  const untrusted = said("client error (Connect): invalid peer certificate: UnknownIssuer");
  assertEquals(proxyErrorOf(untrusted, url, proxied), undefined);
});
