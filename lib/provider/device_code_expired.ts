import { FiefError } from "../errors.ts";

/** Nobody has signed in while the code was good. */
export function deviceCodeExpired(): FiefError {
  return new FiefError("sign_in_timed_out", "Nobody signed in before the code expired", "Sign in again");
}
