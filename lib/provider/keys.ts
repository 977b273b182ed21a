import * as jose from "jose";
import { FiefError } from "../errors.ts";
import { ASYMMETRIC } from "./algorithms.ts";
import { describe, failureOf, jsonObject, shown } from "./answer.ts";
import { type ProviderHost, send } from "./requests.ts";

/** Milliseconds between two times that the key set is asked for again because a key id is unknown. */
const REFETCH_AFTER = 60_000;

/** The provider's public keys, fetched once, and again where a key id is unknown: they may have been rotated. At most once a minute. */
export class Keys {
  readonly #url: () => Promise<string>;
  readonly #host: ProviderHost;
  #keySet: jose.JSONWebKeySet | undefined;
  #fetching: Promise<jose.JSONWebKeySet> | undefined;
  #askedAgainAt = -Infinity;

  constructor(url: () => Promise<string>, host: ProviderHost) {
    this.#url = url;
    this.#host = host;
  }

  /** Fetches them ahead of the first use. */
  async load(): Promise<void> {
    await this.published();
  }

  /** What the provider publishes, as it is. */
  async published(): Promise<jose.JWK[]> {
    return (this.#keySet ?? await this.#fetch()).keys;
  }

  /**
   * Verifies the signature of a JWT with the key that its header names. Keys that the token brings along or points to (`jwk`, `jku`, `x5u`) do
   * not count.
   *
   * @returns Whether the signature is good, and if not, why.
   * @see RFC 7515 section 5.2, RFC 8725 sections 3.1 and 3.10
   */
  async verify(jwt: string): Promise<{ ok: true } | { ok: false; why: string }> {
    const atHand = this.#keySet;
    const result = await verifyWith(jwt, atHand ?? await this.#fetch());
    // Keys that were fetched for this very token are the newest.
    if (result.ok || !result.unknownKey || atHand === undefined || !this.#mayAskAgain()) return result;
    if (this.#fetching === undefined) this.#askedAgainAt = this.#host.now();
    // The keys at hand stay good where no newer ones can be had: anybody can send a token with a key id that nobody knows.
    const newer = await this.#fetch().catch(() => undefined);
    return newer === undefined ? result : await verifyWith(jwt, newer);
  }

  #mayAskAgain(): boolean {
    return this.#fetching !== undefined || this.#host.now() - this.#askedAgainAt >= REFETCH_AFTER;
  }

  /** Whoever asks meanwhile gets the same answer. */
  #fetch(): Promise<jose.JSONWebKeySet> {
    this.#fetching ??= this.#ask().then((keySet) => this.#keySet = keySet).finally(() => this.#fetching = undefined);
    return this.#fetching;
  }

  async #ask(): Promise<jose.JSONWebKeySet> {
    const url = await this.#url();
    const answer = await send(this.#host, url, { headers: { accept: "application/json" } });
    const failure = failureOf(answer, `keys from "${shown(url)}"`);
    if (failure) throw failure;
    const json = jsonObject(answer);
    const keys = json?.["keys"];
    if (answer.status !== 200 || !Array.isArray(keys) || !keys.every(isKey)) {
      throw new FiefError(
        "provider_answer_invalid",
        `Expected keys from "${shown(url)}", got ${describe(answer)}`,
        "Try again; if it stays so, tell whoever runs the server",
      );
    }
    return { keys };
  }
}

function isKey(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

type Verified = { ok: true } | { ok: false; why: string; unknownKey: boolean };

async function verifyWith(jwt: string, keySet: jose.JSONWebKeySet): Promise<Verified> {
  try {
    // RFC 7515 section 4.1.11. jose would take `b64`, which RFC 7797 section 7 forbids in a JWT.
    if (jose.decodeProtectedHeader(jwt).crit !== undefined) {
      return { ok: false, why: 'demands what is not known here (header "crit")', unknownKey: false };
    }
    await jose.compactVerify(jwt, jose.createLocalJWKSet(keySet), { algorithms: ASYMMETRIC });
    return { ok: true };
  } catch (error) {
    // Nothing is fetched here, so it is the token or the key. Of a damaged key WebCrypto tells in words of its own.
    const code = error instanceof jose.errors.JOSEError ? error.code : undefined;
    return { ok: false, why: whyNot(code), unknownKey: code === "ERR_JWKS_NO_MATCHING_KEY" };
  }
}

function whyNot(code: string | undefined): string {
  switch (code) {
    case "ERR_JOSE_ALG_NOT_ALLOWED":
      return "is not signed with a key pair";
    case "ERR_JWKS_NO_MATCHING_KEY":
      return "is signed with a key that the server does not publish";
    case "ERR_JWS_SIGNATURE_VERIFICATION_FAILED":
      return "has a signature that does not match";
    default:
      return "has a signature that cannot be checked";
  }
}
