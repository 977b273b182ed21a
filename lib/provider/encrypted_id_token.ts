import * as jose from "jose";
import { FiefError, FiefIdTokenInvalid } from "../errors.ts";

const NO_KEY = "no encryption key is set";
const GIVE_KEY = "Give the client's encryption key as encryptionKey";

/** Whether an ID token is a JWE, which has five parts (RFC 7516 section 3.1). */
export function isEncrypted(idToken: string): boolean {
  return idToken.split(".").length === 5;
}

/**
 * The signed token inside of an encrypted one.
 *
 * @throws {FiefIdTokenInvalid} Where there is no key, or another one.
 * @see OpenID Connect Core section 3.1.3.7 item 1
 */
export async function decrypted(idToken: string, encryptionKey: JsonWebKey | undefined): Promise<string> {
  if (encryptionKey === undefined) throw new FiefIdTokenInvalid(`The ID token is encrypted and ${NO_KEY}`, GIVE_KEY);
  try {
    const key = await jose.importJWK({ alg: "RSA-OAEP-256", ...encryptionKey } as jose.JWK);
    return new TextDecoder().decode((await jose.compactDecrypt(idToken, key)).plaintext);
  } catch {
    throw new FiefIdTokenInvalid(
      "The ID token cannot be decrypted with the encryption key that is set",
      "Check that the key is this client's",
    );
  }
}

/**
 * Before a refresh: whoever cannot read the session's ID token will not be able to read the next one, and the refresh token would be spent
 * for nothing.
 *
 * @throws {FiefError} `encryption_key_invalid`.
 */
export async function assertReadable(idToken: string, encryptionKey: JsonWebKey | undefined): Promise<void> {
  if (!isEncrypted(idToken)) return;
  const refuse = (why: string, hint: string) =>
    new FiefError(
      "encryption_key_invalid",
      `Cannot refresh: the ID tokens of this client are encrypted, and ${why}`,
      hint,
    );
  if (encryptionKey === undefined) throw refuse(NO_KEY, GIVE_KEY);
  try {
    await decrypted(idToken, encryptionKey);
  } catch {
    throw refuse(
      "the encryption key that is set is another one",
      "Give this client's key; where it was replaced on the server, sign in again",
    );
  }
}
