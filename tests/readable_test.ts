import { assertEquals } from "@std/assert";
import { discreet } from "../lib/readable.ts";

const JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbm5lIn0.c2lnbmF0dXJl";
const texts: [name: string, text: string, shown: string][] = [
  ["a JWT", `Invalid: ${JWT}!`, "Invalid: ...!"],
  ["half of a JWT", JWT.slice(0, 22), "....e"],
  ["a UUID", "code 0b1e7c7e-9d5a-4f0e-8d5e-1c2b3a4f5e6d", "code ..."],
  ["Base64", btoa("refresh/secret?and?more"), "..."],
  ["what is percent-encoded", "token=a%2Fb%2Bc%3Dd%20e", "..."],
  ["a secret in a host name", "http://a1b2c3d4e5f6a7b8.localhost:1/", "http://....localhost:1/"],
  ["a secret in a path", "https://a.example/reset/a1b2c3d4e5f6a7b8/x", "https://a.example/reset/.../x"],
  ["long words", "The authorization-endpoint of the international-organization", ""],
  ["the name of an error", "detail: USER_UPDATE_INVALID_PASSWORD", ""],
  ["the name of an error with more behind it", "USER_UPDATE_INVALID_PASSWORD_a1B2", "..."],
  ["a host and a path", "https://login.example.com/realms/castles/.well-known/openid-configuration", ""],
  ["a version and a name", "FiefError in Deno 2.9.6 at 10:15, access_token", ""],
];
for (const [name, text, shown] of texts) {
  Deno.test(`discreet() is ${JSON.stringify(shown || text)} when the text holds ${name}`, () => {
    assertEquals(discreet(text), shown || text);
  });
}
