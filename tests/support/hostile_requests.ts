// What others may send to the listener of a sign-in: programs on the machine, web pages in the user's browser, and scanners.

/** The listener that is asked. */
export interface Target {
  /** Its host and port, as its redirect URI has them. */
  host: string;
  /** The path of the redirect URI. */
  path: string;
  /** The state of the pending sign-in, for requests that are wrong although they know it. */
  state: string;
}

/** A request, byte for byte, after which the connection ends. */
export interface HostileRequest {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
  /** The status of our answer; `library` where the HTTP library may answer by itself, or hang up, before anything of ours sees it. */
  answer: number | "library";
}

/** In whatever of a request could come back in an answer. */
export const MARK = "evil";

const SCRIPT = encodeURIComponent(`<script>${MARK}(1)</script>"'><img src=x onerror=${MARK}(2)>`);
const LONG = MARK.repeat(15_000); // 60 KB: with 64 KB and more the library refuses the request line

/** Each kind once. */
export function hostileRequests({ host, path, state }: Target): HostileRequest[] {
  const port = host.split(":")[1];
  const good = `${path}?code=${MARK}&state=${state}`;
  const wrong = "w".repeat(state.length);
  const request = (line: string, ...headers: string[]) => [line, ...headers, "Connection: close", "", ""].join("\r\n");
  const get = (target: string, ...headers: string[]) => request(`GET ${target} HTTP/1.1`, `Host: ${host}`, ...headers);
  const named = (name: string) => request(`GET ${good} HTTP/1.1`, `Host: ${name}`);
  const method = (name: string, ...headers: string[]) =>
    request(`${name} ${good} HTTP/1.1`, `Host: ${host}`, ...headers);

  const table: [name: string, bytes: string | number[], answer: HostileRequest["answer"]][] = [
    // Methods: RFC 6749 section 4.1.2 redirects, and a browser follows a redirect by GET.
    ...["HEAD", "OPTIONS", "PATCH", "DELETE", "TRACE", "PROPFIND", "STEAL", "get", "M-SEARCH"].map(
      (name) => [`method ${name}`, method(name), 405] as [string, string, number],
    ),
    ["a form of another page", method("POST", "Content-Length: 4", "Origin: https://evil.example") + "evil", 405],
    ["a body in chunks", method("POST", "Transfer-Encoding: chunked") + "4\r\nevil\r\n0\r\n\r\n", 405],
    ["OPTIONS *", request("OPTIONS * HTTP/1.1", `Host: ${host}`), 405],
    ["CONNECT to us", request(`CONNECT ${host} HTTP/1.1`, `Host: ${host}`), 405],
    ["CONNECT to another", request("CONNECT evil.example:443 HTTP/1.1", "Host: evil.example:443"), 421],
    ["CONNECT with a path", method("CONNECT"), "library"],
    ["a method that is none", method("G@T"), "library"],
    // Hosts: DNS rebinding.
    ["another host", named("evil.example"), 421],
    ["another host at our port", named(`evil.example:${port}`), 421],
    ["our host at another port", named("localhost:1"), 421],
    ["a host that begins as ours", named(`localhost.evil.example:${port}`), 421],
    ["a host that ends as ours", named(`evil.localhost:${port}`), 421],
    ["the address in place of the name", named(`127.0.0.1:${port}`), 421],
    ["the other address", named(`[::1]:${port}`), 421],
    ["a user before the host", named(`evil@${host}`), 421],
    ["a path after the host", named(`${host}/evil`), 421],
    ["an empty host", named(""), 421],
    ["no host", request(`GET ${good} HTTP/1.1`), 421],
    ["no host in HTTP/1.0", request(`GET ${good} HTTP/1.0`), 421],
    ["two hosts", request(`GET ${good} HTTP/1.1`, `Host: ${host}`, "Host: evil.example"), "library"],
    ["another host in the request line", request(`GET http://evil.example${good} HTTP/1.1`, `Host: ${host}`), 421],
    ["another host in the header", request(`GET http://${host}${good} HTTP/1.1`, "Host: evil.example"), 421],
    // Other web pages.
    ["script of another page", get(good, "Origin: https://evil.example"), 403],
    ["script of another page on this machine", get(good, "Origin: http://localhost:1"), 403],
    ["an image on another page", get(good, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"), 403],
    ["fetch() on another page", get("/start/evil", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: cors"), 403],
    ["fetch() on a page on this machine", get(good, "Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: cors"), 403],
    [
      "a frame on another page",
      get(good, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"),
      403,
    ],
    ["a web socket", get(good, "Origin: https://evil.example", "Upgrade: websocket"), 403],
    // Whoever looks ahead.
    ["a prefetch", get(good, "Sec-Purpose: prefetch"), 503],
    ["a prerender", get(good, "Sec-Purpose: prefetch;prerender"), 503],
    ["an older prefetch", get(good, "Purpose: prefetch"), 503],
    ["a preview", get(good, "Purpose: preview"), 503],
    // Paths.
    ["the favicon", get("/favicon.ico"), 404],
    ["the root", get("/"), 404],
    ["a slash too many", get(`${path}/?state=${state}`), 404],
    ["capitals", get(`${path.toUpperCase()}?state=${state}`), 404],
    ["a host as a path", get(`//evil.example${path}?state=${state}`), 404],
    ["a way up", get(`/../../etc/evil`), 404],
    ["%00 in the path", get(`${path}%00?state=${state}`), 404],
    ["bad UTF-8 in the path", get(`${path}%ff%c0%ae?state=${state}`), 404],
    ["a one-time address that is guessed", get(`/start/${wrong}`), 404],
    ["the state as the one-time address", get(`/start/${state}`), 404],
    ["a result that is guessed", get(`/result/${wrong}`), 404],
    // Parameters.
    ["no parameters", get(path), 400],
    ["no state", get(`${path}?code=evil`), 400],
    ["an empty state", get(`${path}?code=evil&state=`), 400],
    ["a wrong state", get(`${path}?code=evil&state=${wrong}`), 400],
    ["a state that is too short", get(`${path}?code=evil&state=${state.slice(0, -1)}`), 400],
    ["a state that is too long", get(`${good}evil`), 400],
    ["the state twice", get(`${good}&state=${state}`), 400],
    ["the state and another", get(`${good}&state=${wrong}`), 400],
    ["the name of the state in capitals", get(`${path}?code=evil&STATE=${state}`), 400],
    ["the state as an array", get(`${path}?code=evil&state[]=${state}`), 400],
    ["the state in a fragment", get(`${path}?code=evil#state=${state}`), 400],
    ["the state behind a semicolon", get(`${path}?code=evil;state=${state}`), 400],
    ["%00 behind the state", get(`${good}%00`), 400],
    ["bad UTF-8 in the state", get(`${path}?state=%ff%c0%80%ed%a0%80`), 400],
    ["a broken escape", get(`${path}?state=%&code=%zz`), 400],
    ["a denial with a wrong state", get(`${path}?error=access_denied&state=${wrong}`), 400],
    ["script in error", get(`${path}?error=${SCRIPT}&state=${wrong}`), 400],
    ["script in error_description", get(`${path}?error=x&error_description=${SCRIPT}`), 400],
    ["script in state", get(`${path}?state=${SCRIPT}`), 400],
    ["60 KB in state", get(`${path}?state=${LONG}`), 414],
    ["60 KB in error_description", get(`${path}?error=x&error_description=${LONG}&state=${wrong}`), 414],
    ["a thousand parameters", get(`${path}?${"evil=1&".repeat(1000)}state=${wrong}`), 400],
    ["a thousand states", get(`${path}?${`state=${state}&`.repeat(1000)}`), 414],
    ["64 KB in a parameter", get(`${path}?state=${"evil".repeat(16_384)}`), "library"],
    // Headers, and what is no HTTP.
    ["a cookie of 16 KB", get(`${path}?state=${wrong}`, `Cookie: ${"evil".repeat(4096)}`), 400],
    ["200 headers", get(path, ...Array.from({ length: 200 }, (_, i) => `X-${i}: evil`)), "library"],
    ["a header of 1 MB", get(path, `X: ${"evil".repeat(262_144)}`), "library"],
    ["a folded header", get(path, "X: a\r\n evil"), "library"],
    ["two lengths", method("POST", "Content-Length: 4", "Transfer-Encoding: chunked") + "0\r\n\r\n", "library"],
    ["HTTP/0.9", `GET ${path}\r\n\r\n`, "library"],
    ["HTTP/3.0", request(`GET ${path} HTTP/3.0`, `Host: ${host}`), "library"],
    ["script as it is", get(`${path}?error=<script>evil(1)</script>&state=${wrong}`), "library"],
    ["a byte 0 in the request line", get(`${path}?state=\0`), "library"],
    ["a line that is no request", "evil\r\n\r\n", "library"],
    ["TLS", [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, ...new Array(500).fill(0x65)], "library"],
    ["bytes above 127", [...new TextEncoder().encode("GET /"), 0xff, 0xfe, 0x20, 0x0d, 0x0a, 0x0d, 0x0a], "library"],
  ];
  return table.map(([name, bytes, answer]) => ({
    name,
    bytes: typeof bytes === "string" ? new TextEncoder().encode(bytes) : new Uint8Array(bytes),
    answer,
  }));
}

/** Beginnings of what never ends: the connection stays open. */
export function halfRequests({ host, path, state }: Target): string[] {
  return [
    "",
    "G",
    `GET ${path}?code=evil&state=${state} HTTP/1.1\r\nHost: ${host}`,
    `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nX: evil`,
    `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nev`,
    `PUT ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 1000000\r\n\r\nevil`,
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "\x16\x03\x01",
  ];
}
