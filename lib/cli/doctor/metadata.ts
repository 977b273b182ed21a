import type { ProviderMetadata } from "../../provider/metadata.ts";
import { type Finding, ok, warning } from "./finding.ts";
import type { Observed } from "./observed.ts";

/** What a provider says about itself, once that has passed its checks: issuer, endpoints on https, PKCE where it is announced. */
export function describeMetadata(metadata: ProviderMetadata, observed: Observed, baseUrl: string): Finding[] {
  const text = observed.texts.get(`${baseUrl}/.well-known/openid-configuration`) ?? "{}";
  const json = JSON.parse(text) as Record<string, unknown>; // it was read before
  const findings = [
    ok("metadata", `issuer "${metadata.issuer}", all fields that a sign-in needs, endpoints where a token may go`),
  ];
  const announced = metadata.code_challenge_methods_supported?.includes("S256") === true;
  findings.push(
    ok("metadata", announced ? "PKCE with S256 is announced" : "PKCE is not announced: S256 is sent all the same"),
  );
  const grants = json["grant_types_supported"];
  if (Array.isArray(grants) && !grants.includes("refresh_token")) {
    findings.push(warning(
      "metadata",
      `the grant types (${
        grants.join(", ").slice(0, 200)
      }) are without refresh_token: a session ends with its access token`,
      "Have the grant refresh_token allowed on the server",
    ));
  }
  if (metadata.scopes_supported !== undefined && !metadata.scopes_supported.includes("offline_access")) {
    findings.push(warning(
      "metadata",
      "the scopes are without offline_access: a session may end with its access token",
      "Have the scope offline_access allowed on the server",
    ));
  }
  const ways: [what: string, endpoint: string | undefined][] = [
    ["sign-in by a code", metadata.device_authorization_endpoint],
    ["revocation of tokens", metadata.revocation_endpoint],
    ["end of the browser's session", metadata.end_session_endpoint],
  ];
  const offered = (yes: boolean) =>
    ways.filter(([, endpoint]) => (endpoint !== undefined) === yes).map(([what]) => what);
  const list = (names: string[]) => names.join(", ") || "none";
  findings.push(ok("metadata", `offered: ${list(offered(true))}; not offered: ${list(offered(false))}`));
  return findings;
}
