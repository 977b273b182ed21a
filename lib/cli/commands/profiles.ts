import { FiefError } from "../../errors.ts";
import { command } from "../command.ts";
import { SUMMARIES } from "../summaries.ts";

/** What can be done with profiles. */
const ACTIONS = ["list", "use", "remove"];

/** `profiles`: several accounts side by side. */
export const profiles = command({
  name: "profiles",
  summary: SUMMARIES.profiles,
  description: [
    "A profile is a session of its own: one account at one server. login --profile NAME makes one; --profile NAME uses it once, profiles use NAME from then on. The one that everybody has is called default.",
    "Nothing is shared between them. A profile that is signed in, or in use, is removed with --force only; logout ends its session on the server, remove does not.",
  ],
  options: {
    force: { kind: "flag", help: "Remove it although it is signed in or in use" },
  },
  arguments: [
    { name: "ACTION", help: "list (where nothing is given), use or remove", optional: true, values: ACTIONS },
    { name: "NAME", help: "Name of the profile; at a terminal you can choose one", optional: true, values: "profiles" },
  ],
  examples: ["profiles", "profiles use work", "profiles remove old --force"],
  withoutSession: true,
  async run(context) {
    const { app, args: [action = "list", name], options } = context;
    if (options.force && action !== "remove") throw misused(`"${action}" does not take --force`, app.name);
    if (action === "list" && name !== undefined) throw misused(`"list" does not take "${name}"`, app.name);
    if (!ACTIONS.includes(action)) {
      throw misused(`"profiles" cannot "${action}", only ${ACTIONS.join(", ")}`, app.name);
    }
    const { list, remove, use } = await import("../profile_actions.ts");
    if (action === "list") return await list(context);
    return await (action === "use" ? use(context, name) : remove(context, name, options.force));
  },
});

function misused(message: string, name: string): FiefError {
  return new FiefError("usage_invalid", message, `See: ${name} profiles --help`);
}
