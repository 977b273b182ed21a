// What a fault is, and what is told of the kinds of answers that fit everywhere.
import type { FiefErrorCode } from "../../../lib/errors.ts";
import type { Place, Reply } from "../../support/fault_server.ts";

export type { Place, Reply };

/** What the program is doing when it meets the fault. */
export type Moment = "login" | "refresh" | "call" | "validation";

/** When a place is asked: a call is one for claims about the user, a validation that of an access token in an API. */
export const MOMENTS: Record<Place, Moment[]> = {
  metadata: ["login", "refresh", "call"],
  keys: ["login", "validation"],
  token: ["login", "refresh"],
  userinfo: ["call"],
};

/** Every place. */
export const EVERYWHERE: Place[] = ["metadata", "keys", "token", "userinfo"];

/** What a reply may be made of. */
export interface Scene {
  origin: string;
  /** The answer of a good provider. */
  good: Record<string, unknown>;
  /** A token of somebody's, which must never be shown. */
  leak: string;
  /** The access token that came along. */
  sent: string;
  /** How often this place was asked before, in this case. */
  before: number;
}

/** What the user is told; `SERVER` stands for the server's origin. */
export interface Told {
  code: FiefErrorCode;
  message: string;
  hint: string;
}

/** One kind of fault. */
export interface Fault {
  /** As a person would call it. */
  name: string;
  /** Where it means something. */
  at: Place[];
  /** Where it means something at some moments only. */
  during?: Moment[];
  /** How the server behaves. */
  reply: (scene: Scene) => Reply | Promise<Reply>;
  /** What comes of it: `works` where the user notices nothing. */
  told: (place: Place, moment: Moment) => Told | "works";
  /** Requests to the place, where that matters. */
  asked?: (place: Place, moment: Moment) => number | undefined;
  /** The place is not where the metadata says: nobody listens there, or TLS is expected of a plain port. */
  endpoint?: "closed" | "tls";
  /** The metadata names another place than the credentials file. */
  moved?: true;
  /** The server's clock, in epoch milliseconds: its ID tokens are of then. */
  clock?: number;
  /** Closed without reading the request: a reset. */
  unread?: true;
  /** Milliseconds before every other answer of the server. */
  pace?: number;
  /** It takes the program as long as its limits allow. */
  slow?: true;
}

/** Faults of one kind, under a heading. */
export interface FaultGroup {
  title: string;
  faults: Fault[];
}

/** What `hint` says of a server that somebody else has to mend. */
export const TELL = "Try again; if it stays so, tell whoever runs the server";
const CHECK_URL =
  "Check the base URL: the address before /.well-known/openid-configuration, with the tenant's path if it has one";

/** The place, in the program's words. */
export function expected(place: Place): string {
  return {
    metadata: 'the metadata of "SERVER"',
    keys: 'keys from "SERVER/keys"',
    token: 'tokens from "SERVER/token"',
    userinfo: 'claims about the user from "SERVER"',
  }[place];
}

/** An answer that is not what was asked for. */
export function unexpected(place: Place, met: string): Told {
  if (place === "metadata") {
    const message = `"SERVER" does not answer as an OpenID provider: expected its metadata, got ${met}`;
    return { code: "metadata_invalid", message, hint: CHECK_URL };
  }
  return { code: "provider_answer_invalid", message: `Expected ${expected(place)}, got ${met}`, hint: TELL };
}

/** No whole answer. */
export function unreachable(message: string, hint: string): Told {
  return { code: "provider_unreachable", message, hint };
}

/** How often the place is asked where a second try may help: a GET is sent twice, and so is a refresh with nothing left to lose. */
export function twice(place: Place, moment: Moment): number | undefined {
  if (place === "keys") return undefined; // asked ahead of their use, too
  if (place === "token") return moment === "refresh" ? 2 : 1;
  return moment === "refresh" ? 4 : 2;
}

/** How often the place is asked where a second try is of no use. */
export function once(place: Place): number | undefined {
  return place === "keys" ? undefined : 1;
}

/** A JSON answer. */
export function json(value: unknown, more: Reply = {}): Reply {
  return { ...more, body: JSON.stringify(value) };
}
