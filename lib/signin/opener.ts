import type { Host } from "../host.ts";
import { variable } from "./environment.ts";

/** A program that opens a browser, and its arguments. */
export type Opener = [program: string, ...args: string[]];

/** `BROWSER` is a list of commands, as Python's webbrowser and xdg-open take it. */
export function namedBrowsers(list: string | undefined, os: Host["os"]): string[] {
  const separator = os === "windows" ? ";" : ":"; // C:\...\firefox.exe is one command
  return (list ?? "").split(separator).map((command) => command.trim()).filter(Boolean);
}

/**
 * The words of a command, with the URL where it says %s, else at the end. A word with spaces stands in quotes; nothing else is special:
 * this is no shell.
 *
 * @returns `undefined` where the command names no program.
 */
export function openerOf(command: string, url: string): Opener | undefined {
  const [program = "", ...words] = [...command.matchAll(/"([^"]*)"|'([^']*)'|[^\s"']+/g)]
    .map(([word, double, single]) => double ?? single ?? word);
  if (program === "" || program.startsWith("-")) return undefined;
  const args = words.map((word) => word.replaceAll("%s", () => url));
  return words.some((word) => word.includes("%s")) ? [program, ...args] : [program, ...args, url];
}

/** What opens a browser on this system, in the order to try. */
export function platformOpeners(host: Pick<Host, "env" | "os">, url: string): Opener[] {
  if (host.os === "darwin") return [["open", url]];
  const windows: Opener = ["rundll32.exe", "url.dll,FileProtocolHandler", url];
  if (host.os === "windows") return [windows];
  const wsl = variable(host, "WSL_DISTRO_NAME") !== undefined;
  return wsl ? [["wslview", url], windows, ["xdg-open", url]] : [["xdg-open", url]];
}
