// The provider that keeps the program waiting. Nothing here is shortened: in short one case runs, at full length all of them, at once.
import { figure, LONG } from "../support/stress.ts";
import { CASES, run } from "./fault_cases.ts";

const slow = CASES.filter(({ fault }) => fault.slow);
const some = LONG ? slow : slow.filter(({ fault, place }) => fault.name === "no answer at all" && place === "userinfo");

Deno.test(`${some.length} waits for a provider end within 10 s a request and 30 s in all`, async () => {
  const longest = await run(some, some.length);
  figure("faults that keep the program waiting", `${some.length}, the longest took ${Math.round(longest)} ms`);
});
