import { command } from "../command.ts";

/** `token`: for scripts and other programs. */
export const token = command({
  name: "token",
  summary: "Print an access token that works, and nothing else",
  description: ["The token is refreshed first where it is about to expire. Any number of processes may ask at once."],
  options: {
    "min-valid": { kind: "seconds", value: "S", help: "Refresh first unless the token lives this many seconds" },
  },
  examples: ["token", "token --min-valid 600", "token --json"],
  acceptsAccessToken: true,
  async run(context) {
    const { accessToken, options, output, signal } = context;
    if (accessToken !== undefined) return await output.result({ access_token: accessToken }, accessToken);
    const minValid = options["min-valid"];
    const working = await context.auth.accessToken({ signal, ...(minValid === undefined ? {} : { minValid }) });
    await output.result({ access_token: working }, working);
  },
});
