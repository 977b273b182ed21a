// Prints the exact permissions that a command line of the CLI needs, one a line: for `deno task start`.
import { appOf } from "../lib/cli/app.ts";
import { permissionFacts } from "../lib/cli/permission_facts.ts";
import { denoFlags } from "../lib/cli/permissions.ts";
import { FiefError } from "../lib/errors.ts";
import { realHost } from "../lib/host.ts";
import { VERSION } from "../lib/version.ts";

const SOURCES = new URL("../lib", import.meta.url).pathname;

if (import.meta.main) {
  try {
    const facts = await permissionFacts(appOf({ name: "fief-auth" }, VERSION), Deno.args, realHost());
    for (const flag of denoFlags(facts)) console.log(flag);
  } catch (error) {
    // A command line, settings or a file that are wrong: the CLI says so with what `status` takes.
    if (!(error instanceof FiefError)) throw error;
    const facts = { command: "status", environmentPrefix: "FIEF", os: Deno.build.os, sources: [SOURCES] };
    for (const flag of denoFlags(facts)) console.log(flag);
  }
}
