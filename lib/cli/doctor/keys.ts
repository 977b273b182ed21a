import * as jose from "jose";
import { FiefError } from "../../errors.ts";
import type { Host } from "../../host.ts";
import { ASYMMETRIC, Keys } from "../../provider/keys.ts";
import type { ProviderMetadata } from "../../provider/metadata.ts";
import { failed, type Finding, ok } from "./finding.ts";
import type { Observed } from "./observed.ts";

/** The algorithm to try a key with that names none. */
const BY_CURVE: Record<string, string> = { "P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "Ed25519": "EdDSA" };

/** The server's public keys: whether there is one that an ID token's signature can be checked with. */
export async function checkKeys(
  { jwks_uri }: ProviderMetadata,
  host: Host,
  observed: Observed,
  app: string,
): Promise<Finding> {
  try {
    await new Keys(() => Promise.resolve(jwks_uri), host).load();
    const { keys } = JSON.parse(observed.texts.get(jwks_uri) ?? '{"keys":[]}') as { keys: jose.JWK[] };
    const usable = (await Promise.all(keys.map(algorithmOf))).filter((algorithm) => algorithm !== undefined);
    const found = `${keys.length} from the server, ${usable.length} to check signatures with`;
    if (usable.length > 0) return ok("keys", `${found}: ${[...new Set(usable)].join(", ")}`);
    throw new FiefError(
      "id_token_invalid",
      `${found}: no ID token can be checked`,
      `Tell whoever runs the server: it has to sign with one of ${ASYMMETRIC.join(", ")}`,
    );
  } catch (error) {
    return failed("keys", error, app);
  }
}

/** What a key is good for, `undefined` where it is of no use here. */
async function algorithmOf(key: jose.JWK): Promise<string | undefined> {
  const algorithm = key.alg ?? (key.kty === "RSA" ? "RS256" : BY_CURVE[key.crv ?? ""]);
  if (algorithm === undefined || !ASYMMETRIC.includes(algorithm) || (key.use ?? "sig") !== "sig") return undefined;
  try {
    const imported = await jose.importJWK(key, algorithm);
    if (!(imported instanceof CryptoKey)) return undefined;
    const { name, modulusLength = 2048 } = imported.algorithm as { name: string; modulusLength?: number };
    // A damaged key shows only when it is used. The answer is no, of course.
    await crypto.subtle.verify({ name, hash: "SHA-256", saltLength: 32 }, imported, new Uint8Array(), new Uint8Array());
    return modulusLength < 2048 ? undefined : algorithm; // RFC 7518 section 3.3
  } catch {
    return undefined;
  }
}
