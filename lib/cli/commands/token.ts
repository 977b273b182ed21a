import { FiefError } from "../../errors.ts";
import { bearerToken } from "../bearer.ts";
import { command } from "../command.ts";
import { SUMMARIES } from "../summaries.ts";

/** `token`: for scripts and other programs. */
export const token = command({
  name: "token",
  summary: SUMMARIES.token,
  description: [
    "The token is refreshed first where it is about to expire. Any number of processes may ask at once.",
    "With --json: access_token, token_type, expires_at (seconds since 1970), expires_in and scope; null where nothing tells.",
  ],
  options: {
    "min-valid": { kind: "seconds", value: "S", help: "Refresh first unless the token lives this many seconds" },
    header: { kind: "flag", help: "Print it as a header, for curl -H @- say: Authorization: Bearer ..." },
  },
  examples: [
    "token",
    "token --min-valid 600",
    "token --json",
    "token --header",
  ],
  acceptsAccessToken: true,
  async run(context) {
    const { options, output, host } = context;
    if (options.header && output.json) {
      throw new FiefError("usage_invalid", "--header and --json exclude each other", "Give one of the two");
    }
    const { access_token, token_type, expires_at, scope } = await bearerToken(context, options["min-valid"]);
    const object = {
      access_token,
      token_type,
      expires_at: expires_at ?? null,
      expires_in: expires_at === undefined ? null : Math.max(0, Math.floor(expires_at - host.now() / 1000)),
      scope: scope ?? null,
    };
    await output.result(object, options.header ? `Authorization: Bearer ${access_token}` : access_token);
  },
});
