import { FiefError } from "../errors.ts";
import type { Host } from "../host.ts";
import { permissionMissing } from "./permission.ts";

/** Name of the profile that everybody has: its file is `credentials.json`. */
export const USUAL_PROFILE = "default";

/** What the file that keeps the choice of a profile could be at most, in bytes: a name is a file's name. */
const LONGEST = 255;

/**
 * Where the credentials of a CLI are: the platform's directory for the user's settings, as the Python library appdirs gives it.
 *
 * @param name The CLI's name, which the directory gets.
 * @param profile Name of a profile, whose file lies beside the usual one.
 * @throws {FiefError} `usage_invalid` for a profile name that is none, `configuration_missing` where the user's directory is not known.
 */
export function defaultCredentialsPath(name: string, host: Pick<Host, "env" | "os">, profile?: string): string {
  if (profile !== undefined && !isProfileName(profile)) {
    throw new FiefError(
      "usage_invalid",
      `"${profile}" is no name for a profile`,
      "Use letters, digits, dots, dashes and underscores, and no dot in front",
    );
  }
  const isUsual = profile === undefined || profile === USUAL_PROFILE;
  return beside(name, host, isUsual ? "credentials.json" : `credentials.${profile}.json`);
}

/** Whether a profile can be called this. */
export function isProfileName(text: string): boolean {
  return /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(text);
}

/** Path of the file that keeps which profile was chosen for later runs. Nobody has it who never chose. */
export function profileChoicePath(name: string, host: Pick<Host, "env" | "os">): string {
  return beside(name, host, "profile");
}

/**
 * The profile that was chosen for later runs; `undefined` where none was. Whoever never chose pays for one look at what is not there.
 *
 * @throws {FiefError} `credentials_invalid` for a file that names no profile, `credentials_unreadable`, `permission_missing`.
 */
export function chosenProfile(name: string, host: Pick<Host, "env" | "os">): string | undefined {
  const path = profileChoicePath(name, host);
  let text: string;
  try {
    const { isFile, size } = Deno.statSync(path);
    // Reading a pipe or a device would wait, or never end.
    text = isFile && size <= LONGEST ? Deno.readTextFileSync(path).trim() : "";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    // To go on with the usual profile would be to act as somebody else.
    if (error instanceof Deno.errors.NotCapable) throw permissionMissing("read", path);
    throw new FiefError(
      "credentials_unreadable",
      `Cannot read the choice of a profile "${path}"`,
      "Check who owns the file, or name a profile with --profile NAME",
      { cause: error },
    );
  }
  if (isProfileName(text)) return text;
  throw new FiefError(
    "credentials_invalid",
    `The file "${path}" does not hold the name of a profile`,
    `Choose a profile again: ${name} profiles use NAME`,
  );
}

/** A file in the directory of this CLI. */
function beside(name: string, host: Pick<Host, "env" | "os">, file: string): string {
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
