import { FiefError } from "../errors.ts";

/**
 * The client's private key as given: a JWK, or its JSON text as the Python client takes it.
 *
 * @throws {FiefError} `encryption_key_invalid`.
 */
export function parseEncryptionKey(key: string | JsonWebKey): JsonWebKey {
  let value: unknown = key;
  try {
    if (typeof key === "string") value = JSON.parse(key);
  } catch {
    value = undefined;
  }
  const jwk = value as JsonWebKey | null | undefined;
  if (typeof jwk === "object" && jwk !== null && typeof jwk.kty === "string" && typeof jwk.d === "string") return jwk;
  throw new FiefError(
    "encryption_key_invalid",
    "The encryption key is no private JWK",
    "Give the JSON that the server showed when the key was made",
  );
}
