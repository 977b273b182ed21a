// The cases that the table of faults makes, and what must be so in each.
import { assert, assertEquals, assertFalse } from "@std/assert";
import { EXIT_STATUS, FiefError } from "../../lib/errors.ts";
import { meet, type Outcome } from "./fault_scene.ts";
import { type Fault, type Moment, MOMENTS, type Place, type Told } from "./faults/fault.ts";
import { FAULTS } from "./provider_faults.ts";

/** One fault, where and when it is met. */
export interface Case {
  fault: Fault;
  place: Place;
  moment: Moment;
}

/** The table, case by case. */
export const CASES: Case[] = FAULTS.flatMap(({ faults }) => faults).flatMap((fault) =>
  fault.at.flatMap((place) =>
    MOMENTS[place].filter((moment) => fault.during?.includes(moment) ?? true).map((moment) => ({
      fault,
      place,
      moment,
    }))
  )
);

/** An operation and its requests, and what a busy machine adds. */
const LIMITS = { request: 10_000, operation: 30_000, grace: 5_000 };

function check({ fault, place, moment }: Case, outcome: Outcome): void {
  const told = fault.told(place, moment);
  const { error, before, after, secrets } = outcome;
  const all = `${Deno.inspect(error, { depth: 9 })}\n${outcome.told}`;
  for (const secret of secrets) assertFalse(all.includes(secret), `"${secret}" was told: ${all}`);
  const files = moment === "validation" ? ["credentials.json"] : outcome.beside;
  assertFalse(files.some((name) => !/^credentials\.json(\.lock)?$/.test(name)), `left behind: ${files}`);
  assert(outcome.elapsed < LIMITS.operation + LIMITS.grace, `it took ${outcome.elapsed} ms`);
  if (!fault.slow) assert(outcome.elapsed < LIMITS.request, `it took ${outcome.elapsed} ms`);
  const asked = fault.asked?.(place, moment);
  if (asked !== undefined) assertEquals(outcome.asked, asked, "requests to the place");

  if (told === "works") {
    assertEquals(error, undefined);
    const { tokens, userinfo } = JSON.parse(after);
    if (moment === "login" || moment === "refresh") assertEquals(tokens.refresh_token, "s3cret-new-refresh");
    if (moment === "call") assertEquals(userinfo.asked, true);
    assert(outcome.readable, "nobody can read what was saved");
    return;
  }
  assert(error instanceof FiefError, `no named error: ${all}`);
  const { code, message, hint, exitStatus } = error;
  const plain = (text: string) => outcome.origins.reduce((text, origin) => text.replaceAll(origin, "SERVER"), text);
  assertEquals({ code, message: plain(message), hint: plain(hint) }, { ...told, hint: hintAt(moment, told) });
  assertEquals(exitStatus, EXIT_STATUS[told.code]);
  assert([3, 4, 5].includes(exitStatus), `exit status ${exitStatus}`);
  assertFalse(/\p{C}/u.test(message + hint), "more than a line");
  assert(message.length < 500 && hint !== "", "no line that anybody reads");
  if (code === "refresh_rejected") {
    // The server has said so: the session is over, and who they were is kept.
    assertEquals([JSON.parse(after).tokens, JSON.parse(after).userinfo], [null, { sub: "anne" }]);
  } else {
    assertEquals(after, before, "the old session is not what it was");
  }
}

/**
 * Meets them, so many at a time.
 *
 * @returns How long the longest took, in milliseconds.
 */
export async function run(some: Case[], at: number): Promise<number> {
  const queue = [...some];
  let longest = 0;
  const failures: string[] = [];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const outcome = await meet(next.fault, next.place, next.moment);
      longest = Math.max(longest, outcome.elapsed);
      try {
        check(next, outcome);
      } catch (error) {
        failures.push(`${next.fault.name}, at ${next.place}, during ${next.moment}: ${(error as Error).message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: at }, worker));
  assertEquals(failures.length, 0, failures.join("\n"));
  return longest;
}

/** After a refresh of which nobody knows whether it spent the token, there is a word about the session too. */
export function hintAt(moment: Moment, { code, hint }: Told): string {
  const unsure = moment === "refresh" && (code === "provider_unreachable" || code === "provider_failed");
  return unsure ? `${hint}. The session is kept: it goes on if the server still takes it` : hint;
}
