import { assertEquals } from "@std/assert";
import { namedBrowsers, openerOf, platformOpeners } from "../../lib/signin/opener.ts";

const URL_TO_OPEN = "http://localhost:51562/start/abc";

const commands: [command: string, opener: string[] | undefined][] = [
  ["firefox", ["firefox", URL_TO_OPEN]],
  ["  firefox  ", ["firefox", URL_TO_OPEN]],
  ["firefox --new-window %s", ["firefox", "--new-window", URL_TO_OPEN]],
  ["firefox --url=%s %s", ["firefox", `--url=${URL_TO_OPEN}`, URL_TO_OPEN]],
  [`open -a "Google Chrome"`, ["open", "-a", "Google Chrome", URL_TO_OPEN]],
  [`"C:\\Program Files\\Firefox\\firefox.exe" %s`, ["C:\\Program Files\\Firefox\\firefox.exe", URL_TO_OPEN]],
  ["'/opt/my browser/run' -x", ["/opt/my browser/run", "-x", URL_TO_OPEN]],
  ["", undefined],
  ["-x", undefined],
  ["--version", undefined],
  [`"-x" firefox`, undefined],
  [`""`, undefined],
];
for (const [command, opener] of commands) {
  Deno.test(`openerOf() is ${JSON.stringify(opener)} when the command is ${JSON.stringify(command)}`, () => {
    assertEquals(openerOf(command, URL_TO_OPEN) as string[] | undefined, opener);
  });
}

Deno.test("openerOf() takes no pattern of replace() for one", () => {
  assertEquals(openerOf("firefox %s", "http://localhost/$&$1") as string[], ["firefox", "http://localhost/$&$1"]);
});

Deno.test("namedBrowsers() are separated as the system separates paths", () => {
  assertEquals(namedBrowsers(undefined, "linux"), []);
  assertEquals(namedBrowsers(":: firefox %s : lynx:", "linux"), ["firefox %s", "lynx"]);
  assertEquals(namedBrowsers("C:\\a.exe;D:\\b.exe", "windows"), ["C:\\a.exe", "D:\\b.exe"]);
});

Deno.test("platformOpeners() tries Windows first where Linux runs inside it", () => {
  const env = (name: string) => name === "WSL_DISTRO_NAME" ? "Debian" : undefined;
  const programs = platformOpeners({ env, os: "linux" }, URL_TO_OPEN).map(([program]) => program);
  assertEquals(programs, ["wslview", "rundll32.exe", "xdg-open"]);
});
