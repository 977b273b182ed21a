// The admin API of a Fief server.
import { assert } from "@std/assert";
import { quietPort } from "../loopback.ts";
import { PASSWORD } from "./server.ts";

/** A tenant of the server. */
export interface Tenant {
  id: string;
  /** Base URL, with the tenant's path. */
  baseUrl: string;
}

/** A public client. */
export interface Client {
  id: string;
  clientId: string;
  /** Base URL of its tenant. */
  baseUrl: string;
  redirectUri: string;
}

/** What a client may be made with. */
export interface ClientOptions {
  tenant?: Tenant;
  /** By default true: no consent is asked for. */
  firstParty?: boolean;
  /** Seconds that access and ID tokens live. */
  accessTokenLifetime?: number;
  /** Seconds that refresh tokens live. */
  refreshTokenLifetime?: number;
}

/** A user. */
export interface User {
  id: string;
  email: string;
}

/** What an administrator can do. */
export interface AdminApi {
  readonly mainTenant: Tenant;
  addTenant(name: string): Promise<Tenant>;
  /** Its redirect URI is on a port that was free. */
  addClient(options?: ClientOptions): Promise<Client>;
  removeClient(client: Client): Promise<void>;
  /** From now on the ID tokens of this client are encrypted. Gives the private key, as the server shows it once. */
  encryptIdTokens(client: Client): Promise<JsonWebKey>;
  /** A user with an address of their own and {@linkcode PASSWORD}. */
  addUser(tenant?: Tenant): Promise<User>;
  removeUser(user: User): Promise<void>;
  /** Makes the permission, and gives it to a user. */
  permit(user: User, permission: string): Promise<void>;
  /** Makes a text that users may have, and may change. */
  addUserField(slug: string): Promise<void>;
}

/** Reads what is there already. */
export async function adminApi(baseUrl: string, key: string): Promise<AdminApi> {
  const call = async (method: string, path: string, body?: unknown): Promise<Record<string, unknown>> => {
    const response = await fetch(`${baseUrl}/admin/api${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      signal: AbortSignal.timeout(60_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    assert(response.ok, `${method} ${path}: status ${response.status}, ${text}`);
    return text === "" ? {} : JSON.parse(text);
  };
  const tenantOf = ({ id, slug, default: main }: Record<string, unknown>): Tenant => ({
    id: String(id),
    baseUrl: main === true ? baseUrl : `${baseUrl}/${slug}`,
  });
  const { results } = await call("GET", "/tenants/");
  const mainTenant = tenantOf((results as Record<string, unknown>[]).find((tenant) => tenant["default"] === true)!);
  let users = 0;
  return {
    mainTenant,
    addTenant: async (name) =>
      tenantOf(
        await call("POST", "/tenants/", {
          name,
          registration_allowed: true,
          theme_id: null,
          logo_url: null,
          application_url: null,
          oauth_providers: [],
        }),
      ),
    addClient: async ({ tenant = mainTenant, firstParty = true, accessTokenLifetime, refreshTokenLifetime } = {}) => {
      const redirectUri = `http://localhost:${quietPort()}/callback`;
      const { id, client_id } = await call("POST", "/clients/", {
        name: "castles",
        first_party: firstParty,
        client_type: "public",
        redirect_uris: [redirectUri],
        tenant_id: tenant.id,
        ...(accessTokenLifetime === undefined ? {} : { access_id_token_lifetime_seconds: accessTokenLifetime }),
        ...(refreshTokenLifetime === undefined ? {} : { refresh_token_lifetime_seconds: refreshTokenLifetime }),
      });
      return { id: String(id), clientId: String(client_id), baseUrl: tenant.baseUrl, redirectUri };
    },
    removeClient: async ({ id }) => void await call("DELETE", `/clients/${id}`),
    encryptIdTokens: async ({ id }) => await call("POST", `/clients/${id}/encryption-key`, {}) as JsonWebKey,
    addUser: async (tenant = mainTenant) => {
      const email = `anne${++users}@example.com`;
      const { id } = await call("POST", "/users/", {
        email,
        email_verified: true,
        password: PASSWORD,
        is_active: true,
        fields: {},
        tenant_id: tenant.id,
      });
      return { id: String(id), email };
    },
    removeUser: async ({ id }) => void await call("DELETE", `/users/${id}`),
    permit: async (user, permission) => {
      const { id } = await call("POST", "/permissions/", { name: permission, codename: permission });
      await call("POST", `/users/${user.id}/permissions`, { id });
    },
    addUserField: async (slug) => {
      const configuration = { at_registration: false, required: false, at_update: true, default: null };
      await call("POST", "/user-fields/", { name: slug, slug, type: "STRING", configuration });
    },
  };
}
