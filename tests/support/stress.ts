// Tests under pressure run in the normal suite in short, and at full length in `deno task test:stress`. CI runs them at full length only: with
// FIEF_AUTH_STRESS=apart the normal suite leaves them out.

/** Whether this is `deno task test:stress`. */
export const LONG = Deno.env.get("FIEF_AUTH_STRESS") === "long";

/** How many there are to be: few in the normal suite, as many as were promised at full length. */
export function sized(short: number, long: number): number {
  return LONG ? long : short;
}

/** Prints what was measured. The figures in docs/security.md are such lines of a run at full length. */
export function figure(what: string, value: string | number): void {
  console.log(`figure: ${what}: ${value}`);
}
