import { assert, assertEquals, assertFalse, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { FiefError, type FiefErrorCode } from "../../lib/errors.ts";
import { codeChallengeOf } from "../../lib/provider/pkce.ts";
import { signIn } from "../../lib/signin/authorize.ts";
import { errorPage } from "../../lib/signin/callback_page.ts";
import { recordedOutput, testHost } from "../support/host.ts";
import {
  authorizationUrl,
  begin,
  type Begun,
  fakeProvider,
  follow,
  get,
  isClosed,
  ISSUER,
  redirectOf,
} from "./fakes.ts";
import { keyboard } from "./keyboard.ts";

async function fails(result: Promise<unknown>, code: FiefErrorCode): Promise<FiefError> {
  const error = await assertRejects(() => result, FiefError);
  assertEquals(error.code, code);
  return error;
}

/** The code is the secret that the browser brings. */
const CODE = "the-secret-code";

Deno.test("signIn() gives what finish gave, and shows its page after that at an address without the code", async () => {
  const { result, startUrl, answers, events } = begin();
  const authorization = await authorizationUrl(await startUrl);
  const page = await follow(redirectOf(authorization, { code: CODE }));
  assertEquals(await result, "anne");
  assertEquals(page.text, "<!doctype html><title>success</title>anne");
  assertMatch(page.url, /^http:\/\/localhost:\d+\/result\/[\w-]{43}$/);
  const [{ code, codeVerifier, nonce, redirectUri }] = answers as [typeof answers[0] & object];
  assertEquals(code, CODE);
  assertEquals(nonce, authorization.searchParams.get("nonce"));
  assertEquals(redirectUri, authorization.searchParams.get("redirect_uri"));
  assertEquals(await codeChallengeOf(codeVerifier), authorization.searchParams.get("code_challenge"));
  assertEquals(authorization.searchParams.get("code_challenge_method"), "S256");
  assertEquals(events.map(({ type }) => type), ["browser_opened", "waiting", "exchanging"]);
  assert(await isClosed(await startUrl));
});

Deno.test("signIn() holds the page back until finish is done", async () => {
  const finishing = Promise.withResolvers<string>();
  const begun = Promise.withResolvers<void>();
  const { result, startUrl } = begin({
    finish: () => {
      begun.resolve();
      return finishing.promise;
    },
  });
  let seen = false;
  const page = follow(redirectOf(await authorizationUrl(await startUrl), { code: CODE })).then((page) => {
    seen = true;
    return page;
  });
  await begun.promise;
  await get(new URL("/favicon.ico", await startUrl)); // a whole round trip later nothing has been shown
  assertFalse(seen);
  finishing.reject(new FiefError("authorization_code_rejected", "The server does not take the code", "Sign in again"));
  assertEquals((await page).text, "<!doctype html><title>error</title>authorization_code_rejected");
  await fails(result, "authorization_code_rejected");
});

Deno.test("signIn() does not cut an exchange off when the time is up", async () => {
  const begun = Promise.withResolvers<void>();
  const { result, startUrl } = begin({
    timeout: 1_000,
    finish: async () => {
      begun.resolve();
      await new Promise((resolve) => setTimeout(resolve, 1_050));
      return "late";
    },
  });
  const page = follow(redirectOf(await authorizationUrl(await startUrl), { code: CODE }));
  await begun.promise;
  assertEquals(await result, "late");
  await page;
});

const refusals: [name: string, parameters: Record<string, string>, code: FiefErrorCode][] = [
  ["a denial", { error: "access_denied" }, "sign_in_denied"],
  ["another error", { error: "invalid_scope", error_description: "<script>alert(1)</script>" }, "sign_in_failed"],
  ["neither a code nor an error", {}, "authorization_code_missing"],
  ["the code of another server", { code: CODE, iss: "https://evil.example" }, "issuer_mismatch"],
];
for (const [name, parameters, code] of refusals) {
  Deno.test(`signIn() rejects with ${code} and shows it when the server answers with ${name}`, async () => {
    const pages = {
      success: () => "",
      error: ({ message, hint }: FiefError) => errorPage({ appName: "acme", message, hint }),
    };
    const { result, startUrl, answers } = begin({ pages });
    const page = await follow(redirectOf(await authorizationUrl(await startUrl), parameters));
    const { message } = await fails(result, code);
    assertStringIncludes(page.text, message.replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;"));
    assertFalse(/<script/i.test(page.text));
    assertEquals(answers, []);
    assert(await isClosed(await startUrl));
  });
}

Deno.test("signIn() insists on iss where the server announces it", async () => {
  const rules = { issuer: ISSUER, authorization_response_iss_parameter_supported: true };
  const provider = fakeProvider({ metadata: () => Promise.resolve(rules) });
  const { result, startUrl } = begin({ provider });
  await follow(redirectOf(await authorizationUrl(await startUrl), { code: CODE }));
  await fails(result, "issuer_mismatch");
});

Deno.test("signIn() rejects with sign_in_timed_out and closes the listener when nobody comes back", async () => {
  const { result, startUrl, answers } = begin({ timeout: 50 });
  await fails(result, "sign_in_timed_out");
  assert(await isClosed(await startUrl));
  assertEquals(answers, []);
});

Deno.test("signIn() rejects with interrupted and closes the listener when its signal aborts", async () => {
  const abort = new AbortController();
  const { result, startUrl } = begin({ signal: abort.signal });
  await authorizationUrl(await startUrl);
  abort.abort();
  await fails(result, "interrupted");
  assert(await isClosed(await startUrl));
});

Deno.test("signIn() rejects with the reason of the signal where that is an error of ours", async () => {
  const abort = new AbortController();
  const { result, startUrl } = begin({ signal: abort.signal });
  await startUrl;
  abort.abort(new FiefError("terminated", "Ended by a signal", "Start again"));
  await fails(result, "terminated");
});

Deno.test("signIn() asks for nothing when its signal has aborted before", async () => {
  const asked: string[] = [];
  const provider = fakeProvider({
    metadata: () => {
      asked.push("metadata");
      return Promise.resolve({ issuer: ISSUER });
    },
  });
  await fails(begin({ provider, signal: AbortSignal.abort() }).result, "interrupted");
  assertEquals(asked, []);
});

Deno.test("signIn() opens no browser and names the redirect URI when the server refuses the request", async () => {
  const provider = fakeProvider({
    checkAuthorizationUrl: async () => {
      await new Promise((resolve) => setTimeout(resolve, 20)); // the way to the server and back
      return { answer: "refused", status: 400 };
    },
  });
  const { result, events } = begin({ provider });
  const { hint } = await fails(result, "authorization_request_refused");
  // Any port: the one that it has by now will not come again.
  assertMatch(hint, /register a redirect URI that names one, and use that: http:\/\/localhost:51562\/callback$/);
  assertEquals(events, []);
});

Deno.test("signIn() tells a browser that is already there when the server refuses the request late", async () => {
  const check = Promise.withResolvers<{ answer: "refused" }>();
  const { result, startUrl } = begin({ provider: fakeProvider({ checkAuthorizationUrl: () => check.promise }) });
  const page = get(await startUrl);
  await Promise.race([page, new Promise((resolve) => setTimeout(resolve, 20))]); // it is kept waiting
  check.resolve({ answer: "refused" });
  const { text, status } = await page;
  assertEquals([status, text], [200, "<!doctype html><title>error</title>authorization_request_refused"]);
  await fails(result, "authorization_request_refused");
});

Deno.test("signIn() checks with a request of its own, which is of no use to whoever sees it", async () => {
  let checked: URL | undefined;
  const { result, startUrl } = begin({
    provider: fakeProvider({
      checkAuthorizationUrl: (url) => {
        checked = new URL(url);
        return Promise.resolve({ answer: "accepted" });
      },
    }),
  });
  const authorization = await authorizationUrl(await startUrl);
  for (const name of ["state", "nonce", "code_challenge"]) {
    assert(checked!.searchParams.get(name) !== authorization.searchParams.get(name), name);
  }
  const stolen = await follow(redirectOf(checked!, { code: CODE }));
  assertEquals(stolen.status, 400);
  await follow(redirectOf(authorization, { code: CODE }));
  assertEquals(await result, "anne");
});

for (
  const [name, check] of [
    ["does not tell", () => Promise.resolve({ answer: "unknown", status: 500 } as const)],
    ["cannot be asked", () => Promise.reject(new FiefError("provider_unreachable", "No answer", "Try again"))],
    ["makes the check fail", () => Promise.reject(new TypeError(CODE))],
  ] as const
) {
  Deno.test(`signIn() says so in one line and goes on when the server ${name} whether it takes the request`, async () => {
    const { result, startUrl, events } = begin({
      provider: fakeProvider({ checkAuthorizationUrl: check, keys: () => Promise.reject(new Error("no keys")) }),
    });
    await follow(redirectOf(await authorizationUrl(await startUrl), { code: CODE }));
    assertEquals(await result, "anne");
    assertEquals(events.filter(({ type }) => type === "check_failed").length, 1);
    assertFalse(JSON.stringify(events).includes(CODE));
  });
}

Deno.test("signIn() uses the next redirect URI when a port is taken, on one address only", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const first = `http://localhost:${taken.addr.port}/callback`;
  const { result, startUrl, events } = begin({ redirectUris: [first, "http://localhost:0/other"] });
  const authorization = await authorizationUrl(await startUrl);
  assertMatch(authorization.searchParams.get("redirect_uri")!, /^http:\/\/localhost:\d+\/other$/);
  await follow(redirectOf(authorization, { code: CODE }));
  assertEquals(await result, "anne");
  assertEquals(events[0], { type: "redirect_port_taken", redirectUri: first, next: "http://localhost:0/other" });
});

Deno.test("signIn() asks for nothing and opens no browser when every port is taken", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const uri = `http://localhost:${taken.addr.port}/callback`;
  const provider = fakeProvider({ metadata: () => Promise.reject(new Error("asked")) });
  const { message } = await fails(begin({ redirectUris: [uri], provider }).result, "redirect_port_taken");
  assertStringIncludes(message, uri);
});

