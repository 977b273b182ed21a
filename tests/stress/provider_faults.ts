// What can be wrong with a provider, as data: how it answers, and what the user is told. docs/provider-faults.md is made from it.
import { bodyFaults } from "./faults/body.ts";
import { connectionFaults } from "./faults/connection.ts";
import type { FaultGroup } from "./faults/fault.ts";
import { keysFaults } from "./faults/keys.ts";
import { metadataFaults } from "./faults/metadata.ts";
import { statusFaults } from "./faults/status.ts";
import { tokenFaults } from "./faults/token.ts";
import { userinfoFaults } from "./faults/userinfo.ts";

/** The table. */
export const FAULTS: FaultGroup[] = [
  { title: "Status and redirects", faults: statusFaults },
  { title: "Connection", faults: connectionFaults },
  { title: "Body", faults: bodyFaults },
  { title: "Metadata", faults: metadataFaults },
  { title: "Keys", faults: keysFaults },
  { title: "Tokens", faults: tokenFaults },
  { title: "Claims about the user", faults: userinfoFaults },
];
