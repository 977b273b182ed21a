import { displayName } from "../auth/session.ts";
import type { Profile } from "./profiles.ts";

/**
 * A profile as cells; a star marks the one in use. Who comes last: names may be of any script, and no column after them has to begin at the
 * same place.
 */
export function profileCells({ name, inUse, signedIn, baseUrl, user, unreadable }: Profile): string[] {
  const state = unreadable ? "cannot be read" : signedIn ? "signed in" : "not signed in";
  const who = unreadable ? unreadable.message : user ? displayName(user) : "";
  return [`${inUse ? "*" : " "} ${name}`, state, baseUrl ?? "", who];
}
