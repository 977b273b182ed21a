import type { Host } from "../../host.ts";
import { whyNoBrowser } from "../../signin/browser.ts";
import { variable } from "../../signin/environment.ts";
import { namedBrowsers, openerOf, platformOpeners } from "../../signin/opener.ts";
import { sshCommand } from "../../signin/ssh.ts";
import { type Finding, ok, warning } from "./finding.ts";

/** Whether a browser opens here, and what opens it. A sign-in works without: it prints an address. */
export async function checkBrowser(redirectUris: string[], app: string, host: Host): Promise<Finding[]> {
  const hidden = whyNoBrowser("auto", host);
  const list = variable(host, "BROWSER");
  return [display(hidden, redirectUris, app, host), ...await openers(list, hidden, host)];
}

function display(hidden: string | undefined, redirectUris: string[], app: string, host: Host): Finding {
  const facts = ["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME", "SSH_CONNECTION", "CI"]
    .filter((name) => variable(host, name) !== undefined).join(", ") ||
    "none of DISPLAY, WAYLAND_DISPLAY, SSH, CI, WSL";
  if (hidden === undefined) return ok("display", `a browser can be seen here (set: ${facts})`);
  const ssh = redirectUris[0] === undefined ? undefined : sshCommand(redirectUris[0], host);
  return warning(
    "display",
    `no browser opens by itself: ${hidden}`,
    `${app} login prints an address to open by hand${ssh === undefined ? "" : `; before, on your own machine: ${ssh}`}`,
  );
}

async function openers(list: string | undefined, hidden: string | undefined, host: Host): Promise<Finding[]> {
  const url = "http://localhost/";
  const named = namedBrowsers(list, host.os);
  const from = named.length > 0 ? "named by BROWSER" : "the system's";
  const programs = named.length > 0
    ? named.map((command) => openerOf(command, url)?.[0] ?? command)
    : platformOpeners(host, url).map(([program]) => program);
  const looked = await Promise.all(programs.map(async (program) => [program, await whereIs(program, host)] as const));
  const there = looked.find(([, where]) => where.found);
  if (there !== undefined) return [ok("browser", `"${there[0]}" (${from}) ${there[1].how}`)];
  const met = looked.map(([program, { how }]) => `"${program}" (${from}) ${how}`).join("; ");
  if (hidden !== undefined && named.length === 0) return [ok("browser", `${met}; none is needed here`)];
  return [
    warning(
      "browser",
      met,
      "Name one that is there with BROWSER or --browser, or go on without: the address is printed",
    ),
  ];
}

/** Nothing is started: Deno knows what it may start, and where it may read the directories in PATH are looked at. */
async function whereIs(program: string, host: Host): Promise<{ found: boolean; how: string }> {
  const may = async (descriptor: Deno.PermissionDescriptor) =>
    (await Deno.permissions.query(descriptor)).state === "granted";
  if (!await may({ name: "run" })) {
    // A program that is granted by its name and not there is not granted.
    return await may({ name: "run", command: program })
      ? { found: true, how: "is there" }
      : { found: false, how: `is not there, or Deno may not start it: --allow-run=${program}` };
  }
  const separator = host.os === "windows" ? ";" : ":";
  const directories = /[/\\]/.test(program) ? [""] : (variable(host, "PATH") ?? "").split(separator).filter(Boolean);
  for (const directory of directories) {
    const path = directory === "" ? program : `${directory}/${program}`;
    if (await may({ name: "read", path }) && await Deno.stat(path).then(({ isFile }) => isFile, () => false)) {
      return { found: true, how: `is there: ${path}` };
    }
  }
  return { found: false, how: "is not there" };
}
