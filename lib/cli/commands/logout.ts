import type { SignedOut } from "../../auth/sign_out.ts";
import { command } from "../command.ts";
import { momentInWords } from "../moments.ts";

/** `logout`: ends the session here and, where it can, on the server. */
export const logout = command({
  name: "logout",
  summary: "End the session and remove the tokens",
  description: ["The tokens are removed from the file whatever the server answers. The file keeps where to sign in."],
  examples: ["logout"],
  async run(context) {
    const { settings: { baseUrl, clientId }, output, host, signal } = context;
    const nobody = baseUrl === undefined || clientId === undefined; // whoever never signed in has no settings
    const result: SignedOut = nobody ? { server: "none" } : await context.auth.logout({ signal });
    const { server, detail, accessTokenExpiresAt } = result;
    const alive = accessTokenExpiresAt === undefined
      ? ""
      : ` The access token still works, and expires ${momentInWords(accessTokenExpiresAt, host.now())}.`;
    const text = {
      none: "Nobody was signed in.",
      ended: `Signed out.${alive}`,
      unsupported: `Signed out on this machine. The server has no way to end its session from here.${alive}`,
      failed: `Signed out on this machine. The session on the server may live on: ${detail}.${alive}`,
    }[server];
    const object = { server, detail: detail ?? null, access_token_expires_at: accessTokenExpiresAt ?? null };
    await output.result({ signed_out: true, ...object }, text);
  },
});
