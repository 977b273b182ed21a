import { inWords } from "../../auth/clock_line.ts";
import { isLoopback } from "../../provider/base_url.ts";
import type { Fief } from "../../provider/fief.ts";
import type { ProviderMetadata } from "../../provider/metadata.ts";
import { type FailedPart, NotSentError } from "../../provider/requests.ts";
import { PROXY_VARIABLES, proxyFor, shownProxy } from "../../proxy.ts";
import { variable } from "../../signin/environment.ts";
import type { Host } from "../../host.ts";
import { failed, type Finding, ok, skipped, warning } from "./finding.ts";
import { describeMetadata } from "./metadata.ts";
import type { Observed } from "./observed.ts";

/** Milliseconds to find out which address a name has. */
const LOOK_UP = 4_000;
/** Seconds by which two clocks may differ unsaid, as everywhere. */
const AGREEMENT = 60;

/**
 * The way to the server. It is gone once, as a sign-in does: with the request for the metadata. Where that fails it says which part of the
 * way failed; what comes after that part is skipped.
 */
export async function checkNetwork(
  fief: Fief,
  observed: Observed,
  app: string,
): Promise<{ findings: Finding[]; metadata?: ProviderMetadata }> {
  const url = new URL(fief.baseUrl);
  const proxy = proxyOf(url, fief.host);
  const [address, outcome] = await Promise.all([
    proxy === undefined ? addressOf(url) : undefined,
    fief.metadata().then((metadata) => ({ metadata }), (error) => ({ error })),
  ]);
  const error = "error" in outcome ? outcome.error : undefined;
  const part = error instanceof NotSentError ? error.part : undefined;
  const broken = (name: string, at: FailedPart) => part === at ? failed(name, error, app) : undefined;
  const nothing = (name: string) => skipped(name, "there is no connection to the server");
  return {
    ..."metadata" in outcome ? { metadata: outcome.metadata } : {},
    findings: [
      broken("proxy", "proxy") ?? describeProxies(proxy, fief.host),
      broken("DNS", "name") ?? dns(url, proxy !== undefined, part, address),
      broken("TLS", "tls") ?? tls(url, observed.answered) ?? nothing("TLS"),
      clock(observed) ?? nothing("clock"),
      ..."metadata" in outcome
        ? describeMetadata(outcome.metadata, observed, fief.baseUrl)
        : [part === undefined || part === "connection" ? failed("metadata", error, app) : nothing("metadata")],
    ],
  };
}

function proxyOf(url: URL, host: Host): ReturnType<typeof proxyFor> {
  return isLoopback(url.hostname) ? undefined : proxyFor(url, (name) => variable(host, name));
}

function describeProxies(proxy: ReturnType<typeof proxyFor>, host: Host): Finding {
  const named = PROXY_VARIABLES.flatMap((name) => {
    const value = variable(host, name);
    return value === undefined ? [] : [`${name}=${shownProxy(value)}`];
  });
  const exempt = ["NO_PROXY", "no_proxy"].flatMap((name) => {
    const value = variable(host, name);
    return value === undefined ? [] : [`${name}=${value}`];
  });
  const set = [...named, ...exempt].join(", ");
  if (proxy !== undefined) return ok("proxy", `requests to the server go through ${proxy.address} (${set})`);
  // NO_PROXY alone sets none, and may be what this run itself has set to keep requests on this machine.
  return ok("proxy", named.length === 0 ? "none is set" : `none for this server (${set})`);
}

function dns(url: URL, proxied: boolean, part: FailedPart | undefined, address: string | undefined): Finding {
  if (proxied) return skipped("DNS", "the proxy looks up the server's name");
  const host = url.hostname;
  if (/^(\[.*\]|\d+(\.\d+){3})$/.test(host)) return ok("DNS", `${host} is an address: there is nothing to look up`);
  if (address !== undefined) return ok("DNS", `${host} is ${address}`);
  return part === "connection" || part === "tls"
    ? ok("DNS", `${host} is known`)
    : skipped("DNS", `the address of ${host} did not come to be known`);
}

function tls(url: URL, answered: boolean): Finding | undefined {
  if (url.protocol === "http:") return skipped("TLS", "the server is on plain http, on this machine");
  return answered ? ok("TLS", `the certificate of ${url.host} is trusted`) : undefined;
}

function clock({ clockOffset, answered }: Observed): Finding | undefined {
  if (clockOffset === undefined) return answered ? skipped("clock", "the server does not tell the time") : undefined;
  const side = clockOffset > 0 ? "behind" : "ahead of";
  const seconds = Math.abs(clockOffset);
  if (seconds <= AGREEMENT) return ok("clock", `${seconds} s ${seconds === 0 ? "from" : side} the server's`);
  return warning(
    "clock",
    `${seconds} s${seconds < 120 ? "" : ` (${inWords(seconds)})`} ${side} the server's: sign-in goes by the server's`,
    "Set date and time of this machine: certificates and other programs go by them",
  );
}

/** The address that the system gives for the name: the one that answers. Asking a name server itself would take permission to reach it. */
async function addressOf({ hostname, port, protocol }: URL): Promise<string | undefined> {
  const where = {
    hostname: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port || (protocol === "https:" ? 443 : 80)),
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => timer = setTimeout(() => resolve(undefined), LOOK_UP));
  const connected = Deno.connect(where).then((connection) => {
    const { remoteAddr } = connection;
    connection.close();
    return remoteAddr.hostname;
  }, () => undefined);
  try {
    return await Promise.race([connected, late]);
  } finally {
    clearTimeout(timer);
  }
}
