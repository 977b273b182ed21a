/**
 * What happens during a sign-in, as plain data. No event holds an authorization code, a device code or a token; the URL of `url_to_open` holds
 * what the browser must carry.
 */
export type SignInEvent =
  /** A redirect URI cannot be used because its port is taken; `next` is tried instead. */
  | { type: "redirect_port_taken"; redirectUri: string; next?: string }
  /** The server could not be asked whether it takes the request: the sign-in goes on. */
  | { type: "check_failed"; detail: string }
  /** A browser took the address. */
  | { type: "browser_opened" }
  /** The user has to open this address; `reason` says why no browser did. */
  | { type: "url_to_open"; url: string; reason: string }
  /** The user has to enter a code at an address of the server; `reason` says why no browser was opened, where nobody has chosen that. */
  | CodeToEnter
  /** Over SSH: a command for the user's own machine, which brings the redirect here. */
  | { type: "ssh_hint"; command: string }
  /** The redirect URL may be pasted. */
  | { type: "paste_hint" }
  /** Something was pasted that is no answer to this sign-in. */
  | { type: "paste_refused"; detail: string }
  /** Everything waits for the user. */
  | { type: "waiting" }
  /** The user came back, and is sent to the server once more; `reason` says why. */
  | { type: "asking_again"; reason: string }
  /** The user came back; the code is being exchanged. */
  | { type: "exchanging" }
  /** One line that the user should know. */
  | { type: "notice"; message: string };

/** What the user needs to sign in on another device. @see RFC 8628 section 3.3 */
export interface CodeToEnter {
  /** Which event it is. */
  type: "code_to_enter";
  /** Host name of the server that the code is for. */
  server: string;
  /** The code, exactly as the server gives it. */
  userCode: string;
  /** Where to enter it. */
  url: string;
  /** The same with the code in it, for a QR code or a link. Not every server has one. */
  completeUrl?: string;
  /** Seconds that the code is good for. */
  expiresIn: number;
  /** Why no browser was opened, where nobody has chosen that. */
  reason?: string;
}

/** An event in words. */
export function describeEvent(event: SignInEvent): string {
  switch (event.type) {
    case "redirect_port_taken":
      return `Another program listens at ${event.redirectUri}${event.next ? `: trying ${event.next}` : ""}`;
    case "check_failed":
      return `The server does not say beforehand whether it takes this client and redirect URI (${event.detail}): going on`;
    case "browser_opened":
      return "The browser is open: sign in there";
    case "url_to_open":
      return `Open this address to sign in (${event.reason}):\n\n${event.url}\n`;
    case "code_to_enter":
      return `${whereToGo(event)}\n${whatToEnter(event)}`;
    case "ssh_hint":
      return `If your browser is on another machine, run there first:\n\n${event.command}\n`;
    case "paste_hint":
      return "If the browser ends at a page that it cannot show, copy its address, paste it here and press Enter";
    case "paste_refused":
      return `That is not it: ${event.detail}`;
    case "waiting":
      return "Waiting for you in the browser";
    case "asking_again":
      return `Look at the browser once more: ${event.reason}`;
    case "exchanging":
      return "Getting the tokens";
    case "notice":
      return event.message;
  }
}

/** The address, first of all: whose it is can be seen. */
export function whereToGo({ server, url, completeUrl, reason }: CodeToEnter): string {
  const why = reason === undefined ? "" : ` (${reason})`;
  const complete = completeUrl === undefined ? "" : `\nOr this one, which has the code in it:\n\n${completeUrl}\n`;
  return `To sign in at ${server}, open this address in a browser on any device${why}:\n\n${url}\n${complete}`;
}

/**
 * The code comes last: it stays on a screen that the rest has scrolled off.
 *
 * @param roomy Whether there is room for empty lines around it.
 */
export function whatToEnter({ userCode, expiresIn }: CodeToEnter, roomy = true): string {
  const life = expiresIn < 120 ? `${Math.floor(expiresIn)} s` : `${Math.floor(expiresIn / 60)} minutes`;
  const around = roomy ? "\n" : "";
  return `Your code, good for ${life}:\n${around}${userCode}${around}`;
}
