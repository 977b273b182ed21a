import { readable } from "../../readable.ts";
import { command } from "../command.ts";
import { SUMMARIES } from "../summaries.ts";

/** `whoami`: all that is known about the user. */
export const whoami = command({
  name: "whoami",
  summary: SUMMARIES.whoami,
  options: {
    refresh: { kind: "flag", help: "Ask the server for them, and keep the answer" },
  },
  examples: ["whoami", "whoami --refresh --json"],
  async run({ auth, options, output, signal }) {
    const userinfo = await auth.currentUser({ refresh: options.refresh, signal });
    const width = Math.max(...Object.keys(userinfo).map((claim) => claim.length));
    const lines = Object.entries(userinfo).map(([claim, value]) => {
      return `${readable(claim).padEnd(width)}  ${typeof value === "string" ? readable(value) : JSON.stringify(value)}`;
    });
    await output.result(userinfo, lines.join("\n"));
  },
});
