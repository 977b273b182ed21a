import { assertEquals, assertRejects } from "@std/assert";
import { FiefError } from "../../lib/errors.ts";
import { timeLimit } from "../../lib/signin/time_limit.ts";

Deno.test("timeLimit() lets work through that is done in time", async () => {
  using limit = timeLimit(60_000, undefined);
  assertEquals(await limit.race(() => Promise.resolve(1)), 1);
});

Deno.test("timeLimit() ends whatever is waited for, also what is begun later", async () => {
  using limit = timeLimit(1, undefined);
  for (let i = 0; i < 2; i++) {
    const error = await assertRejects(() => limit.race(() => new Promise(() => {})), FiefError);
    assertEquals(error.code, "sign_in_timed_out");
  }
});

Deno.test("timeLimit() does not end at once when the time is longer than a timer can take", async () => {
  using limit = timeLimit(2 ** 31 * 1000, undefined);
  const work = () => new Promise((resolve) => setTimeout(() => resolve("done"), 5)); // a timer of 1 ms would have fired
  assertEquals(await limit.race(work), "done");
});

Deno.test("timeLimit() begins nothing after an abort", async () => {
  using limit = timeLimit(60_000, AbortSignal.abort());
  let begun = false;
  const work = () => {
    begun = true;
    return Promise.resolve();
  };
  assertEquals((await assertRejects(() => limit.race(work), FiefError)).code, "interrupted");
  assertEquals(begun, false);
});
