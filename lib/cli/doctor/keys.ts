import { FiefError } from "../../errors.ts";
import { ASYMMETRIC } from "../../provider/algorithms.ts";
import type { Fief } from "../../provider/fief.ts";
import type { ProviderMetadata } from "../../provider/metadata.ts";
import { publishedKeysOf } from "../new_fief.ts";
import { failed, type Finding, ok } from "./finding.ts";

/** The server's public keys: whether there is one that an ID token's signature can be checked with. */
export async function checkKeys({ jwks_uri }: ProviderMetadata, fief: Fief, app: string): Promise<Finding> {
  try {
    const { published, usable } = await publishedKeysOf(fief, jwks_uri);
    const found = `${published} from the server, ${usable.length} to check signatures with`;
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
