import { countdown } from "../../countdown.ts";
import { FiefError } from "../../errors.ts";
import type { ProviderMetadata } from "../../provider/metadata.ts";
import { readable } from "../../readable.ts";
import type { Call, FromWorker, Setup, ToWorker } from "./messages.ts";
import { errorFrom } from "./plain_error.ts";

/** What a Worker is started with. */
export interface ThreadOptions {
  /** The addresses that it may reach, as `--allow-net` has them. It may do nothing else. */
  addresses: string[];
  /** What it is told; it may take a while to find out, and the Worker starts meanwhile. */
  setup: Promise<Omit<Setup, "type">>;
  /** Told of what happens, where somebody wants to know. */
  debug: ((line: string) => void) | undefined;
}

/** What a call may need beside its arguments. */
export interface CallOptions {
  /** The host's time, in epoch milliseconds. */
  now: number;
  metadata?: ProviderMetadata | undefined;
  signal?: AbortSignal | undefined;
}

/** In place of an answer: what the server says about itself has to be asked first. */
export const METADATA_NEEDED = Symbol("metadata needed");

/** The classes of permissions, none of which the Worker gets but the addresses. */
const NOTHING = { env: false, ffi: false, import: false, read: false, run: false, sys: false, write: false } as const;

/** Milliseconds for a call. What it asks of the server has limits of its own, which are shorter: this one ends the silence of a library. */
const LONGEST_CALL = 60_000;

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/**
 * A Worker that speaks with the provider: the npm packages are in it, and it may reach these addresses and nothing else. Everything that it
 * says is data, and nothing of it is trusted to be more.
 *
 * It needs `--unstable-worker-options`, without which Deno itself ends the process with status 70, and says so.
 */
export class ProviderThread {
  /** The addresses that it may reach. */
  readonly addresses: string[];
  /** Resolves when it is set up, or never will be. */
  readonly ready: Promise<void>;
  readonly #worker: Worker;
  readonly #debug: ThreadOptions["debug"];
  /** Resolves when it has been told what it works with: calls come after that. */
  readonly #told: Promise<void>;
  readonly #waiting = new Map<number, Waiting>();
  #broken: Error | undefined;
  #lastId = 0;
  #released = false;
  #settle!: () => void;
  #load!: () => void;

  constructor({ addresses, setup, debug }: ThreadOptions) {
    this.addresses = addresses;
    this.#debug = debug;
    this.ready = new Promise((resolve) => this.#settle = resolve);
    // Where Deno does not let us go the Worker must not want to: it tells of it when it tries.
    const granted = addresses.filter((host) => Deno.permissions.querySync({ name: "net", host }).state === "granted");
    const permissions = { ...NOTHING, net: granted.length > 0 ? granted : false } as const;
    this.#worker = new Worker(new URL("./worker.ts", import.meta.url), {
      type: "module",
      name: "provider",
      deno: { permissions },
    });
    this.#worker.onmessage = ({ data }) => this.#take(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#break(brokenBy(event.message));
    };
    const loaded = new Promise<void>((resolve) => this.#load = resolve);
    this.#told = Promise.all([setup, loaded]).then(
      ([rest]) => this.#send({ type: "setup", ...rest }),
      (error) => this.#break(error),
    );
  }

  /** Whether a call is waited for. */
  get isBusy(): boolean {
    return this.#waiting.size > 0;
  }

  /** Calls a method in the Worker. */
  call(method: string, args: unknown[], { now, metadata, signal }: CallOptions): Promise<unknown> {
    if (this.#broken) return Promise.reject(this.#broken);
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, { resolve, reject });
    const call: Call = { type: "call", id, method, args, now, ...metadata === undefined ? {} : { metadata } };
    void this.#told.then(() => this.#send(call));
    const abort = () => void this.#told.then(() => this.#send({ type: "abort", id }));
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort, { once: true });
    const end = countdown(LONGEST_CALL, () => this.#break(brokenBy("no answer")));
    return promise.finally(() => {
      end();
      signal?.removeEventListener("abort", abort);
    });
  }

  /** Ends the Worker as soon as nobody waits for it. */
  release(): void {
    this.#released = true;
    if (!this.isBusy) this.#end();
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(JSON.stringify(message));
  }

  #take(data: unknown): void {
    const message = messageIn(data);
    switch (message?.type) {
      case "loaded":
        return this.#load();
      case "ready":
        return this.#settle();
      case "debug":
        return typeof message.line === "string" ? this.#debug?.(readable(message.line)) : undefined;
      case "broken":
        return this.#break(brokenBy(errorFrom(message.error).message));
      case "answer":
        return this.#answered(message.id, ({ resolve }) => resolve(message.value));
      case "failure":
        return this.#answered(message.id, ({ reject }) => reject(errorFrom(message.error)));
      case "metadata_needed":
        return this.#answered(message.id, ({ resolve }) => resolve(METADATA_NEEDED));
    }
  }

  #answered(id: number, settle: (waiting: Waiting) => void): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    settle(waiting);
    if (this.#released && !this.isBusy) this.#end();
  }

  #break(error: Error): void {
    this.#debug?.(`the Worker has stopped: ${error.message}`);
    this.#broken ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#broken);
    this.#waiting.clear();
    this.#end();
  }

  #end(): void {
    this.#broken ??= new Error("The Worker has ended");
    this.#settle();
    this.#worker.terminate();
  }
}

function messageIn(data: unknown): FromWorker | undefined {
  try {
    return JSON.parse(String(data)) ?? undefined;
  } catch {
    return undefined; // a library's own words
  }
}

/** What to tell of a Worker that is at its end. A part of it that may not be read is a missing permission: Deno's words say which. */
function brokenBy(message: string): Error {
  if (/Requires \w+ access to/.test(message)) return new Deno.errors.NotCapable(message);
  return new FiefError(
    "unforeseen",
    "The part of the program that speaks with the server has stopped",
    "This is a bug: run it again with --debug, and report what it prints",
    { cause: new Error(message.replaceAll(/[\w\-.~+/=%]{24,}/g, "...")) },
  );
}
