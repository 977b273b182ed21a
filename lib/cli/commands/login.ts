import { previousOf } from "../../auth/previous.ts";
import { displayName, expiryOf } from "../../auth/session.ts";
import type { AuthorizeOptions } from "../../auth.ts";
import { readCredentials } from "../../credentials/read.ts";
import { FiefError } from "../../errors.ts";
import { variable } from "../../signin/environment.ts";
import type { SignInEvent } from "../../signin/events.ts";
import { BROWSER_OPTIONS, browserChoiceOf } from "../browser_choice.ts";
import { command } from "../command.ts";
import { originOf } from "../origin.ts";
import { SUMMARIES } from "../summaries.ts";

/** When the user has been told where to go. */
const INVITED: SignInEvent["type"][] = ["browser_opened", "url_to_open", "code_to_enter"];

/** `login`: a whole sign-in. */
export const login = command({
  name: "login",
  summary: SUMMARIES.login,
  description: [
    "Opens the browser at the server's sign-in page, and waits until you come back.",
    "Where no browser can open (no display, SSH, CI), or with --device, it prints an address and a code, and on a terminal with room a QR code of both: open it anywhere, enter the code, and allow it. Enter only codes that you have asked for yourself. Where the server offers no such sign-in, or with --no-browser, it prints the address of the sign-in page, and takes the address that the browser ends at as an answer: paste it.",
    'With --json the code is one line on standard error: {"device_authorization": {"server", "user_code", "verification_uri", "verification_uri_complete", "expires_in"}}; the server need not give the fourth.',
    "Base URL, client id, scopes and API origins are kept: give them once. Other scopes take the place of those that are kept; --scope openid leaves none.",
  ],
  options: {
    "base-url": { kind: "text", value: "URL", help: "Base URL of the server, the tenant's path included" },
    "client-id": { kind: "text", value: "ID", help: "Client id of a public client there" },
    scope: {
      kind: "texts",
      value: "S",
      help: "Ask for this scope too; may be repeated (the scopes of the last sign-in)",
    },
    "no-offline": {
      kind: "flag",
      help: "Do not ask for offline access, for users and clients that may not have it; the session may end sooner",
    },
    switch: { kind: "flag", help: "Sign in as somebody else: the server asks who, although the browser is signed in" },
    lang: { kind: "text", value: "L", help: "Language of the sign-in page: fr or pt-PT, say" },
    "redirect-uri": {
      kind: "texts",
      value: "URL",
      help: "Redirect URI exactly as it was registered; may be repeated: the first whose port is free is used",
    },
    "api-origin": {
      kind: "texts",
      value: "URL",
      help: "Let this origin see the token in later calls; may be repeated",
    },
    param: { kind: "texts", value: "K=V", help: "Add a parameter to the authorization request; may be repeated" },
    timeout: { kind: "seconds", value: "S", help: "Wait this long for you (300; for a code as long as it is good)" },
    device: {
      kind: "flag",
      help: "Sign in by a code that you enter in a browser on any machine; nothing listens here",
    },
    ...BROWSER_OPTIONS,
  },
  examples: [
    "login --base-url https://example.fief.dev --client-id YOUR_CLIENT_ID",
    "login --device",
    "login --no-browser",
    "login --profile work",
    "login --switch",
    "login --scope castles:read --api-origin https://api.example.com",
  ],
  async run({ app, auth, options, output, host, settings, signal }) {
    const previous = previousOf(await readCredentials(settings.credentialsPath, host), auth.client);
    const named = options.scope.flatMap((scope) => scope.split(/\s+/)).filter(Boolean);
    const request: AuthorizeOptions = {
      redirectUris: options["redirect-uri"].length > 0 ? options["redirect-uri"] : app.redirectUris,
      scope: named.length > 0 ? named : previous.scope,
      offlineAccess: !options["no-offline"],
      extrasParams: parametersOf(options.param, options.switch),
      apiOrigins: options["api-origin"].map(originOf),
      browser: browserChoiceOf(options),
      device: deviceOf(options.device, options.browser),
      paste: host.stdin.isTerminal(),
      signal,
      ...(options.lang === undefined ? {} : { lang: options.lang }),
      ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
    };
    const [{ waiting }, { describeEvent }, { drop }] = await Promise.all([
      import("../waiting.ts"),
      import("../../signin/events.ts"),
      import("../dropped.ts"),
    ]);
    const shown = await waiting(output);
    const tell = async (event: SignInEvent) => {
      // From here on it waits for the user: the browser is open or never will be, and the Worker has the network.
      if (INVITED.includes(event.type)) drop(app, "net", "run");
      if (event.type === "code_to_enter") {
        if (options.switch && !output.json) shown.line(SWITCH_BY_CODE);
        const { showCode } = await import("../show_code.ts");
        return await showCode(event, auth.client, output, host.stderr);
      }
      const line = describeEvent(event);
      if (event.type === "waiting" || event.type === "exchanging") shown.update(line);
      else shown.line(line);
    };
    let told = Promise.resolve();
    try {
      const { tokens, userinfo } = await auth.authorize({
        ...request,
        onEvent: (event) => void (told = told.then(() => tell(event))),
      });
      await told;
      shown.stop();
      const session = { tokens, userinfo };
      const object = {
        user: { sub: userinfo.sub, email: userinfo.email ?? null },
        base_url: settings.baseUrl,
        client_id: settings.clientId,
        access_token_expires_at: expiryOf(session) ?? null,
        refreshable: Boolean(tokens.refresh_token),
      };
      await output.result({ signed_in: true, ...object }, `Signed in as ${displayName(userinfo)}`);
      if (options.switch && userinfo.sub === previous.sub) {
        output.warn("This is the account that was signed in before: the server did not ask who, or was told the same");
      }
    } finally {
      await told;
      shown.stop();
    }
    const name = `${app.environmentPrefix}_ACCESS_TOKEN`;
    // The session is saved: what may not be looked at is no reason to fail.
    if (variable(host, name) !== undefined) {
      output.warn(`${name} is set: commands go on using it in place of this session. Unset it to use the session`);
    }
  },
});

/** RFC 8628 has no `prompt`: whose code it becomes is up to the browser that it is entered in. */
const SWITCH_BY_CODE =
  "The server may not ask who you are when you enter a code: use a private window, or sign out at the server in that browser first";

/** By itself where no browser can open; not where the user has said what to do about the browser. */
function deviceOf(wanted: boolean, browser: string | undefined): boolean | "auto" {
  if (wanted && browser !== undefined) {
    throw new FiefError("usage_invalid", "--device and --browser exclude each other", "Give one of the two");
  }
  return wanted || "auto";
}

/** @see OpenID Connect Core section 3.1.2.1, `prompt` */
function parametersOf(params: string[], asksWho: boolean): Record<string, string> {
  const named = Object.fromEntries(params.map((param) => {
    const equals = param.indexOf("=");
    if (equals > 0) return [param.slice(0, equals), param.slice(equals + 1)];
    throw new FiefError(
      "usage_invalid",
      `The parameter "${param}" has no name or no "="`,
      "Write it as --param prompt=login",
    );
  }));
  if (!asksWho) return named;
  if (!Object.hasOwn(named, "prompt")) return { ...named, prompt: "login" };
  throw new FiefError("usage_invalid", "--switch and --param prompt exclude each other", "Give one of the two");
}
