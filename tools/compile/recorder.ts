// Takes the place of `@fief/auth/cli` while `compile` asks a program what CLI it is: the program runs as always, and `cli()` tells of it.
import { appOf, type CliOptions } from "../../lib/cli/app.ts";
import { VERSION } from "../../lib/version.ts";
import { MARK, type RecordedApp } from "./recorded_app.ts";

export * from "../../lib/cli/mod.ts";

/** Prints what the CLI is built from, and does nothing else. */
export function cli(options: CliOptions): Promise<number> {
  const {
    name,
    baseUrl,
    clientId,
    apiOrigins,
    redirectUris,
    allowOverride,
    encryptionKey,
    environmentPrefix,
    commands,
  } = appOf(options, VERSION);
  const recorded: RecordedApp = {
    ...{ name, baseUrl, clientId, apiOrigins, redirectUris, allowOverride, environmentPrefix },
    hasEncryptionKey: encryptionKey !== undefined,
    needs: Object.values(commands).flatMap((command) => command.needs ?? []),
  };
  console.log(`${MARK}${JSON.stringify(recorded)}`);
  return Promise.resolve(0);
}