Deno.test("signIn() rejects with redirect_uri_invalid without a redirect URI", async () => {
  await fails(begin({ redirectUris: [] }).result, "redirect_uri_invalid");
});

Deno.test("signIn() keeps the result when the program's success page throws", async () => {
  const pages = { success: () => Promise.reject(new Error("template")), error: () => "" };
  const { result, startUrl, events } = begin({ pages, design: { accent: "#8a3ffc" } });
  const { text } = await follow(redirectOf(await authorizationUrl(await startUrl), { code: CODE }));
  assertEquals(await result, "anne");
  assertStringIncludes(text, "You are signed in");
  assertStringIncludes(text, ".app { color: #8a3ffc; }");
  assertEquals(events.at(-1)?.type, "notice");
});

Deno.test("signIn() keeps the error when the program's error page throws", async () => {
  const pages = { success: () => "", error: () => Promise.reject(new Error("template")) };
  const { result, startUrl } = begin({ pages, design: { accent: "#8a3ffc" } });
  const { text } = await follow(redirectOf(await authorizationUrl(await startUrl), { error: "access_denied" }));
  await fails(result, "sign_in_denied");
  assertStringIncludes(text, "The sign-in was denied");
  assertStringIncludes(text, ".app { color: #8a3ffc; }");
});

