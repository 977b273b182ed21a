import { assertEquals } from "@std/assert";
import { describe, failureOf, isKeepable, isShallow, jsonObject, shown, waitHint } from "../../lib/provider/answer.ts";

const NOW = Date.UTC(2027, 0, 1);

function answer(status: number, headers: Record<string, string> = {}, text = "") {
  return { status, headers: new Headers(headers), text, receivedAt: NOW };
}

function nested(levels: number): string {
  return `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
}

const waits: [retryAfter: string, hint: string][] = [
  ["0", "Try again"],
  ["1", "Wait 1 s, then try again"],
  ["120", "Wait 120 s, then try again"],
  ["121", "Wait 3 minutes, then try again"],
  ["5400", "Wait 90 minutes, then try again"],
  ["5401", "Wait 2 hours, then try again"],
  ["129601", "Wait 2 days, then try again"],
  ["Fri, 01 Jan 2027 00:00:30 GMT", "Wait 30 s, then try again"],
  ["Fri, 01 Jan 2021 00:00:00 GMT", "Try again"],
  ["-5", "Wait a while, then try again"],
  ["1.5", "Wait a while, then try again"],
  ["soon", "Wait a while, then try again"],
  ["", "Wait a while, then try again"],
  ["99999999999999999999", "Wait a while, then try again"],
];
for (const [value, hint] of waits) {
  Deno.test(`waitHint() says "${hint}" when Retry-After is "${value}"`, () => {
    assertEquals(waitHint(answer(429, { "retry-after": value })), hint);
  });
}

Deno.test("waitHint() goes by the server's clock when Retry-After is a date", () => {
  const headers = { date: "Thu, 01 Jan 2015 00:00:00 GMT", "retry-after": "Thu, 01 Jan 2015 00:01:00 GMT" };
  assertEquals(waitHint(answer(503, headers)), "Wait 60 s, then try again");
});

const failures: [status: number, headers: Record<string, string>, code: string | undefined][] = [
  [200, { "retry-after": "5" }, undefined],
  [404, {}, undefined],
  [429, {}, "provider_busy"],
  [503, { "retry-after": "5" }, "provider_busy"],
  [503, { "retry-after": "soon" }, "provider_failed"],
  [503, {}, "provider_failed"],
  [500, { "retry-after": "5" }, "provider_failed"],
];
for (const [status, headers, code] of failures) {
  Deno.test(`failureOf() is ${code} when the status is ${status} with ${JSON.stringify(headers)}`, () => {
    assertEquals(failureOf(answer(status, headers), "keys")?.code, code);
  });
}

Deno.test("jsonObject() takes 64 levels and no more", () => {
  assertEquals(jsonObject({ text: nested(64) }) !== undefined, true);
  assertEquals(jsonObject({ text: nested(65) }), undefined);
  assertEquals(describe(answer(200, {}, nested(65))), "status 200 and JSON that is nested too deeply");
});

Deno.test("isShallow() ends at once, however deep a value is", () => {
  assertEquals(isShallow(JSON.parse(nested(100_000))), false);
});

Deno.test("isKeepable() counts characters as they are written, not as they came", () => {
  assertEquals(isKeepable({ a: "x".repeat(149_000) }), true);
  assertEquals(isKeepable({ a: "x".repeat(151_000) }), false);
  assertEquals(isKeepable(JSON.parse(`{"a":[${Array(20_000).fill("1e20")}]}`)), false);
});

Deno.test("shown() leaves out query and fragment, and all beyond 200 characters", () => {
  assertEquals(shown("https://example.fief.dev/token?secret=1#x"), "https://example.fief.dev/token");
  assertEquals(shown(`https://example.fief.dev/${"x".repeat(1_000)}`).length, 200);
});
