// Prints the exact permissions that a command line of the CLI needs, one a line: for `deno task start`.
import { appOf } from "../lib/cli/app.ts";
import { permissionFacts } from "../lib/cli/permission_facts.ts";
import { denoFlags } from "../lib/cli/permissions.ts";
import { FiefError } from "../lib/errors.ts";
import { realHost } from "../lib/host.ts";
import { VERSION } from "../lib/version.ts";

if (import.meta.main) {
  try {
    const facts = await permissionFacts(appOf({ name: "fief-auth" }, VERSION), Deno.args, realHost());
    for (const flag of denoFlags(facts)) console.log(flag);
  } catch (error) {
    // A command line that is wrong: the CLI says so, and needs nothing for it but to look at its variables.
    if (!(error instanceof FiefError)) throw error;
    console.log("--allow-env\n--allow-read=lib");
  }
}