Deno.test("signIn() does not wait for a browser command that ends only after the sign-in", async () => {
  const pages: string[] = [];
  const host = testHost({
    openBrowser: async (url: string) => {
      pages.push((await follow(redirectOf(await authorizationUrl(url), { code: CODE }))).text);
      return false;
    },
  });
  const { result, events } = begin({ host });
  assertEquals(await result, "anne");
  assertEquals(pages, ["<!doctype html><title>success</title>anne"]);
  assertEquals(events.map(({ type }) => type), ["exchanging"]);
});

Deno.test("signIn() prints the server's own URL, and over SSH how to bring the redirect here", async () => {
  const env: Record<string, string> = { SSH_CONNECTION: "192.0.2.7 50000 192.0.2.1 22", USER: "anne" };
  const host = testHost({ env: (name: string) => env[name] });
  const shown = Promise.withResolvers<void>();
  const events: Begun["events"] = [];
  const { result } = begin({
    host,
    onEvent: (event) => {
      events.push(event);
      if (event.type === "waiting") shown.resolve();
    },
  });
  await shown.promise;
  const [open, ssh] = events;
  assert(open?.type === "url_to_open");
  assertEquals(open.reason, "this is an SSH session without a display");
  assert(open.url.startsWith(`${ISSUER}/authorize?`));
  const { port } = new URL(new URL(open.url).searchParams.get("redirect_uri")!);
  assertEquals(ssh, { type: "ssh_hint", command: `ssh -N -L ${port}:localhost:${port} anne@192.0.2.1` });
  await follow(redirectOf(new URL(open.url), { code: CODE }));
  assertEquals(await result, "anne");
});

