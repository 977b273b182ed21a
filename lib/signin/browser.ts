import { FiefError } from "../errors.ts";
import type { Host } from "../host.ts";

/** Whether to open a browser: where a person can see it, never, or by this command line. */
export type BrowserChoice = "auto" | "never" | { command: string };

/** What became of it. */
export type Opened = { opened: true } | { opened: false; reason: string };

/** Variables that a browser must not inherit: the loader's would bend it, the token is none of its business. */
const EMPTIED = [
  "LD_PRELOAD",
  "LD_LIBRARY_PATH",
  "LD_AUDIT",
  "DYLD_INSERT_LIBRARIES",
  "DYLD_LIBRARY_PATH",
  "DYLD_FRAMEWORK_PATH",
  "FIEF_ACCESS_TOKEN",
];

/**
 * Opens a URL in a browser. The URL is one argument, no shell ever sees it.
 *
 * @param url http or https.
 * @see RFC 8252 section 6
 */
export async function openBrowser(
  url: string,
  choice: BrowserChoice,
  host: Pick<Host, "env" | "os" | "run" | "stderr" | "openBrowser">,
): Promise<Opened> {
  if (choice === "never") return { opened: false, reason: "as you wished, no browser was opened" };
  if (!/^https?:\/\/[^\s"'<>\\^`{|}]+$/.test(url)) {
    throw new FiefError("unforeseen", "The address for the browser is none", "This is a bug: report it");
  }
  if (host.openBrowser) {
    return await host.openBrowser(url) ? { opened: true } : { opened: false, reason: "no browser could be opened" };
  }
  const named = typeof choice === "object" ? [choice.command] : namedBrowsers(host.env("BROWSER"));
  if (named.length === 0) {
    const reason = invisible(host);
    if (reason !== undefined) return { opened: false, reason };
  }
  const openers = named.length > 0 ? named.map((command) => openerOf(command, url)) : platformOpeners(host, url);
  let reason = "no browser was found";
  for (const [program, ...args] of openers) {
    const result = await start(program, args, host);
    if (result === true) return { opened: true };
    reason = result;
  }
  return { opened: false, reason };
}

type Opener = [program: string, ...args: string[]];

/** `BROWSER` is a list of commands, as Python's webbrowser and xdg-open take it. */
function namedBrowsers(variable: string | undefined): string[] {
  return (variable ?? "").split(":").map((command) => command.trim()).filter(Boolean);
}

/** The words of a command, with the URL where it says %s, else at the end. Quotes are not understood: this is no shell. */
function openerOf(command: string, url: string): Opener {
  const [program = "", ...words] = command.trim().split(/\s+/);
  if (program.startsWith("-")) {
    throw new FiefError(
      "usage_invalid",
      `"${program}" is no program that opens a browser`,
      "Name a program: --browser firefox",
    );
  }
  const args = words.map((word) => word.replaceAll("%s", () => url));
  return words.some((word) => word.includes("%s")) ? [program, ...args] : [program, ...args, url];
}

function platformOpeners({ os, env }: Pick<Host, "env" | "os">, url: string): Opener[] {
  if (os === "darwin") return [["open", url]];
  const windows: Opener = ["rundll32.exe", "url.dll,FileProtocolHandler", url];
  if (os === "windows") return [windows];
  return env("WSL_DISTRO_NAME") === undefined ? [["xdg-open", url]] : [["wslview", url], windows, ["xdg-open", url]];
}

/** Why nobody would see a browser that opens here, `undefined` where somebody would. */
function invisible({ env, os, stderr }: Pick<Host, "env" | "os" | "stderr">): string | undefined {
  if (env("CI") !== undefined) return "this is a CI run";
  const display = os !== "linux" && os !== "freebsd"
    ? true
    : env("DISPLAY") !== undefined || env("WAYLAND_DISPLAY") !== undefined || env("WSL_DISTRO_NAME") !== undefined;
  if (env("SSH_CONNECTION") !== undefined && (!display || os !== "linux")) {
    return "this is an SSH session without a display";
  }
  if (!display) return "there is no display";
  return stderr.isTerminal() ? undefined : "no terminal is there for you to see";
}

/** True where it went well, else why not. */
async function start(program: string, args: string[], host: Pick<Host, "run">): Promise<true | string> {
  const env = Object.fromEntries(EMPTIED.map((name) => [name, ""]));
  try {
    return await host.run(program, args, env) || `"${program}" failed`;
  } catch (error) {
    const loader = loaderVariables(error);
    if (loader.length > 0) {
      try {
        return await host.run(program, args, { ...env, ...Object.fromEntries(loader.map((name) => [name, ""])) }) ||
          `"${program}" failed`;
      } catch (again) {
        return whyNot(again, program);
      }
    }
    return whyNot(error, program);
  }
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

/** Over SSH: what to run on the user's own machine so that the redirect arrives here. */
export function sshCommand(redirectUri: string, { env }: Pick<Host, "env">): string | undefined {
  const server = env("SSH_CONNECTION")?.split(" ")[2];
  if (server === undefined || !/^[0-9A-Fa-f.:]+$/.test(server)) return undefined;
  const { port, hostname } = new URL(redirectUri);
  const user = env("USER");
  const name = user !== undefined && /^[A-Za-z0-9._-]+$/.test(user) && !user.startsWith("-") ? `${user}@` : "";
  return `ssh -N -L ${port}:${hostname}:${port} ${name}${server}`;
}
