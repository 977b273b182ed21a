import { duration } from "./process.ts";

/** Milliseconds that an empty program takes on a machine that has nothing else to do. */
const USUAL = 20;

/**
 * How much slower than usual this machine is at the moment, at least 1. Limits in milliseconds are meant for a machine that has nothing else
 * to do: what is measured is divided by this.
 */
export async function slowness(): Promise<number> {
  const empty = [Deno.execPath(), "eval", "-q", "--no-lock", "--no-config", ""];
  return Math.max(1, await duration(empty, {}) / USUAL);
}
