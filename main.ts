// The program: arguments in, exit status out. Nothing else lives here, and nothing else ends the process.
import { start } from "./lib/cli/start.ts";

if (import.meta.main) Deno.exit(await start());
