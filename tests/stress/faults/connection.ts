import { EVERYWHERE, type Fault, type Moment, type Place, type Reply, type Told, twice, unreachable } from "./fault.ts";

const BROKE_OFF = unreachable(
  'The answer of "SERVER" broke off',
  "Try again; if it stays so, tell whoever runs the server, or the proxy in between",
);
const NOT_REACHED = unreachable(
  'Cannot reach "SERVER"',
  "Check the base URL and the network connection, then try again",
);
const LATE = unreachable(
  '"SERVER" did not answer within 10 s',
  "Try again; if it stays so, the server is down or a firewall is in between",
);
/** Where no other token is left the answer to a refresh is waited for longer, and it is not sent again to who was too slow. */
const VERY_LATE = unreachable('"SERVER" did not answer within 20 s', LATE.hint);
const NO_HTTP = unreachable(
  'What "SERVER" answers is no HTTP',
  "Check the base URL: the port may be one for https, or another service",
);

const half: Reply = { body: '{"issuer":', headers: { "content-length": "100000" } };
const none: Reply = { status: 0 };

function isRefresh(place: Place, moment: Moment): boolean {
  return place === "token" && moment === "refresh";
}

function late(place: Place, moment: Moment): Told {
  return isRefresh(place, moment) ? VERY_LATE : LATE;
}

/** What the network does. */
export const connectionFaults: Fault[] = [
  {
    name: "connection refused",
    at: EVERYWHERE,
    endpoint: "closed",
    reply: () => none,
    told: () => unreachable('Nobody listens at "SERVER"', "Check the base URL, and that the server runs"),
  },
  {
    name: "TLS expected of a port that speaks plain http",
    at: EVERYWHERE,
    endpoint: "tls",
    reply: () => none,
    told: () =>
      unreachable('Cannot connect to "SERVER" with TLS', "Check the base URL: the port may be one for plain http"),
  },
  {
    name: "TLS spoken on the port of plain http",
    at: EVERYWHERE,
    reply: () => ({ raw: new Uint8Array([0x15, 3, 3, 0, 2, 2, 10]) }),
    told: () => NO_HTTP,
    asked: twice,
  },
  {
    name: "another service on the port",
    at: EVERYWHERE,
    reply: ({ leak }) => ({ raw: `SSH-2.0-OpenSSH_9.6 ${leak}\r\n` }),
    told: () => NO_HTTP,
    asked: twice,
  },
  {
    name: "a header of 2 MB",
    at: EVERYWHERE,
    reply: ({ leak }) => ({ headers: { "x-castle": leak.repeat(2_000_000 / leak.length) } }),
    told: () => NO_HTTP,
    asked: twice,
  },
  {
    name: "reset before the answer",
    at: EVERYWHERE,
    reply: () => none,
    unread: true,
    told: () => NOT_REACHED,
    asked: twice,
  },
  { name: "closed before the answer", at: EVERYWHERE, reply: () => none, told: () => NOT_REACHED, asked: twice },
  { name: "reset in the middle of the body", at: EVERYWHERE, reply: () => half, unread: true, told: () => BROKE_OFF },
  { name: "half a body", at: EVERYWHERE, reply: () => half, told: () => BROKE_OFF, asked: twice },
  {
    name: "half a chunk",
    at: EVERYWHERE,
    reply: () => ({ headers: { "transfer-encoding": "chunked", "content-length": undefined }, body: "ff\r\n{}" }),
    told: () => BROKE_OFF,
    asked: twice,
  },
  {
    name: "compressed, and no gzip",
    at: EVERYWHERE,
    reply: () => ({ headers: { "content-encoding": "gzip" }, body: "hello" }),
    told: () => BROKE_OFF,
    asked: twice,
  },
  {
    name: "no answer at all",
    at: EVERYWHERE,
    slow: true,
    reply: () => ({ status: 0, ending: "hang" }),
    told: late,
    asked: (place, moment) => isRefresh(place, moment) ? 1 : undefined,
  },
  {
    name: "half a body, then silence",
    at: EVERYWHERE,
    slow: true,
    reply: () => ({ body: '{"issuer":', ending: "hang" }),
    told: late,
    asked: (place, moment) => isRefresh(place, moment) ? 1 : undefined,
  },
  {
    name: "a byte at a time, for ever",
    at: EVERYWHERE,
    slow: true,
    reply: () => ({ body: "{", ending: "drip" }),
    told: late,
    asked: (place, moment) => isRefresh(place, moment) ? 1 : undefined,
  },
  {
    name: "status 500 after 9 s, then silence",
    at: EVERYWHERE,
    slow: true,
    reply: ({ before }) => before === 0 ? { status: 500, delay: 9_000 } : { status: 0, ending: "hang" },
    told: (place, moment) =>
      place === "token" && moment === "login"
        ? {
          code: "provider_failed",
          message: 'The server failed: expected tokens from "SERVER/token", got status 500 and an empty body',
          hint: "Try again in a while; if it stays so, tell whoever runs the server",
        }
        : late(place, moment),
    asked: (place, moment) => isRefresh(place, moment) ? 2 : undefined,
  },
  {
    name: "an endpoint that has moved, each answer after 9 s, the new one silent",
    at: ["token", "userinfo"],
    during: ["refresh", "call"],
    slow: true,
    moved: true,
    pace: 9_000,
    reply: ({ before }) => before === 0 ? { status: 404, delay: 9_000, body: "{}" } : { status: 0, ending: "hang" },
    // A refresh with nothing left to lose is waited for until its 30 s are over.
    told: (place) => place === "token" ? unreachable('"SERVER" did not answer in time', LATE.hint) : LATE,
    asked: () => 2,
  },
];
