import { exportJWK, generateKeyPair } from "jose";
import { DatabaseSync } from "node:sqlite";
import type { Tenant } from "./admin.ts";
import type { FiefServer } from "./server.ts";

/** Gives a tenant another signing key. Fief has no button for it: whoever does it, does it in the database. */
export async function rotateKey(fief: FiefServer, tenant: Tenant): Promise<void> {
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  const key = { ...await exportJWK(privateKey), use: "sig", kid: crypto.randomUUID() };
  const database = new DatabaseSync(fief.database);
  try {
    const change = database.prepare("UPDATE fief_tenants SET sign_jwk = ? WHERE id = ?");
    const { changes } = change.run(JSON.stringify(key), tenant.id);
    if (changes !== 1) throw new Error(`Expected one tenant, changed ${changes}`);
  } finally {
    database.close();
  }
}
