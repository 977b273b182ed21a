import { FiefError } from "../errors.ts";
import type { Host } from "../host.ts";

/** What this room asks of the outside world. */
export type ProviderHost = Pick<Host, "fetch" | "now" | "debug">;

/** An answer, whole. */
export interface Answer {
  status: number;
  headers: Headers;
  /** The body; at most {@linkcode LONGEST_BODY} bytes. */
  text: string;
  /** Arrival in epoch milliseconds. */
  receivedAt: number;
}

/** Milliseconds for one request, the body included. */
const TIMEOUT = 10_000;
const LATE = `did not answer within ${TIMEOUT / 1000} s`;
/** Bytes of a body. No metadata, key set or token response comes near. */
const LONGEST_BODY = 1_000_000;

/**
 * Sends one request to the provider and reads its answer whole, within the limits. A GET that found nobody, or that met a status from 500
 * up, is sent once more; nothing else is, and nobody who did not answer in time is asked again. Redirects are not followed: they are answers.
 *
 * @throws {FiefError} `provider_unreachable` where no answer came, `provider_answer_invalid` where it was too long.
 */
export async function send(host: ProviderHost, url: string, init: RequestInit = {}): Promise<Answer> {
  const repeatable = (init.method ?? "GET") === "GET";
  try {
    const answer = await sendOnce(host, url, init);
    if (answer.status < 500 || !repeatable) return answer;
  } catch (error) {
    // Whoever kept us waiting for ten seconds would do so again: so no operation of three requests takes longer than half a minute.
    if (!repeatable || !(error instanceof FiefError) || error.code !== "provider_unreachable" || isLate(error)) {
      throw error;
    }
  }
  return await sendOnce(host, url, init);
}

function isLate({ message }: FiefError): boolean {
  return message.endsWith(LATE);
}

async function sendOnce(host: ProviderHost, url: string, init: RequestInit): Promise<Answer> {
  const started = host.now();
  const { origin, pathname } = new URL(url);
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), TIMEOUT);
  try {
    const response = await host.fetch(url, { ...init, redirect: "manual", signal: controller.signal });
    const receivedAt = host.now();
    const text = await boundedText(response, origin);
    host.debug?.(
      `${init.method ?? "GET"} ${origin}${pathname}: status ${response.status}, ${text.length} characters, ${
        host.now() - started
      } ms`,
    );
    return { status: response.status, headers: response.headers, text, receivedAt };
  } catch (error) {
    if (error instanceof FiefError || error instanceof Deno.errors.NotCapable) throw error;
    host.debug?.(`${init.method ?? "GET"} ${origin}${pathname}: no answer, ${host.now() - started} ms`);
    throw unreachable(new URL(url), controller.signal.aborted ? undefined : error);
  } finally {
    clearTimeout(timer);
  }
}

async function boundedText(response: Response, origin: string): Promise<string> {
  if (response.body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  let length = 0;
  for await (const chunk of response.body) {
    length += chunk.length;
    if (length > LONGEST_BODY) { // leaving the loop cancels the rest
      throw new FiefError(
        "provider_answer_invalid",
        `"${origin}" answered with more than 1 MB`,
        "Check that the base URL is that of the server",
      );
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** No `cause`: the platform's message holds the whole URL. */
function unreachable({ origin, hostname }: URL, error: unknown): FiefError {
  const text = error instanceof Error
    ? `${error.message} ${error.cause instanceof Error ? error.cause.message : ""}`
    : "";
  const fail = (message: string, hint: string) => new FiefError("provider_unreachable", message, hint);
  if (error === undefined) {
    return fail(
      `"${origin}" ${LATE}`,
      "Try again; if it stays so, the server is down or a firewall is in between",
    );
  }
  if (/dns error|lookup address|name or service/i.test(text)) {
    return fail(`Cannot find the server "${hostname}"`, "Check the name in the base URL, and the network connection");
  }
  if (/certificate|tls|handshake|invalid peer/i.test(text)) {
    return fail(
      `Cannot trust the certificate of "${origin}"`,
      "Check the base URL; for a company's own certificate authority set DENO_TLS_CA_STORE=system or DENO_CERT=FILE",
    );
  }
  if (/refused/i.test(text)) {
    return fail(`Nobody listens at "${origin}"`, "Check the base URL, and that the server runs");
  }
  return fail(`Cannot reach "${origin}"`, "Check the base URL and the network connection, then try again");
}

/** The body as a JSON object, `undefined` where it is something else. */
export function jsonObject({ text }: Pick<Answer, "text">): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? value as Record<string, unknown>
      : undefined;
  } catch {
    return undefined;
  }
}

/** What an answer that should have been JSON was, in words. */
export function describe({ status, headers, text }: Pick<Answer, "status" | "headers" | "text">): string {
  if (status >= 300 && status < 400) {
    const target = URL.parse(headers.get("location") ?? "");
    return `a redirect${target ? ` to "${target.origin}"` : ""}`;
  }
  const kind = text.trim() === ""
    ? "an empty body"
    : /^\s*<(!doctype|html)/i.test(text)
    ? "a web page"
    : jsonObject({ text })
    ? "JSON"
    : "no JSON";
  return `status ${status} and ${kind}`;
}
