import { FiefError } from "../../errors.ts";
import { bearerToken } from "../bearer.ts";
import { command } from "../command.ts";
import { SUMMARIES } from "../summaries.ts";

/** `exec`: a program that has the token in its environment. */
export const exec = command({
  name: "exec",
  summary: SUMMARIES.exec,
  description: [
    "CMD runs with standard input, output and error as they are, and its exit status is the status; where a signal ends it, 128 and the signal's number. SIGINT, SIGTERM, SIGHUP and SIGQUIT are handed on to it; what a terminal's keys send reaches it by itself. All words after CMD are its own.",
    "Failures of exec itself have status 125, nobody signed in included; 126 is a CMD that cannot be run, 127 one that was not found.",
    "The token is not renewed while CMD runs: ask for a long life with --min-valid, or let CMD call token.",
  ],
  options: {
    env: {
      kind: "texts",
      value: "NAME",
      help: "Set this variable in place of the usual one (FIEF_ACCESS_TOKEN); may be repeated",
    },
    "min-valid": { kind: "seconds", value: "S", help: "Refresh first unless the token lives this many seconds" },
  },
  arguments: [{ name: "CMD", help: "the program, by its name or path, and its arguments", rest: true }],
  examples: [
    "exec -- ./deploy.sh --region eu",
    "exec --env PGPASSWORD -- psql -h db.example.com -U anne",
    "exec --min-valid 600 -- ./backup.sh",
  ],
  acceptsAccessToken: true,
  failureStatus: 125,
  async run(context) {
    const { app, args: [program, ...args], options, host, signal, takeSignals } = context;
    const names = options.env.length > 0 ? options.env : [`${app.environmentPrefix}_ACCESS_TOKEN`];
    for (const name of names) assertVariable(name);
    const { access_token } = await bearerToken(context, options["min-valid"]);
    const { runProgram } = await import("../program.ts");
    signal.throwIfAborted();
    const variables = Object.fromEntries(names.map((name) => [name, access_token]));
    host.debug?.(`starts "${program}" with ${args.length} arguments, and the token in ${names.join(", ")}`);
    const status = await runProgram(program!, args, variables, takeSignals);
    host.debug?.(`"${program}" has ended with status ${status}`);
    return status;
  },
});

/** POSIX.1-2024, Base Definitions, section 8.1. */
function assertVariable(name: string): void {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return;
  throw new FiefError(
    "usage_invalid",
    `"${name}" is no name for a variable`,
    "Use letters, digits and underscores: --env API_TOKEN",
  );
}
