// The program with npm packages in its main thread, to see what the Worker costs.
import { cli } from "../../lib/cli/mod.ts";

if (import.meta.main) Deno.exit(await cli({ name: "fief-auth" }));
