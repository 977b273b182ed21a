import { displayName } from "../../auth/session.ts";
import { command } from "../command.ts";
import { SUMMARIES } from "../summaries.ts";

/** `hello`: the example of Fief's documentation. */
export const hello = command({
  name: "hello",
  summary: SUMMARIES.hello,
  options: {
    refresh: { kind: "flag", help: "Ask the server who it is, and keep the answer" },
  },
  examples: ["hello"],
  async run({ auth, options, output, signal }) {
    const userinfo = await auth.currentUser({ refresh: options.refresh, signal });
    const greeting = `Hello, ${displayName(userinfo)}`;
    await output.result({ greeting, sub: userinfo.sub, email: userinfo.email ?? null }, greeting);
  },
});