Deno.test("signIn() writes what happens to standard error when nobody else is told", async () => {
  const stderr = recordedOutput();
  const opened = Promise.withResolvers<string>();
  const host = testHost({
    stderr,
    openBrowser: (url: string) => {
      opened.resolve(url);
      return Promise.resolve(true);
    },
  });
  const result = signIn({
    provider: fakeProvider(),
    appName: "acme",
    redirectUris: ["http://localhost:0/callback"],
    scope: [],
    pages: { success: () => "", error: () => "" },
    finish: () => Promise.resolve("anne"),
    host,
  });
  await follow(redirectOf(await authorizationUrl(await opened.promise), { code: CODE }));
  await result;
  assertEquals(stderr.text, "The browser is open: sign in there\nWaiting for you in the browser\nGetting the tokens\n");
});

Deno.test("signIn() takes the redirect URL from the terminal while the listener goes on", async () => {
  const keys = keyboard();
  const events: Begun["events"] = [];
  const { result, answers } = begin({
    host: testHost({ stdin: keys.stdin }),
    browser: "never",
    paste: true,
    onEvent: (event) => {
      events.push(event);
      if (event.type !== "url_to_open") return;
      const authorization = new URL(event.url);
      keys.type("hello\r");
      keys.type(`${redirectOf(authorization, { code: "other", state: "another" })}\r`);
      keys.type(`\x1b[200~${redirectOf(authorization, { code: CODE })}\x1b[201~\r`);
    },
  });
  assertEquals(await result, "anne");
  assertEquals(answers[0]?.code, CODE);
  assertEquals(events.map(({ type }) => type), [
    "url_to_open",
    "paste_hint",
    "waiting",
    "paste_refused",
    "paste_refused",
    "exchanging",
  ]);
  assertEquals(keys.raw, [true, false]);
  assertFalse(JSON.stringify(events.slice(1)).includes(CODE));
});

Deno.test("signIn() gives the terminal back when the browser comes first", async () => {
  const keys = keyboard();
  const waiting = Promise.withResolvers<void>();
  let url = "";
  const { result } = begin({
    host: testHost({ stdin: keys.stdin }),
    browser: "never",
    paste: true,
    onEvent: (event) => {
      if (event.type === "url_to_open") url = event.url;
      if (event.type === "waiting") waiting.resolve();
    },
  });
  await waiting.promise;
  assertEquals(keys.raw, [true]);
  await follow(redirectOf(new URL(url), { code: CODE }));
  assertEquals(await result, "anne");
  assertEquals(keys.raw, [true, false]);
});

Deno.test("signIn() rejects with interrupted at Ctrl-C in the terminal, and goes on after Ctrl-D", async () => {
  for (const [key, outcome] of [["\x03", "interrupted"], ["\x04", "sign_in_timed_out"]] as const) {
    const keys = keyboard();
    const stdin = keys.stdin;
    const timeout = outcome === "interrupted" ? 60_000 : 100;
    const { result } = begin({ host: testHost({ stdin }), browser: "never", paste: true, timeout });
    keys.type(key);
    await fails(result, outcome);
    assertEquals(keys.raw, [true, false]);
  }
});

Deno.test("signIn() puts no secret into events, debug lines or errors", async () => {
  const { result, startUrl, events, answers, debug } = begin({
    finish: (answer) => {
      answers.push(answer);
      throw new FiefError("authorization_code_rejected", "The server does not take the code", "Sign in again");
    },
  });
  const authorization = await authorizationUrl(await startUrl);
  await follow(redirectOf(authorization, { code: CODE }));
  const error = await fails(result, "authorization_code_rejected");
  const told = Deno.inspect([events, debug, error], { depth: 9, strAbbreviateSize: Infinity });
  assert(debug.length > 0);
  for (const secret of [CODE, answers[0]!.codeVerifier, answers[0]!.nonce, authorization.searchParams.get("state")!]) {
    assertFalse(told.includes(secret));
  }
});
