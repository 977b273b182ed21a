import {
  expected,
  type Fault,
  json,
  type Place,
  type Reply,
  type Scene,
  TELL,
  type Told,
  unexpected,
} from "./fault.ts";
import { EVERYWHERE, once, twice } from "./fault.ts";

/** The words of a server that tells everything it knows, tokens included. */
function talkative({ leak, sent }: Scene): Record<string, string> {
  return { detail: `the token ${sent} is bad`, error_description: leak, access_token: leak, refresh_token: leak };
}

function status(status: number, headers: Reply["headers"] = {}): Fault["reply"] {
  return (scene) => json(talkative(scene), { status, headers });
}

function refused(status: number, hint: string): Told {
  const message = `The server refused the request with status ${status}: the token ... is bad`;
  return { code: "request_refused", message, hint };
}

const REFUSED_HINTS: Record<number, string> = {
  401: "Sign in again",
  403: "Ask an administrator, or sign in with more scopes",
};

/** Status codes that say no: the answer is read as one of a server that was asked wrongly. */
const refusals: Fault[] = [400, 401, 403, 404, 405, 408, 410, 418, 451].map((code) => ({
  name: `status ${code}`,
  at: EVERYWHERE,
  reply: status(code),
  told: (place) =>
    place === "userinfo"
      ? refused(code, REFUSED_HINTS[code] ?? "Check what you sent")
      : unexpected(place, `status ${code} and JSON`),
}));

/** Status codes that say that the server cannot. */
const failures: Fault[] = [500, 501, 502, 503, 504, 599].map((code) => ({
  name: `status ${code}`,
  at: EVERYWHERE,
  reply: status(code),
  told: (place) =>
    place === "userinfo" ? refused(code, TELL) : {
      code: "provider_failed",
      message: `The server failed: expected ${expected(place)}, got status ${code} and JSON`,
      hint: "Try again in a while; if it stays so, tell whoever runs the server",
    },
  asked: twice,
}));

/** The server asks to be left alone: nobody asks again before. */
function busy(name: string, code: number, headers: () => Reply["headers"], hint: string): Fault {
  return {
    name,
    at: EVERYWHERE,
    reply: (scene) => status(code, headers())(scene),
    told: (place) =>
      place === "userinfo" ? refused(code, hint) : {
        code: "provider_busy",
        message: `The server is busy: expected ${expected(place)}, got status ${code} and JSON`,
        hint,
      },
    asked: once,
  };
}

const inHalfAnHour = () => ({
  date: "Fri, 01 Jan 2027 00:00:00 GMT",
  "retry-after": "Fri, 01 Jan 2027 00:30:00 GMT",
});

const waits: Fault[] = [
  busy("status 429", 429, () => ({}), "Wait a while, then try again"),
  busy("status 429, Retry-After in seconds", 429, () => ({ "retry-after": "30" }), "Wait 30 s, then try again"),
  busy("status 429, Retry-After as a date", 429, inHalfAnHour, "Wait 30 minutes, then try again"),
  busy("status 429, Retry-After of 0", 429, () => ({ "retry-after": "0" }), "Try again"),
  busy("status 429, Retry-After in words", 429, () => ({ "retry-after": "soon" }), "Wait a while, then try again"),
  busy("status 503, Retry-After in seconds", 503, () => ({ "retry-after": "7200" }), "Wait 2 hours, then try again"),
  busy("status 503, Retry-After of a week", 503, () => ({ "retry-after": "604800" }), "Wait 7 days, then try again"),
];

function redirect(name: string, location: (scene: Scene) => string | undefined, met: string): Fault {
  const reply = (scene: Scene): Reply => ({ status: 302, headers: { location: location(scene) } });
  return { name, at: EVERYWHERE, reply, told: (place: Place) => unexpected(place, met) };
}

/** Redirects are answers: a code or a token is sent where the metadata says, and nowhere else. */
const redirects: Fault[] = [
  redirect(
    "a redirect to another server",
    ({ leak }) => `https://login.example.com/?t=${leak}`,
    'a redirect to "https://login.example.com"',
  ),
  redirect("a redirect to itself, for ever", () => "/keys", "a redirect"),
  redirect("a redirect to plain http", () => "http://example.com/", 'a redirect to "http://example.com"'),
  redirect("a redirect to nowhere", () => undefined, "a redirect"),
  redirect("a redirect to a script", () => "javascript:alert(1)", "a redirect"),
  {
    name: "a permanent redirect that keeps the method",
    at: EVERYWHERE,
    reply: ({ origin }) => ({ status: 308, headers: { location: `${origin}/elsewhere` } }),
    told: (place) => unexpected(place, 'a redirect to "SERVER"'),
  },
];

/** What HTTP itself says. */
export const statusFaults: Fault[] = [...refusals, ...failures, ...waits, ...redirects];
