// The program: arguments in, exit status out. Nothing else lives here, and nothing else ends the process.
import { cli } from "./lib/cli/mod.ts";

if (import.meta.main) {
  const interrupt = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    if (signal === "SIGTERM" && Deno.build.os === "windows") continue; // Windows has none
    Deno.addSignalListener(signal, () => interrupt.abort(signal));
  }
  Deno.exit(await cli({ name: "fief-auth", signal: interrupt.signal }));
}
