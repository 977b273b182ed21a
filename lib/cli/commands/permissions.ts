import { command } from "../command.ts";
import { SUMMARIES } from "../summaries.ts";

/** `permissions`: what to allow Deno, for each command and why. */
export const permissions = command({
  name: "permissions",
  summary: SUMMARIES.permissions,
  description: [
    "The flags are for exactly this command line, in this environment and with this credentials file: paths, hosts with their ports, variables, programs. They come in one line, as words for a shell. Without COMMAND: what each command needs, and why.",
    "The hosts are those of the base URL and of the endpoints in the credentials file. Before the first sign-in, a server whose endpoints are at other hosts has to be asked for them: --ask-server.",
  ],
  options: {
    "ask-server": { kind: "flag", help: "Ask the server for its metadata, and add the hosts of its endpoints" },
  },
  arguments: [
    {
      name: "COMMAND",
      help: "a command of this program, with its options and arguments",
      optional: true,
      values: "commands",
      rest: true,
    },
  ],
  examples: [
    "permissions token",
    "permissions login --base-url https://example.fief.dev",
    "permissions --ask-server login",
    "permissions call-api https://api.example.com/castles",
    "permissions --json",
  ],
  looksForItself: true,
  async run({ app, args, files, options, host, output }) {
    const { permissionsOfAll, permissionsOfOne } = await import("../permission_report.ts");
    const scene = { app, files, host, asksServer: options["ask-server"] };
    const { object, text, notices = [] } = args.length > 0
      ? await permissionsOfOne(scene, args)
      : await permissionsOfAll(scene);
    await output.result(object, text);
    for (const notice of notices) output.message(notice);
  },
});
