import type { EndedBrowserSession, SignedOut } from "../../auth/sign_out.ts";
import { FiefError } from "../../errors.ts";
import { BROWSER_OPTIONS, browserChoiceOf } from "../browser_choice.ts";
import { command } from "../command.ts";
import { SUMMARIES } from "../summaries.ts";
import { momentInWords } from "../moments.ts";

/** `logout`: ends the session here and, where it can, on the server. */
export const logout = command({
  name: "logout",
  summary: SUMMARIES.logout,
  description: [
    "The tokens are removed from the file whatever the server answers, and what is still alive is said. The file keeps where to sign in.",
    "The server ends the session where it can revoke tokens (RFC 7009), and where it is a Fief server. The browser goes on being signed in at the server: --browser-session ends that too, on a page of the server, which asks you first.",
  ],
  options: {
    "browser-session": { kind: "flag", help: "End the browser's session with the server too" },
    ...BROWSER_OPTIONS,
  },
  examples: ["logout", "logout --browser-session"],
  async run(context) {
    const { app, options, settings: { baseUrl, clientId }, output, host, signal } = context;
    const browserSession = options["browser-session"];
    const browser = browserChoiceOf(options);
    if (browser !== "auto" && !browserSession) {
      throw new FiefError(
        "usage_invalid",
        "Without --browser-session no browser is needed",
        `To end its session too: ${app.name} logout --browser-session`,
      );
    }
    const nobody = baseUrl === undefined || clientId === undefined; // whoever never signed in has no settings
    const result: SignedOut = nobody
      ? { server: "none" }
      : await context.auth.logout({ signal, browserSession, browser });
    const { server, detail, accessTokenExpiresAt, sessionExpiresAt } = result;
    const object = {
      server,
      detail: detail ?? null,
      access_token_expires_at: accessTokenExpiresAt ?? null,
      session_expires_at: sessionExpiresAt ?? null,
      browser_session: result.browserSession ?? null,
    };
    const lines = [sessionInWords(result, host.now())];
    if (result.browserSession) lines.push(browserInWords(result.browserSession));
    else if (server === "unsupported") lines.push(`To end it in the browser: ${app.name} logout --browser-session`);
    await output.result({ signed_out: true, ...object }, lines.join("\n"));
  },
});

/** What became of the session, and what is still alive until when. */
function sessionInWords({ server, detail, accessTokenExpiresAt, sessionExpiresAt }: SignedOut, now: number): string {
  const session = sessionExpiresAt === undefined
    ? "Nobody has said until when."
    : `It expires there ${momentInWords(sessionExpiresAt, now)}.`;
  const accessToken = accessTokenExpiresAt === undefined
    ? ""
    : ` The access token still works, and expires ${momentInWords(accessTokenExpiresAt, now)}.`;
  switch (server) {
    case "none":
      return "Nobody was signed in.";
    case "ended":
      return `Signed out.${accessToken}`;
    case "unsupported":
      return `Signed out on this machine. The server has no way to end its session from here: it lives on. ${session}${accessToken}`;
    case "failed":
      return `Signed out on this machine. The session on the server may live on: ${detail}. ${session}${accessToken}`;
  }
}

function browserInWords({ opened, url, reason }: EndedBrowserSession): string {
  if (opened) return "The browser is open: end its session there.";
  if (url === undefined) return `The browser's session goes on: ${reason}.`;
  return `Open this address to end the browser's session (${reason}):\n\n${url}\n`;
}
