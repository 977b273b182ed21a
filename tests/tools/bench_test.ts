import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { askedFor } from "../../tools/bench.ts";
import { better, fastestRatio, inTurn, isMet, median, medianRatio } from "../../tools/bench/arithmetic.ts";
import { inWords, type Measurement, NotMeasured, report } from "../../tools/bench/measurement.ts";
import { duration, peakMemory } from "../../tools/bench/process.ts";

const effort = { rounds: 1, bytes: 1 };

Deno.test("median() is the value in the middle, whatever the order", () => {
  assertEquals(median([3, 1, 2]), 2);
  assertEquals(median([10, 9]), 10); // by their value, not by their text
  assertEquals(median([4]), 4);
  assertThrows(() => median([]), RangeError);
});

Deno.test("inTurn() runs all in each round, and gives what each took", async () => {
  let now = 0;
  const order: string[] = [];
  const program = (name: string) => () => Promise.resolve((order.push(name), ++now));
  assertEquals(await inTurn(3, [program("base"), program("ours")]), [[1, 3, 5], [2, 4, 6]]);
  assertEquals(order, ["base", "ours", "base", "ours", "base", "ours"]);
});

Deno.test("medianRatio() compares within a round: a machine that slows down changes nothing", () => {
  assertEquals(medianRatio([20, 40, 80], [10, 20, 40]), 2);
  assertEquals(medianRatio([20, 40, 900], [10, 20, 40]), 2); // once something got in between
});

Deno.test("fastestRatio() compares the runs that had to wait for nobody", () => {
  assertEquals(fastestRatio([90, 12, 70], [50, 80, 10]), 1.2);
});

Deno.test("isMet() takes the limit itself for kept, and a value that is no number for missed", () => {
  assertEquals([1.19, 1.2, 1.21, NaN].map((value) => isMet(value, { kind: "at most", value: 1.2 })), [
    true,
    true,
    false,
    false,
  ]);
  assertEquals([9.9, 10, 11, NaN].map((value) => isMet(value, { kind: "at least", value: 10 })), [
    false,
    true,
    true,
    false,
  ]);
  assertEquals(isMet(7, undefined), true);
});

Deno.test("better() is the smaller value where a limit is from above, the larger where it is from below", () => {
  assertEquals(better(1, 2, { kind: "at most", value: 1 }), 1);
  assertEquals(better(1, 2, { kind: "at least", value: 1 }), 2);
  assertEquals(better(1, 2, undefined), 1);
});

/** A measurement whose batches give these values. */
function batches(values: number[][], limit: number): Measurement {
  const left = [...values];
  const rows: Measurement["rows"] = [{ name: "fast", limit: { kind: "at most", value: limit } }, { name: "told" }];
  return { name: "test", about: "of the test", rows, measure: () => Promise.resolve(left.shift()!) };
}

Deno.test("report() measures once where all is well, and tells the value beside its limit", async () => {
  const told: string[] = [];
  assertEquals(await report(batches([[1.1, 3]], 1.2), effort, (line) => told.push(line)), {
    met: 1,
    missed: 0,
    notMeasured: 0,
  });
  assertEquals(told, ["test: of the test", "  fast  1.10 times  (at most 1.2)", "  told  3.00 times", ""]);
});

Deno.test("report() measures again where a limit is missed, and takes the best of three", async () => {
  const told: string[] = [];
  const outcome = await report(batches([[1.5, 3], [1.15, 4], [9, 9]], 1.2), effort, (line) => told.push(line));
  assertEquals(outcome, { met: 1, missed: 0, notMeasured: 0 });
  assertEquals(told.slice(1), ["  fast  1.15 times  (at most 1.2)", "  told  3.00 times", "  best of 2 batches\n"]);
});

Deno.test("report() says aloud what is missed three times", async () => {
  const told: string[] = [];
  const outcome = await report(batches([[1.5, 3], [1.3, 4], [1.4, 5]], 1.2), effort, (line) => told.push(line));
  assertEquals(outcome, { met: 0, missed: 1, notMeasured: 0 });
  assertEquals(told[1], "  fast  1.30 times  (at most 1.2: NOT MET)");
});

Deno.test("report() says what could not be measured and why, and takes no other failure for that", async () => {
  const told: string[] = [];
  const failing = (error: Error): Measurement => ({ ...batches([], 1), measure: () => Promise.reject(error) });
  const outcome = await report(failing(new NotMeasured("there is no curl")), effort, (line) => told.push(line));
  assertEquals(outcome, { met: 0, missed: 0, notMeasured: 1 });
  assertEquals(told[1], "  not measured: there is no curl\n");
  await assertRejects(() => report(failing(new Error("broken")), effort, () => {}), Error, "broken");
});

Deno.test("inWords() has no digits behind the point for milliseconds and requests", () => {
  assertEquals(inWords(35.4, { name: "", unit: "ms", limit: { kind: "at most", value: 60 } }), "35 ms  (at most 60)");
});

Deno.test("askedFor() reads rounds and names, and refuses a name that is none", () => {
  const [one, two] = [batches([], 1), { ...batches([], 1), name: "other" }];
  assertEquals(askedFor([], [one, two]), { effort: { rounds: 40, bytes: 1e9 }, measurements: [one, two] });
  assertEquals(askedFor(["5", "other"], [one, two]), { effort: { rounds: 5, bytes: 2e8 }, measurements: [two] });
  for (const wrong of [["nothing"], ["5", "6"], ["0"]]) assertThrows(() => askedFor(wrong, [one, two]), RangeError);
});

Deno.test("duration() and peakMemory() fail where the program does", async () => {
  const failing = [Deno.execPath(), "eval", "Deno.exit(3)"];
  await assertRejects(() => duration(failing, {}), Error);
  await assertRejects(() => peakMemory(failing, {}), Error);
});

Deno.test("peakMemory() counts memory that was held for a moment only", async () => {
  const [small, large] = [
    await peakMemory([Deno.execPath(), "eval", "0"], {}),
    await peakMemory([Deno.execPath(), "eval", "new Uint8Array(100_000_000).fill(1)"], {}),
  ];
  assertEquals(large > 1.5 * small, true, `${small} and ${large}`);
});
