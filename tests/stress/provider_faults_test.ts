// The provider at its worst: each fault of the table, wherever and whenever it can be met.
import { assert, assertEquals } from "@std/assert";
import { figure } from "../support/stress.ts";
import { CASES, run } from "./fault_cases.ts";
import { EVERYWHERE, MOMENTS } from "./faults/fault.ts";
import { FAULTS } from "./provider_faults.ts";

for (const place of EVERYWHERE) {
  for (const moment of MOMENTS[place]) {
    const some = CASES.filter((one) => one.place === place && one.moment === moment && !one.fault.slow);
    Deno.test(`a ${moment} that meets ${some.length} faults of the provider at ${place} ends with a word for each, and the old session is kept`, async () => {
      const longest = await run(some, 4);
      figure(`faults at ${place} during a ${moment}`, `${some.length}, the longest took ${Math.round(longest)} ms`);
    });
  }
}

Deno.test("the table has kinds of faults enough, each of them once, and each is met somewhere", () => {
  const names = FAULTS.flatMap(({ title, faults }) => faults.map(({ name }) => `${title}: ${name}`));
  assertEquals(names.length, new Set(names).size);
  assert(names.length >= 35);
  for (const fault of FAULTS.flatMap(({ faults }) => faults)) {
    assert(CASES.some((one) => one.fault === fault), fault.name);
  }
  figure("kinds of faults, and cases", `${names.length}, ${CASES.length}`);
});
