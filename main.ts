// The program: arguments in, exit status out. Nothing else lives here, and nothing else ends the process.
import { cli } from "./lib/cli/mod.ts";

if (import.meta.main) Deno.exit(await cli({ name: "fief-auth" }));
