import { assert, assertEquals, assertFalse } from "@std/assert";
import { countdown } from "../lib/countdown.ts";

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

Deno.test("countdown() calls back once, when its time is over and not before", async () => {
  const started = performance.now();
  let calls = 0;
  await new Promise<void>((resolve) =>
    countdown(1_200, () => {
      calls++;
      resolve();
    })
  );
  const taken = performance.now() - started;
  assert(taken >= 1_190, `${taken} ms`); // a timer may be a moment early
  assertEquals(calls, 1);
});

Deno.test("countdown() that is ended never calls back", async () => {
  let called = false;
  const end = countdown(50, () => called = true);
  end();
  await sleep(120);
  assertFalse(called);
});

Deno.test("countdown() leaves a process that was stopped time to look at what has come meanwhile", async () => {
  const seen: string[] = [];
  const over = new Promise<void>((resolve) =>
    countdown(300, () => {
      seen.push("over");
      resolve();
    })
  );
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const there = listener.accept();
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
  using other = await there;
  const answer = connection.read(new Uint8Array(10)).then(() => seen.push("answer"));
  await other.write(new Uint8Array(1));
  for (const started = performance.now(); performance.now() - started < 1_500;); // nothing else runs
  await over;
  assertEquals(seen, ["answer", "over"]);
  await answer;
});
