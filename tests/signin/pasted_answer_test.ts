import { assertEquals, assertFalse } from "@std/assert";
import type { SignInEvent } from "../../lib/signin/events.ts";
import { answerIn } from "../../lib/signin/pasted_answer.ts";

const REDIRECT_URI = "http://localhost:51562/callback";
const STATE = "s".repeat(43);

async function* those(...lines: string[]): AsyncGenerator<string> {
  yield* lines;
}

for (
  const line of [
    `${REDIRECT_URI}?code=c&state=${STATE}`,
    `localhost:51562/callback?code=c&state=${STATE}`,
    `HTTP://LOCALHOST:51562/callback?state=${STATE}&code=c#`,
  ]
) {
  Deno.test(`answerIn() takes ${line.replace(STATE, "STATE")}`, async () => {
    const answer = await answerIn(those(line), REDIRECT_URI, STATE, () => {});
    assertEquals(answer?.parameters.get("code"), "c");
    await answer?.respond("a page that nobody sees");
  });
}

const wrong: [name: string, line: string, detail: string][] = [
  ["words", "what now? secret", `the address begins with ${REDIRECT_URI}`],
  ["a code alone", "secret", `the address begins with ${REDIRECT_URI}`],
  ["another port", `http://localhost:1/callback?code=secret&state=${STATE}`, `the address begins with ${REDIRECT_URI}`],
  ["another path", `http://localhost:51562/?code=secret&state=${STATE}`, `the address begins with ${REDIRECT_URI}`],
  ["https", `https://localhost:51562/callback?code=secret&state=${STATE}`, `the address begins with ${REDIRECT_URI}`],
  ["another server", "https://evil.example/secret", `the address begins with ${REDIRECT_URI}`],
  ["another scheme", "javascript:alert('secret')", `the address begins with ${REDIRECT_URI}`],
  ["another state", `${REDIRECT_URI}?code=secret&state=${"t".repeat(43)}`, "it belongs to another sign-in"],
  ["two states", `${REDIRECT_URI}?code=secret&state=${STATE}&state=${STATE}`, "it belongs to another sign-in"],
  ["no state", `${REDIRECT_URI}?code=secret`, "it is not the whole address, copy all of it"],
];
for (const [name, line, detail] of wrong) {
  Deno.test(`answerIn() refuses ${name} without showing it, and goes on`, async () => {
    const events: SignInEvent[] = [];
    const lines = those(line, `${REDIRECT_URI}?code=c&state=${STATE}`);
    const answer = await answerIn(lines, REDIRECT_URI, STATE, (event) => events.push(event));
    assertEquals(answer?.parameters.get("code"), "c");
    assertEquals(events, [{ type: "paste_refused", detail }]);
    assertFalse(JSON.stringify(events).includes("secret"));
  });
}

Deno.test("answerIn() is undefined when the lines come to an end", async () => {
  assertEquals(await answerIn(those("a"), REDIRECT_URI, STATE, () => {}), undefined);
});
