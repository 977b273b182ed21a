import { FiefError } from "../../errors.ts";
import { listen } from "../../signin/callback_server.ts";
import { failed, type Finding, ok, unneeded } from "./finding.ts";

/** What came of looking at the ports. */
export interface CheckedPorts {
  findings: Finding[];
  /** The redirect URIs as a sign-in would send them. */
  sent: SentRedirect[];
  /** The one that a sign-in would use now. */
  used?: SentRedirect;
}

/** A redirect URI. */
export interface SentRedirect {
  /** As it was given. */
  askedFor: string;
  /** As a sign-in sends it: with a real port where any is taken. */
  redirectUri: string;
}

/** Whether a sign-in could listen at each redirect URI: the first that is free is used. */
export async function checkPorts(redirectUris: string[], app: string): Promise<CheckedPorts> {
  const findings: Finding[] = [];
  const sent: SentRedirect[] = redirectUris.map((redirectUri) => ({ askedFor: redirectUri, redirectUri }));
  let used: SentRedirect | undefined;
  for (const [index, each] of sent.entries()) {
    try {
      {
        await using server = await listen(each.askedFor, app);
        each.redirectUri = server.redirectUri;
      }
      findings.push(ok("port", `${each.redirectUri} is free${addressesOf(each.redirectUri)}`));
      used ??= each;
    } catch (error) {
      const finding = failed("port", error, app);
      const goesOn = used !== undefined ||
        error instanceof FiefError && error.code === "redirect_port_taken" && index < redirectUris.length - 1;
      findings.push(goesOn ? unneeded(finding, "another redirect URI is used") : finding);
      if (!goesOn) break;
    }
  }
  return { findings, sent, ...used === undefined ? {} : { used } };
}

/** A machine without IPv6 has one address to listen at. */
function addressesOf(redirectUri: string): string {
  const { hostname, port } = new URL(redirectUri);
  if (hostname !== "localhost") return ` on ${hostname}`;
  try {
    Deno.listen({ hostname: "::1", port: Number(port || 80) }).close();
    return " on 127.0.0.1 and ::1";
  } catch {
    return " on 127.0.0.1; this machine has no ::1";
  }
}
