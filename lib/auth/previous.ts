import type { Credentials } from "../credentials/format.ts";
import type { Party } from "./session.ts";

/** What the last sign-in leaves to the next one of the same client at the same server. */
export interface Previous {
  /** Who is signed in; absent after a logout. */
  readonly sub?: string;
  /** Scopes that were asked for beside `openid` and `offline_access`. */
  readonly scope: string[];
  /** Origins that were named. */
  readonly apiOrigins: string[];
}

/** Reads it from the credentials as they are: nothing of another server or client. */
export function previousOf(current: Credentials | undefined, { baseUrl, clientId }: Party): Previous {
  const record = current?.fief_auth;
  if (record?.base_url !== baseUrl || record.client_id !== clientId) return { scope: [], apiOrigins: [] };
  const { userinfo } = current ?? {};
  return {
    ...userinfo ? { sub: userinfo.sub } : {},
    scope: record.asked_scope?.split(" ").filter(Boolean) ?? [],
    apiOrigins: record.api_origins ?? [],
  };
}

/** The member that keeps the scopes for the next sign-in; none where there are but those of every sign-in. */
export function askedScope(scope: string[]): { asked_scope?: string } {
  const own = scope.filter((name) => name !== "openid" && name !== "offline_access");
  return own.length === 0 ? {} : { asked_scope: own.join(" ") };
}
