import { FiefError } from "../errors.ts";
import type { Host } from "../host.ts";
import { isRefused, variable } from "./environment.ts";
import { namedBrowsers, openerOf, platformOpeners } from "./opener.ts";

/** Whether to open a browser: where a person can see it, never, or by this command line. */
export type BrowserChoice = "auto" | "never" | { command: string };

/** What became of it. */
export type Opened = { opened: true } | { opened: false; reason: string };

/**
 * Variables that a browser must not inherit: the loader's would bend it, the secrets are none of its business. Only such as mean nothing when
 * they are empty: LD_TRACE_LOADED_OBJECTS, say, would keep the program from running.
 */
const EMPTIED = [
  "LD_PRELOAD",
  "LD_LIBRARY_PATH",
  "LD_AUDIT",
  "LD_BIND_NOW",
  "LD_DEBUG",
  "DYLD_INSERT_LIBRARIES",
  "DYLD_LIBRARY_PATH",
  "DYLD_FRAMEWORK_PATH",
  "FIEF_ACCESS_TOKEN",
  "FIEF_ENCRYPTION_KEY",
];

/**
 * Opens a URL in a browser. The URL is one argument, no shell ever sees it.
 *
 * @param url http or https.
 * @throws {FiefError} `usage_invalid` where the command that was chosen names no program.
 * @see RFC 8252 section 6
 */
export async function openBrowser(
  url: string,
  choice: BrowserChoice,
  host: Pick<Host, "env" | "os" | "run" | "stderr" | "openBrowser" | "debug">,
): Promise<Opened> {
  if (choice === "never") return { opened: false, reason: "no browser was wanted" };
  if (!/^https?:\/\/[^\s"'<>\\^`{|}]+$/.test(url)) {
    throw new FiefError("unforeseen", "The address for the browser is none", "This is a bug: report it");
  }
  if (host.openBrowser) {
    return await host.openBrowser(url) ? { opened: true } : { opened: false, reason: "no browser could be opened" };
  }
  const chosen = typeof choice === "object" ? choice.command : undefined;
  if (chosen !== undefined && openerOf(chosen, url) === undefined) {
    throw new FiefError(
      "usage_invalid",
      `"${chosen}" is no program that opens a browser`,
      "Name a program, firefox say",
    );
  }
  const hidden = whyNoBrowser(choice, host);
  if (hidden !== undefined) return { opened: false, reason: hidden };
  const named = chosen === undefined ? namedBrowsers(variable(host, "BROWSER"), host.os) : [chosen];
  const openers = named.length === 0 ? platformOpeners(host, url) : named.map((command) => openerOf(command, url));
  const reasons: string[] = [];
  for (const [index, opener] of openers.entries()) {
    if (opener === undefined) {
      reasons.push(`"${named[index]}" in BROWSER is no program`);
      continue;
    }
    const [program, ...args] = opener;
    host.debug?.(`opening the browser with "${program}"`);
    const reason = await start(program, args, host);
    host.debug?.(reason ?? `"${program}" went well`);
    if (reason === undefined) return { opened: true };
    reasons.push(reason);
  }
  return { opened: false, reason: reasons.join(", ") };
}

/** Why no browser is even tried here where nobody has named one; `undefined` where one is. */
export function whyNoBrowser(
  choice: BrowserChoice,
  host: Pick<Host, "env" | "os" | "stderr" | "openBrowser">,
): string | undefined {
  const chosen = choice !== "auto" || host.openBrowser !== undefined;
  if (chosen || namedBrowsers(variable(host, "BROWSER"), host.os).length > 0) return undefined;
  return whyNobodyWouldSee(host);
}

/** Why nobody would see a browser that opens here, `undefined` where somebody would. */
function whyNobodyWouldSee(host: Pick<Host, "env" | "os" | "stderr">): string | undefined {
  const has = (...names: string[]) => names.some((name) => variable(host, name) !== undefined);
  if (has("CI")) return "this is a CI run";
  const ownScreen = host.os === "darwin" || host.os === "windows";
  const display = has("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME");
  // Over SSH the screen of the machine is somebody else's; a display that SSH forwards is the user's.
  if (has("SSH_CONNECTION", "SSH_TTY") && (ownScreen || !display)) return "this is an SSH session without a display";
  if (!ownScreen && !display) {
    const refused = ["DISPLAY", "WAYLAND_DISPLAY"].filter((name) => isRefused(host, name));
    if (refused.length > 0) return `Deno may not look for a display: add --allow-env=${refused.join(",")}`;
    return "there is no display";
  }
  return host.stderr.isTerminal() ? undefined : "no terminal is there for you to see";
}

/** Why the program could not be started, `undefined` where it could. */
async function start(program: string, args: string[], host: Pick<Host, "run">): Promise<string | undefined> {
  const env = emptied(EMPTIED);
  const failed = (well: boolean) => well ? undefined : `"${program}" failed`;
  try {
    return failed(await host.run(program, args, env));
  } catch (error) {
    const loader = loaderVariables(error);
    if (loader.length === 0) return whyNot(error, program);
    try {
      return failed(await host.run(program, args, { ...env, ...emptied(loader) }));
    } catch (again) {
      return whyNot(again, program);
    }
  }
}

function emptied(names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, ""]));
}

/** Deno starts no program by its name while a variable of the loader is set, and says which; an empty one counts as not set. */
function loaderVariables(error: unknown): string[] {
  if (!(error instanceof Deno.errors.NotCapable) || !error.message.includes("environment variable")) return [];
  return error.message.match(/\b(?:LD|DYLD)_[A-Z0-9_]+/g) ?? [];
}

function whyNot(error: unknown, program: string): string {
  if (error instanceof Deno.errors.NotCapable) return `Deno may not start "${program}": add --allow-run=${program}`;
  if (error instanceof Deno.errors.NotFound) return `"${program}" is not there`;
  if (error instanceof Deno.errors.PermissionDenied) return `"${program}" may not be started`;
  return `"${program}" cannot be started`;
}
