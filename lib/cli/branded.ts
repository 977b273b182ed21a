import type { App } from "./app.ts";
import type { Command } from "./command.ts";

/** A built-in command whose help speaks of this CLI and its variables, in place of `fief-auth` and `FIEF_...`. */
export function branded(command: Command, { name, environmentPrefix }: App): Command {
  const own = (text: string) => text.replaceAll("fief-auth", name).replaceAll("FIEF_", `${environmentPrefix}_`);
  const options = Object.entries(command.options ?? {}).map(([key, option]) =>
    [key, { ...option, help: own(option.help) }] as const
  );
  return {
    ...command,
    summary: own(command.summary),
    examples: command.examples.map(own),
    ...command.description === undefined ? {} : { description: command.description.map(own) },
    ...command.options === undefined ? {} : { options: Object.fromEntries(options) },
  };
}
