import { FiefError } from "../../errors.ts";

/** What git says of the server that it wants a credential for. */
export interface GitRequest {
  /** `https`, say. */
  protocol: string;
  /** Host name, and the port where it is not the usual one. */
  host: string;
  username: string | undefined;
  /** What was refused, with `erase`: the password, or the credential of another scheme. */
  refused: string | undefined;
  /** Whether it takes credentials of any scheme (git 2.46). */
  anyScheme: boolean;
  /** Schemes that the server has asked for, in lower case; none where git does not tell (before 2.41). */
  schemes: string[];
}

/** Names of which there is one, or it is not git who speaks. */
const SINGLE = ["protocol", "host", "path", "username", "password", "authtype", "credential"];

/**
 * Reads what git writes to its helpers: lines of `key=value` up to an empty one.
 *
 * @throws {FiefError} `usage_invalid` for anything else: a line break that somebody has put into a URL would make one host look like another.
 * @see https://git-scm.com/docs/git-credential#IOFMT
 */
export function parseGitRequest(text: string): GitRequest {
  // git itself forbids LF and NUL; CR it lets through, and other programs take it for the end of a line.
  if (/[\r\0]/.test(text)) throw refused("has a carriage return or a NUL in it");
  const end = text.search(/^\n/m);
  const lines = (end < 0 ? text : text.slice(0, end)).split("\n").filter(Boolean);
  const pairs = lines.map((line) => {
    const equals = line.indexOf("=");
    if (equals < 1) throw refused("has a line without a key");
    return [line.slice(0, equals), line.slice(equals + 1)] as const;
  });
  const all = (key: string) => pairs.filter(([name]) => name === key).map(([, value]) => value);
  for (const key of SINGLE) if (all(key).length > 1) throw refused(`has more than one ${key}`);
  const one = (key: string) => all(key)[0];
  return {
    protocol: one("protocol") ?? "",
    host: one("host") ?? "",
    username: one("username") || undefined,
    refused: one("password") ?? one("credential"),
    anyScheme: all("capability[]").includes("authtype"),
    schemes: all("wwwauth[]").flatMap((value) => value.match(/^[^\s,]+/)?.[0].toLowerCase() ?? []),
  };
}

function refused(why: string): FiefError {
  return new FiefError("usage_invalid", `What git has sent ${why}: nothing is answered`, "Check the URL of the remote");
}

/**
 * The URL of the server that git will talk to.
 *
 * @returns `undefined` where git might read it in another way than we do.
 */
export function serverOf({ protocol, host }: GitRequest): URL | undefined {
  if (!/^https?$/.test(protocol) || !/^([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d+)?$/.test(host)) return undefined;
  const url = URL.parse(`${protocol}://${host}/`);
  // Numbers and the like, which the URL standard makes another name of.
  return url?.hostname === host.replace(/:\d+$/, "").toLowerCase() ? url : undefined;
}

/** What git reads: lines of `key=value`. */
export function gitAnswer(pairs: [key: string, value: string][]): string {
  return pairs.map(([key, value]) => `${key}=${value}\n`).join("");
}
