import type { Context } from "../command.ts";

/** What one of the programs asks for that `credential` answers. */
export interface CredentialRequest {
  context: Context;
  /** The word behind the program's name; empty where there is none. */
  what: string;
  /** Origins that may see the token. */
  origins: string[];
  /** Name of the user, where a program wants one. */
  username: string;
  /** Seconds that the token must still live, where the user says. */
  minValid: number | undefined;
}
