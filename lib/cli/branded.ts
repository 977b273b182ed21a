import { type App, fixedOptions } from "./app.ts";
import type { Command } from "./command.ts";

/**
 * A built-in command whose help speaks of this CLI and its variables, in place of `fief-auth` and `FIEF_...`, and whose examples use no
 * option that it does not have.
 */
export function branded(command: Command, app: App): Command {
  const { name, environmentPrefix } = app;
  const gone = fixedOptions(app).map((option) => new RegExp(` --${option} \\S+`, "g"));
  const own = (text: string) => text.replaceAll("fief-auth", name).replaceAll("FIEF_", `${environmentPrefix}_`);
  const options = Object.entries(command.options ?? {}).map(([key, option]) =>
    [key, { ...option, help: own(option.help) }] as const
  );
  return {
    ...command,
    summary: own(command.summary),
    examples: [...new Set(command.examples.map((example) => gone.reduce(without, own(example))))],
    ...command.description === undefined ? {} : { description: command.description.map(own) },
    ...command.options === undefined ? {} : { options: Object.fromEntries(options) },
  };
}

function without(text: string, part: RegExp): string {
  return text.replaceAll(part, "");
}
