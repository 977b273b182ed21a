/** Whether this machine has IPv6 on loopback. */
export function hasIPv6(): boolean {
  try {
    Deno.listen({ hostname: "::1", port: 0 }).close();
    return true;
  } catch {
    return false;
  }
}

/** Another place for each test file: they run side by side in one process. */
let next = 20_000 + crypto.getRandomValues(new Uint16Array(1))[0]! % 12_000;

/** A port that is free now, and that the system gives to nobody who asks for any: those are from 32768 up on Linux, from 49152 elsewhere. */
export function quietPort(): number {
  for (;;) {
    const port = next++;
    try {
      for (const hostname of hasIPv6() ? ["127.0.0.1", "::1"] : ["127.0.0.1"]) Deno.listen({ hostname, port }).close();
      return port;
    } catch {
      // taken
    }
  }
}
