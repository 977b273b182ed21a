import { FiefError } from "../errors.ts";
import { plain } from "./answers.ts";
import { within } from "./within.ts";

/** Answers a request; `sent` resolves when the answer has left, or never will. */
export type Handler = (request: Request, sent: Promise<void>) => Response | Promise<Response>;

/** A listener on every loopback address that the host of a redirect URI stands for. */
export interface LoopbackListener {
  /** The port, the same on every address. */
  readonly port: number;
  /** Rejects where the system takes the listening away: with more connections than a process may have, say. */
  readonly failed: Promise<never>;
  /** Ends it: answers under way get two seconds, whoever else is connected gets none. */
  close(): Promise<void>;
}

/** Milliseconds for answers that are under way. */
const GRACE = 2_000;

/** How often any free port is looked for that is free on both addresses. */
const ATTEMPTS = 20;

/**
 * Listens on 127.0.0.1 and ::1 where the host is `localhost`, because a browser takes either; else on the address that the host is.
 *
 * @param uri Redirect URI; port 0 is any free port.
 * @throws {FiefError} `redirect_port_taken` where another program listens on one of the addresses, `permission_missing`,
 * `redirect_uri_invalid` where the system refuses the port.
 * @see RFC 8252 sections 7.3 and 8.3
 */
export async function listenOnLoopback(uri: URL, handler: Handler): Promise<LoopbackListener> {
  const hostnames = uri.hostname === "localhost" ? ["127.0.0.1", "::1"] : [uri.hostname.replace(/^\[|\]$/g, "")];
  const port = Number(uri.port || 80);
  for (let attempt = 1;; attempt++) {
    try {
      return await listenOnAll(hostnames, port, handler);
    } catch (error) {
      if (port !== 0 || attempt === ATTEMPTS || !(error instanceof Deno.errors.AddrInUse)) throw explain(error, uri);
    }
  }
}

async function listenOnAll(hostnames: string[], port: number, handler: Handler): Promise<LoopbackListener> {
  const listeners: Served[] = [];
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {}); // nobody may be waiting just then
  const close = async () => void await Promise.all(listeners.map((listener) => listener.close()));
  try {
    for (const hostname of hostnames) {
      try {
        listeners.push(serve(hostname, listeners[0]?.port ?? port, handler, failed.reject));
      } catch (error) {
        // A machine without IPv6, or without it on loopback, has one address to listen at.
        if (listeners.length === 0 || !isMissingAddress(error)) throw error;
      }
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { port: listeners[0]!.port, failed: failed.promise, close };
}

/** A server at one address. */
type Served = Omit<LoopbackListener, "failed">;

function serve(hostname: string, port: number, handler: Handler, fail: (error: FiefError) => void): Served {
  const abort = new AbortController();
  const underWay = new Set<Promise<void>>();
  const options = { hostname, port, signal: abort.signal, onListen() {}, onError: () => plain(500, "That failed") };
  const server = Deno.serve(options, (request, info) => {
    const sent: Promise<void> = info.completed.catch(() => {}).finally(() => underWay.delete(sent));
    underWay.add(sent);
    return handler(request, sent);
  });
  const finished = server.finished.catch((error) =>
    fail(
      new FiefError(
        "sign_in_failed",
        `Cannot listen at port ${server.addr.port} any longer`,
        "Sign in again; if it stays so, look for a program that opens connections to that port without end",
        { cause: error },
      ),
    )
  );
  return {
    port: server.addr.port,
    async close() {
      await within(GRACE, Promise.all(underWay));
      await new Promise((resolve) => setTimeout(resolve, 10)); // an answer has left one turn later: seen on Deno 2.6.10
      // Not shutdown(): it waits for ever for a request that never ends, and after it abort() throws where nobody can catch it.
      abort.abort();
      await finished;
    },
  };
}

function isMissingAddress(error: unknown): boolean {
  return error instanceof Deno.errors.AddrNotAvailable ||
    error instanceof Error && "code" in error && error.code === "EAFNOSUPPORT";
}

function explain(error: unknown, { href, host, hostname, port }: URL): unknown {
  if (error instanceof Deno.errors.AddrInUse) {
    return new FiefError(
      "redirect_port_taken",
      `Another program listens at "${href}"`,
      "End that program, or register a redirect URI with another port and use that",
      { cause: error },
    );
  }
  if (error instanceof Deno.errors.NotCapable) {
    const names = hostname === "localhost" ? ["127.0.0.1", "[::1]"] : [hostname];
    const needed = names.map((name) => port === "0" ? name : `${name}:${port || 80}`).join(",");
    return new FiefError(
      "permission_missing",
      `Deno does not allow listening at "${host}"`,
      `Add this flag to deno run: --allow-net=${needed}`,
      { cause: error },
    );
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return new FiefError(
      "redirect_uri_invalid",
      `The system does not let this program listen at "${href}"`,
      "Register a redirect URI with a port from 1024 up, and use that",
      { cause: error },
    );
  }
  return error;
}
