import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { FiefError } from "../../lib/errors.ts";
import type { SignInOptions } from "../../lib/signin/authorize.ts";
import { testHost } from "../support/host.ts";
import { authorizationUrl, begin, fakeProvider, follow, get, isClosed, ISSUER, redirectOf } from "./fakes.ts";
import { keyboard } from "./keyboard.ts";

/** A sign-in that asks once more after its first answer, "first"; the second one is "second". */
function asking(parts: Partial<SignInOptions<string>> = {}) {
  const extras: Record<string, string>[] = [];
  const { authUrl } = fakeProvider();
  let finished = 0;
  const begun = begin({
    provider: fakeProvider({
      authUrl: (redirectUri, parameters) => {
        extras.push(parameters.extrasParams ?? {});
        return authUrl(redirectUri, parameters);
      },
    }),
    extrasParams: { acr_values: "1" },
    finish: () => Promise.resolve(["first", "second"][finished++]!),
    followUp: (result) => result === "first" ? { parameters: { prompt: "consent" }, reason: "why" } : undefined,
    ...parts,
  });
  return { ...begun, extras };
}

/** Where the browser is sent after the first answer. */
async function secondRequest(first: URL): Promise<URL> {
  const { status, headers } = await get(redirectOf(first, { code: "one" }));
  assertEquals(status, 303);
  return new URL(headers.get("location")!);
}

Deno.test("signIn() asks once more in the same tab, with a state, a nonce and a challenge of their own", async () => {
  const { startUrl, result, events, extras } = asking();
  const start = await startUrl;
  const first = await authorizationUrl(start);
  const second = await secondRequest(first);
  assertEquals([second.origin, extras.at(-1)], [ISSUER, { acr_values: "1", prompt: "consent" }]);
  for (const name of ["state", "nonce", "code_challenge"]) {
    assertNotEquals(second.searchParams.get(name), first.searchParams.get(name), name);
  }
  // What has been answered is over, and so is the one-time address.
  assertEquals((await get(redirectOf(first, { code: "one" }))).status, 400);
  assertEquals((await get(start)).status, 410);
  assertMatch((await follow(redirectOf(second, { code: "two" }))).text, /success<\/title>second/);
  assertEquals(await result, "second");
  assert(events.some((event) => event.type === "asking_again" && event.reason === "why"));
  assert(await isClosed(start));
});

Deno.test("signIn() does not ask a third time", async () => {
  const { startUrl, result } = asking({ followUp: () => ({ parameters: { prompt: "consent" }, reason: "why" }) });
  const second = await secondRequest(await authorizationUrl(await startUrl));
  assertMatch((await follow(redirectOf(second, { code: "two" }))).text, /success/);
  assertEquals(await result, "second");
});

const failures: [name: string, answer: Record<string, string>, finish?: () => Promise<string>][] = [
  ["is denied", { error: "access_denied" }],
  ["is answered with an error", { error: "server_error" }],
  ["is answered without a code", {}],
  ["gets no tokens", { code: "two" }, () => Promise.reject(new FiefError("provider_failed", "That failed", "Wait"))],
];
for (const [name, answer, failing] of failures) {
  Deno.test(`signIn() gives what there was when the second request ${name}, and tells the browser and the user so`, async () => {
    let finished = 0;
    const finish = () => finished++ === 0 || failing === undefined ? Promise.resolve("first") : failing();
    const { startUrl, result, events } = asking({ finish });
    const second = await secondRequest(await authorizationUrl(await startUrl));
    assertMatch((await follow(redirectOf(second, answer))).text, /success<\/title>first/);
    assertEquals(await result, "first");
    assert(events.some((event) => event.type === "notice" && /^What is signed in stays/.test(event.message)));
  });
}

Deno.test("signIn() gives what there was when nobody answers the second request in time", async () => {
  const { startUrl, result } = asking({ timeout: 1_500 });
  await secondRequest(await authorizationUrl(await startUrl));
  assertEquals(await result, "first");
});

Deno.test("signIn() ends with interrupted while it asks once more", async () => {
  const controller = new AbortController();
  const { startUrl, result } = asking({ signal: controller.signal });
  const start = await startUrl;
  await secondRequest(await authorizationUrl(start));
  controller.abort();
  assertEquals((await assertRejects(() => result, FiefError)).code, "interrupted");
  assert(await isClosed(start));
});

Deno.test("signIn() prints the second address where the first answer was pasted, and takes the second one pasted too", async () => {
  const keys = keyboard();
  const urls: ((url: URL) => void)[] = [];
  const [first, second] = [1, 2].map(() => new Promise<URL>((resolve) => urls.push(resolve)));
  const { result, events } = asking({
    host: testHost({ stdin: keys.stdin }),
    browser: "never",
    paste: true,
    onEvent: (event) => {
      events.push(event);
      if (event.type === "url_to_open") urls.shift()!(new URL(event.url));
    },
  });
  keys.type(`${redirectOf(await first!, { code: "one" })}\r`);
  keys.type(`${redirectOf(await second!, { code: "two" })}\r`);
  assertEquals(await result, "second");
  assertEquals(keys.raw, [true, false, true, false]);
});
