import type { Host } from "../host.ts";

/** A variable; `undefined` as well where Deno does not allow reading it: no sign-in fails for that. */
export function variable(host: Pick<Host, "env">, name: string): string | undefined {
  try {
    return host.env(name);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

/** Whether Deno does not allow reading a variable. */
export function isRefused(host: Pick<Host, "env">, name: string): boolean {
  try {
    host.env(name);
    return false;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return true;
    throw error;
  }
}
