import { FiefError } from "../errors.ts";
import type { BrowserChoice } from "../signin/browser.ts";
import type { OptionDefinition } from "./command.ts";

/** The options of commands that open a browser. */
export const BROWSER_OPTIONS = {
  "no-browser": { kind: "flag", help: "Print the address, open nothing" },
  browser: { kind: "text", value: "CMD", help: "Open the address with this command; %s in it is the address" },
} as const satisfies Record<string, OptionDefinition>;

/** What their values say. */
export function browserChoiceOf(options: { "no-browser": boolean; browser: string | undefined }): BrowserChoice {
  const { "no-browser": none, browser: command } = options;
  if (none && command !== undefined) {
    throw new FiefError("usage_invalid", "--no-browser and --browser exclude each other", "Give one of the two");
  }
  if (command?.trim() === "") {
    throw new FiefError("usage_invalid", "The command of --browser is empty", "Name a program: --browser firefox");
  }
  return none ? "never" : command === undefined ? "auto" : { command };
}
