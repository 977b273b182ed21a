import { countdown } from "../countdown.ts";
import { FiefError } from "../errors.ts";
import type { Host } from "../host.ts";
import { ProxyError } from "../proxy.ts";
import type { Answer } from "./answer.ts";

/** What this room asks of the outside world. */
export type ProviderHost = Pick<Host, "fetch" | "now" | "debug">;

/** Milliseconds for one request: the body included, and the second try of a GET. So no operation of three requests takes more than 30 s. */
const TIMEOUT = 10_000;
/** Bytes of a body. No metadata, key set or token response comes near. */
const LONGEST_BODY = 1_000_000;

/** No answer came in its time. The server may have got the request, and may be answering it still. */
export class UnansweredError extends FiefError {
  /**
   * Makes the error.
   *
   * @param message What was met.
   * @param hint What to do next.
   */
  constructor(message: string, hint: string) {
    super("provider_unreachable", message, hint);
  }
}

/** Which part of the way to the server failed. */
export type FailedPart = "proxy" | "name" | "tls" | "connection";

/** The server never got the request. */
export class NotSentError extends FiefError {
  /** Which part of the way failed. */
  readonly part: FailedPart;

  /**
   * Makes the error.
   *
   * @param part Which part of the way failed.
   * @param message What was met.
   * @param hint What to do next.
   */
  constructor(part: FailedPart, message: string, hint: string) {
    super("provider_unreachable", message, hint);
    this.part = part;
  }
}

/**
 * Sends one request to the provider and reads its answer whole, within the limits. A GET that found nobody, or that met a status from 500
 * up, is sent once more in what is left of its time; nothing else is, and no server that asks to be left alone for a while. Redirects are
 * not followed: they are answers.
 *
 * @param init As for `fetch`; its signal is the end of the operation that the request is a part of.
 * @param timeout Milliseconds for all of it.
 * @throws {FiefError} `provider_unreachable` where no whole answer came, `provider_answer_invalid` where it was too long.
 */
export async function send(
  host: ProviderHost,
  url: string,
  init: RequestInit = {},
  timeout: number = TIMEOUT,
): Promise<Answer> {
  const repeatable = (init.method ?? "GET") === "GET";
  const controller = new AbortController();
  const end = countdown(timeout, () => controller.abort(late(url, `within ${timeout / 1000} s`)));
  const signal = init.signal ? AbortSignal.any([controller.signal, init.signal]) : controller.signal;
  const sendOnce = () => exchange(host, url, { ...init, redirect: "manual", signal }, signal);
  try {
    try {
      const answer = await sendOnce();
      if (answer.status < 500 || !repeatable || answer.headers.has("retry-after")) return answer;
    } catch (error) {
      const broken = error instanceof FiefError && error.code === "provider_unreachable" && !signal.aborted;
      if (!repeatable || !broken) throw error;
    }
    return await sendOnce();
  } finally {
    end();
  }
}

async function exchange(host: ProviderHost, url: string, init: RequestInit, signal: AbortSignal): Promise<Answer> {
  const started = host.now();
  const { origin, pathname } = new URL(url);
  const what = `${init.method ?? "GET"} ${origin}${pathname}`;
  let answered = false;
  try {
    const response = await host.fetch(url, init);
    answered = true;
    const receivedAt = host.now();
    const { text, bytes } = await boundedText(response, origin);
    host.debug?.(`${what}: status ${response.status}, ${bytes} bytes, ${host.now() - started} ms`);
    return { status: response.status, headers: response.headers, text, receivedAt };
  } catch (error) {
    if (error instanceof FiefError || error instanceof Deno.errors.NotCapable) throw error;
    host.debug?.(`${what}: ${answered ? "half an answer" : "no answer"}, ${host.now() - started} ms`);
    if (signal.aborted) throw signal.reason instanceof FiefError ? signal.reason : late(url, "in time");
    throw answered ? brokenOff(url) : unreachable(new URL(url), error);
  }
}

async function boundedText(response: Response, origin: string): Promise<{ text: string; bytes: number }> {
  if (response.body === null) return { text: "", bytes: 0 };
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.length;
    if (bytes > LONGEST_BODY) { // leaving the loop cancels the rest
      throw new FiefError(
        "provider_answer_invalid",
        `"${origin}" answered with more than 1 MB`,
        "Check that the base URL is that of the server",
      );
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return { text: text + decoder.decode(), bytes };
}

function fail(message: string, hint: string): FiefError {
  return new FiefError("provider_unreachable", message, hint);
}

function late(url: string, limit: string): UnansweredError {
  const hint = "Try again; if it stays so, the server is down or a firewall is in between";
  return new UnansweredError(`"${new URL(url).origin}" did not answer ${limit}`, hint);
}

function brokenOff(url: string): FiefError {
  const hint = "Try again; if it stays so, tell whoever runs the server, or the proxy in between";
  return fail(`The answer of "${new URL(url).origin}" broke off`, hint);
}

/**
 * No `cause`: the platform's message holds the whole URL, and what is in that must not be taken for a reason. It goes on with
 * `client error (PHASE): REASON`: only in the phase `Connect` nothing was sent.
 */
function unreachable({ origin, hostname }: URL, error: unknown): FiefError {
  if (error instanceof ProxyError) return new NotSentError("proxy", error.message, error.hint);
  const text = error instanceof Error
    ? `${error.message} ${error.cause instanceof Error ? error.cause.message : ""}`
    : "";
  const [, phase, reason = ""] = text.match(/client error \((\w+)\): (.*)/s) ?? [];
  return phase === "Connect"
    ? new NotSentError(...refusedConnection(origin, hostname, reason))
    : fail(...refusedAnswer(origin, reason));
}

function refusedConnection(
  origin: string,
  hostname: string,
  reason: string,
): [part: FailedPart, message: string, hint: string] {
  if (/dns error|lookup address|name or service/i.test(reason)) {
    return [
      "name",
      `Cannot find the server "${hostname}"`,
      "Check the name in the base URL, and the network connection",
    ];
  }
  const [, clock] = reason.match(/certificate (expired|not valid yet)/i) ?? [];
  if (clock !== undefined) {
    return [
      "tls",
      `By the clock of this machine the certificate of "${origin}" is ${clock}`,
      "Check date and time of this machine; if they are right, tell whoever runs the server",
    ];
  }
  if (/certificate|invalid peer/i.test(reason)) {
    return [
      "tls",
      `Cannot trust the certificate of "${origin}"`,
      "Check the base URL; for a company's own certificate authority set DENO_TLS_CA_STORE=system or DENO_CERT=FILE",
    ];
  }
  if (/tls|handshake|corrupt message|fatal alert/i.test(reason)) {
    return [
      "tls",
      `Cannot connect to "${origin}" with TLS`,
      "Check the base URL: the port may be one for plain http",
    ];
  }
  if (/refused/i.test(reason)) {
    return ["connection", `Nobody listens at "${origin}"`, "Check the base URL, and that the server runs"];
  }
  return ["connection", ...cannotReach(origin)];
}

function refusedAnswer(origin: string, reason: string): [message: string, hint: string] {
  if (/invalid \S+( \S+)? parsed|message head/i.test(reason)) {
    return [
      `What "${origin}" answers is no HTTP`,
      "Check the base URL: the port may be one for https, or another service",
    ];
  }
  return cannotReach(origin);
}

function cannotReach(origin: string): [message: string, hint: string] {
  return [`Cannot reach "${origin}"`, "Check the base URL and the network connection, then try again"];
}
