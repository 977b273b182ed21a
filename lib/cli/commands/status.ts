import { assertOwn, displayName, expiryOf, grantedScope, outlivesItself, type Session } from "../../auth/session.ts";
import { tellSession } from "../../auth/told.ts";
import { readCredentials } from "../../credentials/read.ts";
import { FiefAuthNotAuthenticatedError, type FiefError } from "../../errors.ts";
import { normalizeBaseUrl } from "../../provider/base_url.ts";
import { readable } from "../../readable.ts";
import { variable } from "../../signin/environment.ts";
import type { App } from "../app.ts";
import { command } from "../command.ts";
import { SUMMARIES } from "../summaries.ts";
import { isoMoment, momentInWords } from "../moments.ts";
import { hintFor, sessionOption } from "../output.ts";
import { type Settings, unknownServer } from "../settings.ts";

/** `status`: what the file says, without asking anybody. */
export const status = command({
  name: "status",
  summary: SUMMARIES.status,
  description: ["The exit status is 0 where somebody is signed in, and 3 where nobody is."],
  examples: ["status", "status --json"],
  async run({ app, files, settings, output, host }) {
    const credentials = await readCredentials(settings.credentialsPath, host);
    tellSession(credentials, host);
    // Settings that name another server or client than the file do not make its session theirs.
    const { baseUrl, clientId } = settings;
    if (baseUrl !== undefined && clientId !== undefined) {
      assertOwn(credentials, { baseUrl: normalizeBaseUrl(baseUrl), clientId });
    }
    const session = credentials?.tokens ? credentials as Session : undefined;
    const isUnknown = session !== undefined && outlivesItself(session, host.now());
    const expiresAt = session && !isUnknown ? expiryOf(session) : undefined;
    const renewable = Boolean(session?.tokens.refresh_token);
    const expired = expiresAt !== undefined && expiresAt <= host.now() / 1000;
    const signedIn = session !== undefined && (renewable || !expired);
    const user = credentials?.userinfo ?? null;
    const scope = (session ? grantedScope(session) : credentials?.fief_auth?.scope) ?? null;
    const object = {
      signed_in: signedIn,
      user: user && { sub: user.sub, email: user.email ?? null },
      base_url: settings.baseUrl ?? null,
      client_id: settings.clientId ?? null,
      scope,
      profile: settings.profile ?? null,
      access_token_expires_at: expiresAt ?? null,
      access_token_expires: expiresAt === undefined ? null : isoMoment(expiresAt) ?? null,
      access_token_expired: expired,
      refreshable: renewable,
      credentials: settings.credentialsPath,
    };
    const until = expiresAt === undefined ? "unknown" : momentInWords(expiresAt, host.now());
    const expiry = isUnknown
      ? "not known until when: the clock of this machine was put back since"
      : `${expired ? "expired" : "expires"} ${until}`;
    const lines = signedIn
      ? [
        `Signed in as ${user ? displayName(user) : "an unnamed user"}`,
        `Server        ${settings.baseUrl ?? "unknown"}`,
        `Client        ${settings.clientId ?? "unknown"}`,
        `Scopes        ${scope ?? "unknown"}`,
        `Access token  ${expiry}${renewable ? ", refreshed when needed" : ", cannot be refreshed"}`,
        `File          ${settings.credentialsPath}`,
      ]
      : [
        user ? `Not signed in: the session of ${displayName(user)} has ended` : "Not signed in",
        ...(settings.baseUrl ? [`Server        ${settings.baseUrl}`] : []),
        ...(session ? [`Access token  ${expiry}, cannot be refreshed`] : []),
        `File          ${settings.credentialsPath}`,
      ];
    await output.result(object, lines.map(readable).join("\n")); // a part of it comes from a server
    const name = `${app.environmentPrefix}_ACCESS_TOKEN`;
    if (variable(host, name) !== undefined) {
      output.message(`${name} is set: token, call-api, exec and credential use it in place of this session`);
    }
    if (!signedIn) output.message(hintFor(nobody(app, settings), app.name, sessionOption(files)));
    return signedIn ? 0 : 3;
  },
});

/** What any other command would say. */
function nobody(app: App, settings: Settings): FiefError {
  const { baseUrl, clientId } = settings;
  return baseUrl === undefined || clientId === undefined
    ? unknownServer(app, "status", settings)
    : new FiefAuthNotAuthenticatedError();
}
