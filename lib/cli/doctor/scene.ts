import type { Host } from "../../host.ts";
import type { App } from "../app.ts";
import type { NamedFiles } from "../command.ts";
import type { NewFief } from "../new_fief.ts";

/** What the checks look at. */
export interface Scene {
  app: App;
  files: NamedFiles;
  /** What the command line says of the server; the same options as those of `login`. */
  named: { baseUrl: string | undefined; clientId: string | undefined; redirectUris: string[] };
  host: Host;
  /** Makes the client of the server that is asked. */
  newFief: NewFief;
}
