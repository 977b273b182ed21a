import { FiefError } from "../errors.ts";
import type { Host } from "../host.ts";

/**
 * Where the credentials of a CLI are: the platform's directory for the user's settings, as the Python library appdirs gives it.
 *
 * @param name The CLI's name, which the directory gets.
 * @param profile Name of a profile, whose file lies beside the usual one.
 * @throws {FiefError} `usage_invalid` for a profile name that is none, `configuration_missing` where the user's directory is not known.
 */
export function defaultCredentialsPath(name: string, host: Pick<Host, "env" | "os">, profile?: string): string {
  if (profile !== undefined && !/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(profile)) {
    throw new FiefError(
      "usage_invalid",
      `"${profile}" is no name for a profile`,
      "Use letters, digits, dots, dashes and underscores, and no dot in front",
    );
  }
  const file = profile === undefined ? "credentials.json" : `credentials.${profile}.json`;
  if (host.os === "windows") return `${directory(host, "LOCALAPPDATA")}\\${name}\\${file}`;
  if (host.os === "darwin") return `${directory(host, "HOME")}/Library/Application Support/${name}/${file}`;
  // XDG Base Directory: a path that is not absolute does not count.
  const config = host.env("XDG_CONFIG_HOME");
  return `${config?.startsWith("/") ? config : `${directory(host, "HOME")}/.config`}/${name}/${file}`;
}

function directory(host: Pick<Host, "env">, variable: string): string {
  const path = host.env(variable);
  if (path !== undefined) return path;
  throw new FiefError(
    "configuration_missing",
    `The variable ${variable} is not set, so the place of the credentials file is not known`,
    "Name the file with --credentials PATH",
  );
}
