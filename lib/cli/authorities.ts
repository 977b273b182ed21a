import { FiefError } from "../errors.ts";
import { type Host, realFetch } from "../host.ts";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/**
 * A fetch that trusts the certificate authorities in a file too, beside those that Deno trusts.
 *
 * @param named What `--ca` says; else the variable does. Where neither does, it is the host's own.
 */
export async function fetchTrusting(
  named: string | undefined,
  variable: string,
  host: Pick<Host, "env" | "fetch" | "debug">,
): Promise<Host["fetch"]> {
  const certificates = await namedAuthorities(named, variable, host);
  return certificates.length === 0 ? host.fetch : realFetch(certificates);
}

/** The certificates in the file that `--ca` or the variable names; none where neither does. */
export async function namedAuthorities(
  named: string | undefined,
  variable: string,
  host: Pick<Host, "env" | "debug">,
): Promise<string[]> {
  const path = named ?? host.env(variable);
  if (path === undefined) return [];
  const certificates = await authoritiesIn(path);
  host.debug?.(`trusting the authorities in "${path}" too: ${certificates.length}`);
  return certificates;
}

/**
 * The certificates in a PEM file.
 *
 * @throws {FiefError} `usage_invalid`, which says what was met; `permission_missing` comes from Deno.
 */
export async function authoritiesIn(path: string): Promise<string[]> {
  const text = await Deno.readTextFile(path).catch((error) => {
    if (error instanceof Deno.errors.NotCapable) throw error;
    const missing = error instanceof Deno.errors.NotFound;
    throw invalid(path, missing ? "is not there" : "cannot be read", "Check the path, and who owns the file");
  });
  const certificates = text.match(CERTIFICATE) ?? [];
  if (certificates.length === 0) {
    const hint = "Give one in PEM form; for another form: openssl x509 -inform der -in FILE -out ca.pem";
    throw invalid(path, "holds no certificate", hint);
  }
  try {
    Deno.createHttpClient({ caCerts: certificates }).close();
  } catch {
    throw invalid(path, "holds a certificate that cannot be used", "Get the file again from whoever gave it");
  }
  return certificates;
}

function invalid(path: string, what: string, hint: string): FiefError {
  return new FiefError("usage_invalid", `The file of certificate authorities "${path}" ${what}`, hint);
}
