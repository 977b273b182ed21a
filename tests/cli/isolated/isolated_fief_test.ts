import { assertEquals } from "@std/assert";
import { addressesOf } from "../../../lib/cli/isolated/addresses.ts";
import { IsolatedFief } from "../../../lib/cli/isolated/isolated_fief.ts";
import { Fief } from "../../../lib/provider/fief.ts";

/** Methods in which no npm package has a part: they run in the main thread. */
const OWN = ["constructor", "authUrl", "logoutUrl", "endSessionUrl"];

Deno.test("IsolatedFief leaves no method of Fief to the main thread in which an npm package has a part", () => {
  const own = Object.getOwnPropertyNames(IsolatedFief.prototype);
  const missing = Object.getOwnPropertyNames(Fief.prototype).filter((name) => !own.includes(name));
  assertEquals(missing.toSorted(), OWN.filter((name) => name !== "constructor").toSorted());
});

Deno.test("addressesOf() gives host and port of the base URL and of each endpoint that is asked from here, once", () => {
  const metadata = {
    token_endpoint: "https://oauth.example.com/token",
    jwks_uri: "https://keys.example.com:8443/keys",
    userinfo_endpoint: "https://example.com/userinfo",
    end_session_endpoint: "https://browser.example.com/logout",
  };
  assertEquals(addressesOf("https://example.com/tenant", metadata, undefined), [
    "example.com:443",
    "oauth.example.com:443",
    "keys.example.com:8443",
  ]);
  assertEquals(addressesOf("http://[::1]:8000"), ["[::1]:8000"]);
});
