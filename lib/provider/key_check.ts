import * as jose from "jose";
import { ASYMMETRIC } from "./algorithms.ts";
import { Keys } from "./keys.ts";
import type { ProviderHost } from "./requests.ts";

/** What a provider's published keys are good for. */
export interface PublishedKeys {
  /** How many there are. */
  published: number;
  /** The algorithms of those that signatures can be checked with, one for each such key. */
  usable: string[];
}

/** The algorithm to try a key with that names none. */
const BY_CURVE: Record<string, string> = { "P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "Ed25519": "EdDSA" };

/**
 * Asks for a provider's keys, and tries each of them.
 *
 * @throws {FiefError} As a sign-in does where they cannot be had.
 */
export async function checkPublishedKeys(jwksUri: string, host: ProviderHost): Promise<PublishedKeys> {
  const keys = await new Keys(() => Promise.resolve(jwksUri), host).published();
  const algorithms = await Promise.all(keys.map(algorithmOf));
  return { published: keys.length, usable: algorithms.filter((algorithm) => algorithm !== undefined) };
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
