// What the main thread and the Worker say to each other. Each message is JSON text: nothing but data crosses, no object, port or memory.
import type { ProviderMetadata } from "../../provider/metadata.ts";
import type { PlainError } from "./plain_error.ts";

/** What the Worker is told once. */
export interface Setup {
  type: "setup";
  baseUrl: string;
  clientId: string;
  /** The client's private key, where its ID tokens are encrypted: they are read there. */
  encryptionKey?: string | JsonWebKey;
  /** Certificates of authorities to trust beside the usual ones. */
  caCerts: string[];
  /** Variables that name proxies, without passwords: for messages. */
  proxies: Record<string, string>;
  /** Whether a server on this machine is spoken to: never through a proxy. */
  onThisMachine: boolean;
  /** Whether somebody wants to know what happens. */
  debug: boolean;
}

/** One call of a method. */
export interface Call {
  type: "call";
  id: number;
  method: string;
  args: unknown[];
  /** The host's time, in epoch milliseconds. */
  now: number;
  /** What the server says about itself, where that is known. */
  metadata?: ProviderMetadata;
}

/** The end of a call that nobody waits for any more. */
export interface Abort {
  type: "abort";
  id: number;
}

export type ToWorker = Setup | Call | Abort;

export type FromWorker =
  /** All modules are loaded: what is said before that, while one of them is waited for, would be heard by nobody. */
  | { type: "loaded" }
  /** Set up: what was arranged around that can be put back. */
  | { type: "ready" }
  | { type: "answer"; id: number; value?: unknown }
  | { type: "failure"; id: number; error: PlainError }
  /** What the server says about itself has to be asked: by the main thread, whom no library can lie to about it. */
  | { type: "metadata_needed"; id: number }
  /** The Worker itself is at its end. */
  | { type: "broken"; error: PlainError }
  | { type: "debug"; line: string };
