import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { parseGitRequest, serverOf } from "../../lib/cli/credential/git_protocol.ts";
import { FiefError } from "../../lib/errors.ts";

Deno.test("parseGitRequest() reads all that git 2.46 sends", () => {
  const text = "capability[]=authtype\ncapability[]=state\nprotocol=https\nhost=git.example.com:8443\npath=a=b.git\n" +
    'wwwauth[]=Basic realm="x"\nwwwauth[]=BEARER\nwwwauth[]=\nnew=what is not known\n\nafter=the end\n';
  assertEquals(parseGitRequest(text), {
    protocol: "https",
    host: "git.example.com:8443",
    username: undefined,
    refused: undefined,
    anyScheme: true,
    schemes: ["basic", "bearer"],
  });
});

Deno.test("parseGitRequest() reads what is to be erased, as a password or as a credential of another scheme", () => {
  assertEquals(parseGitRequest("protocol=https\nhost=a\nusername=b\npassword=c=d").refused, "c=d");
  assertEquals(parseGitRequest("protocol=https\nhost=a\nauthtype=Bearer\ncredential=e\n").refused, "e");
  assertEquals(parseGitRequest("").host, "");
});

const refused: [name: string, text: string][] = [
  ["a carriage return in the host", "protocol=https\nhost=evil.example\rhost=good.example\n\n"],
  ["lines that end in CR LF", "protocol=https\r\nhost=good.example\r\n\r\n"],
  ["a carriage return in the path", "protocol=https\nhost=good.example\npath=a\rb\n\n"],
  ["a NUL", "protocol=https\nhost=good.example\0.evil.example\n\n"],
  ["a line break in the host, which makes two hosts", "protocol=https\nhost=evil.example\nhost=good.example\n\n"],
  ["a line break in the protocol", "protocol=https\nprotocol=https\nhost=good.example\n\n"],
  ["two passwords", "host=good.example\npassword=a\npassword=b\n\n"],
  ["two user names", "host=good.example\nusername=a\nusername=b\n\n"],
  ["a line break in the path, which makes a line without a key", "protocol=https\nhost=a\npath=b\nc\n\n"],
  ["an empty key", "=a\nhost=good.example\n\n"],
];
for (const [name, text] of refused) {
  Deno.test(`parseGitRequest() refuses ${name}`, () => {
    const error = assertThrows(() => parseGitRequest(text), FiefError);
    assertEquals(error.code, "usage_invalid");
  });
}

Deno.test("parseGitRequest() reads or refuses whatever comes", () => {
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom("a", "=", "\n", "\r", "\0", "host", "[]") }), (text) => {
    try {
      assert(!/[\r\n\0]/.test(parseGitRequest(text).host));
    } catch (error) {
      assert(error instanceof FiefError);
    }
  }));
});

const servers: [protocol: string, host: string, origin: string | undefined][] = [
  ["https", "git.example.com", "https://git.example.com"],
  ["https", "GIT.Example.com:443", "https://git.example.com"],
  ["https", "git.example.com:8443", "https://git.example.com:8443"],
  ["http", "127.0.0.1:3000", "http://127.0.0.1:3000"],
  ["https", "[::1]:3000", "https://[::1]:3000"],
  ["ssh", "git.example.com", undefined],
  ["HTTPS", "git.example.com", undefined],
  ["", "git.example.com", undefined],
  ["https", "", undefined],
  ["https", "git.example.com/x", undefined],
  ["https", "anne@git.example.com", undefined],
  ["https", "git.example.com:x", undefined],
  ["https", "git.example.com:99999", undefined],
  ["https", "git.example.com%2f", undefined],
  ["https", "git.example.com#", undefined],
  ["https", "git.example.com\\", undefined],
  ["https", "２.example.com", undefined],
  ["https", "2130706433", undefined],
  ["https", "0x7f.1", undefined],
  ["https", "git.example.com?", undefined],
];
for (const [protocol, host, origin] of servers) {
  Deno.test(`serverOf() of ${protocol}://${host}`, () => {
    const request = { protocol, host, username: undefined, refused: undefined, anyScheme: false, schemes: [] };
    assertEquals(serverOf(request)?.origin, origin);
  });
}
