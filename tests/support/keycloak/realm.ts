// The realm of the tests: refresh tokens that are single use, public clients with PKCE, and users of whom some may have offline tokens.

/** The password of every user. */
export const PASSWORD = "correct horse battery staple";

/** Name of the realm. */
export const REALM = "acme";

/** What a client differs in. */
interface ClientOptions {
  consentRequired?: boolean;
  attributes?: Record<string, string>;
  optionalClientScopes?: string[];
}

function client(clientId: string, { attributes = {}, ...more }: ClientOptions = {}) {
  return {
    clientId,
    publicClient: true,
    standardFlowEnabled: true,
    directAccessGrantsEnabled: false,
    // RFC 8252 section 7.3: any port of this address.
    redirectUris: ["http://127.0.0.1/callback"],
    ...more,
    attributes: {
      "pkce.code.challenge.method": "S256",
      "oauth2.device.authorization.grant.enabled": "true",
      ...attributes,
    },
  };
}

/** The clients by what is special about them. */
export const CLIENTS = {
  /** As it comes. */
  usual: "cli",
  /** Access tokens that live for 5 s. */
  brief: "brief",
  /** Sessions that end after 8 s, offline ones too. */
  passing: "passing",
  /** The user is asked to consent. */
  consent: "consent",
  /** May not ask for the scope offline_access at all. */
  online: "online",
} as const;

/** A user, by the name that is typed. */
export function user(username: string, realmRoles: string[]) {
  return {
    username,
    email: `${username}@example.com`,
    firstName: username,
    lastName: "Example",
    emailVerified: true,
    enabled: true,
    realmRoles,
    credentials: [{ type: "password", value: PASSWORD, temporary: false }],
  };
}

/** As Keycloak's admin API takes it. */
export function realm(): Record<string, unknown> {
  return {
    realm: REALM,
    enabled: true,
    sslRequired: "none",
    accessTokenLifespan: 300,
    revokeRefreshToken: true,
    refreshTokenMaxReuse: 0,
    offlineSessionMaxLifespanEnabled: true,
    eventsEnabled: true,
    enabledEventTypes: ["REFRESH_TOKEN", "REFRESH_TOKEN_ERROR"],
    clients: [
      client(CLIENTS.usual),
      client(CLIENTS.brief, { attributes: { "access.token.lifespan": "5" } }),
      client(CLIENTS.passing, {
        attributes: {
          "access.token.lifespan": "4",
          "client.session.max.lifespan": "8",
          "client.offline.session.max.lifespan": "8",
        },
      }),
      client(CLIENTS.consent, { consentRequired: true }),
      client(CLIENTS.online, { optionalClientScopes: ["address"] }),
    ],
    users: [user("anne", ["offline_access"]), user("bob", [])],
  };
}
