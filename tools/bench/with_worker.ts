// The program as it is, without the short way of a cached token.
import { cli } from "../../lib/cli/mod.ts";

if (import.meta.main) Deno.exit(await cli({ name: "fief-auth", isolated: true }));
