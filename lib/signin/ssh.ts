import type { Host } from "../host.ts";
import { variable } from "./environment.ts";

/**
 * Over SSH: what to run on the user's own machine so that the redirect arrives here. It is for a shell, so nothing gets in that a shell
 * would understand.
 *
 * @param redirectUri Redirect URI, with the real port.
 * @returns `undefined` where this is no SSH session.
 */
export function sshCommand(redirectUri: string, host: Pick<Host, "env">): string | undefined {
  // CLIENT_ADDRESS CLIENT_PORT SERVER_ADDRESS SERVER_PORT
  const [, , server = "", serverPort = "22"] = variable(host, "SSH_CONNECTION")?.split(" ") ?? [];
  if (!/^[0-9A-Fa-f.:]+$/.test(server) || !/^\d+$/.test(serverPort)) return undefined;
  const { port, hostname } = new URL(redirectUri);
  const here = port || "80";
  const user = variable(host, "USER") ?? "";
  const name = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(user) ? `${user}@` : "";
  const at = serverPort === "22" ? "" : `-p ${serverPort} `;
  return `ssh -N -L ${here}:${hostname}:${here} ${at}${name}${server}`;
}
