import { assertEquals, assertFalse, assertThrows } from "@std/assert";
import { FiefError } from "../../lib/errors.ts";
import { isLoopback, isSafeEndpoint, isSameIssuer, normalizeBaseUrl } from "../../lib/provider/base_url.ts";

const accepted: [text: string, kept: string][] = [
  ["https://example.fief.dev", "https://example.fief.dev"],
  ["https://example.fief.dev/", "https://example.fief.dev"],
  ["https://example.fief.dev/tenant", "https://example.fief.dev/tenant"],
  ["https://example.fief.dev/tenant//", "https://example.fief.dev/tenant"],
  ["https://EXAMPLE.fief.dev:443/a", "https://example.fief.dev/a"],
  ["https://10.0.0.1:8443", "https://10.0.0.1:8443"],
  ["http://localhost:8000", "http://localhost:8000"],
  ["http://127.0.0.1:8000/", "http://127.0.0.1:8000"],
  ["http://[::1]:8000", "http://[::1]:8000"],
];
for (const [text, kept] of accepted) {
  Deno.test(`normalizeBaseUrl() keeps "${kept}" when "${text}" is given`, () =>
    assertEquals(normalizeBaseUrl(text), kept));
}

const refused: [text: string, what: string][] = [
  ["", "no http or https URL"],
  ["example.fief.dev", "no http or https URL"],
  ["https:example.fief.dev", "no http or https URL"],
  ["ftp://example.fief.dev", "no http or https URL"],
  ["javascript:alert(1)", "no http or https URL"],
  ["https://", "no http or https URL"],
  ["https://xn--a.example", "no http or https URL"],
  ["https:anne:s3cret@example.fief.dev", "no http or https URL"],
  ["anne:s3cret@example.fief.dev", "no http or https URL"],
  ["https://anne:s3cret/and@more@example.fief.dev", "no http or https URL"],
  ["https://anne:s3cret@example.fief.dev", "a user name or a password"],
  ["https://anne@example.fief.dev", "a user name or a password"],
  ["https://example.fief.dev/?a=b", "a query"],
  ["https://example.fief.dev/?", "a query"],
  ["https://example.fief.dev/#top", "a fragment"],
  ["http://example.fief.dev", "plain http"],
  ["http://localhost.example.com", "plain http"],
  ["https://*.example.com", "a * in its host name"],
  ["https://%2A.com/tenant", "a * in its host name"],
  ["http://*.localhost", "a * in its host name"],
  ["http://127.0.0.1.example.com", "plain http"],
];
for (const [text, what] of refused) {
  Deno.test(`normalizeBaseUrl() refuses "${text}"`, () => {
    const error = assertThrows(() => normalizeBaseUrl(text), FiefError, what);
    assertEquals(error.code, "base_url_invalid");
    assertFalse(`${error.message}${error.hint}`.includes("s3cret"));
  });
}

const loopback: [hostname: string, is: boolean][] = [
  ["localhost", true],
  ["app.localhost", true],
  ["127.0.0.1", true],
  ["127.1.2.3", true],
  ["[::1]", true],
  ["localhost.example.com", false],
  ["127.0.0.1.example.com", false],
  ["10.0.0.1", false],
  ["[::2]", false],
  ["", false],
];
for (const [hostname, is] of loopback) {
  Deno.test(`isLoopback() is ${is} when the host is "${hostname}"`, () => assertEquals(isLoopback(hostname), is));
}

const issuers: [issuer: string, baseUrl: string, same: boolean][] = [
  ["https://example.fief.dev", "https://example.fief.dev", true],
  ["https://example.fief.dev/", "https://example.fief.dev", true],
  ["https://example.fief.dev/tenant", "https://example.fief.dev/tenant", true],
  ["https://localhost:8000", "http://localhost:8000", true],
  ["https://localhost:8000/tenant", "http://localhost:8000/tenant", true],
  ["http://example.fief.dev", "https://example.fief.dev", false],
  ["https://example.fief.dev/other", "https://example.fief.dev/tenant", false],
  ["https://example.fief.dev", "https://example.fief.dev/tenant", false],
  ["https://evil.example", "https://example.fief.dev", false],
  ["https://example.fief.dev:8443", "https://example.fief.dev", false],
  ["https://localhost:8001", "http://localhost:8000", false],
  ["https://a@example.fief.dev", "https://example.fief.dev", false],
  ["https://example.fief.dev?a", "https://example.fief.dev", false],
  ["ftp://localhost:8000", "http://localhost:8000", false],
  ["", "https://example.fief.dev", false],
];
for (const [issuer, baseUrl, same] of issuers) {
  Deno.test(`isSameIssuer() is ${same} when the issuer is "${issuer}" and the base URL "${baseUrl}"`, () => {
    assertEquals(isSameIssuer(issuer, baseUrl), same);
  });
}

const endpoints: [endpoint: string, baseUrl: string, safe: boolean][] = [
  ["https://example.fief.dev/api/token", "https://example.fief.dev", true],
  ["https://tokens.example.net/token", "https://example.fief.dev", true],
  ["http://localhost:8000/api/token", "http://localhost:8000", true],
  ["http://127.0.0.1:8000/api/token", "http://localhost:8000", true],
  ["http://example.fief.dev/api/token", "https://example.fief.dev", false],
  ["http://example.fief.dev/api/token", "http://localhost:8000", false],
  ["http://localhost/api/token", "https://example.fief.dev", false],
  ["https://anne@example.fief.dev/api/token", "https://example.fief.dev", false],
  ["https://:s3cret@example.fief.dev/api/token", "https://example.fief.dev", false],
  ["https://example.fief.dev/api/token#x", "https://example.fief.dev", false],
  ["https://*.com/api/token", "https://example.fief.dev", false],
  ["https://%2a.com/api/token", "https://example.fief.dev", false],
  ["https://example.fief.dev/*", "https://example.fief.dev", true],
  ["javascript:alert(1)", "http://localhost:8000", false],
  ["file:///etc/passwd", "http://localhost:8000", false],
  ["/api/token", "https://example.fief.dev", false],
  ["", "https://example.fief.dev", false],
];
for (const [endpoint, baseUrl, safe] of endpoints) {
  Deno.test(`isSafeEndpoint() is ${safe} when "${endpoint}" is met at "${baseUrl}"`, () => {
    assertEquals(isSafeEndpoint(endpoint, baseUrl), safe);
  });
}
