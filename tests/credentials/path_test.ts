import { assertEquals, assertThrows } from "@std/assert";
import { defaultCredentialsPath } from "../../lib/credentials/path.ts";
import { FiefError } from "../../lib/errors.ts";
import type { Host } from "../../lib/host.ts";

function host(os: Host["os"], variables: Record<string, string>): Pick<Host, "env" | "os"> {
  return { os, env: (name) => variables[name] };
}

const paths: [os: Host["os"], variables: Record<string, string>, profile: string | undefined, path: string][] = [
  ["linux", { HOME: "/home/anne" }, undefined, "/home/anne/.config/acme/credentials.json"],
  ["linux", { HOME: "/home/anne" }, "work", "/home/anne/.config/acme/credentials.work.json"],
  ["linux", { HOME: "/home/anne", XDG_CONFIG_HOME: "/data" }, undefined, "/data/acme/credentials.json"],
  ["linux", { HOME: "/home/anne", XDG_CONFIG_HOME: "relative" }, undefined, "/home/anne/.config/acme/credentials.json"],
  ["linux", { XDG_CONFIG_HOME: "/data" }, undefined, "/data/acme/credentials.json"],
  ["darwin", { HOME: "/Users/anne" }, undefined, "/Users/anne/Library/Application Support/acme/credentials.json"],
  [
    "windows",
    { LOCALAPPDATA: "C:\\Users\\anne\\AppData\\Local" },
    "a.b",
    "C:\\Users\\anne\\AppData\\Local\\acme\\credentials.a.b.json",
  ],
];
for (const [os, variables, profile, path] of paths) {
  Deno.test(`defaultCredentialsPath() is "${path}" on ${os}`, () => {
    assertEquals(defaultCredentialsPath("acme", host(os, variables), profile), path);
  });
}

for (const profile of ["", ".hidden", "..", "a/b", "a\\b", "a b", "é", "a\n"]) {
  Deno.test(`defaultCredentialsPath() refuses the profile ${JSON.stringify(profile)}`, () => {
    const error = assertThrows(
      () => defaultCredentialsPath("acme", host("linux", { HOME: "/home/anne" }), profile),
      FiefError,
    );
    assertEquals(error.code, "usage_invalid");
  });
}

for (const [os, variable] of [["linux", "HOME"], ["darwin", "HOME"], ["windows", "LOCALAPPDATA"]] as const) {
  Deno.test(`defaultCredentialsPath() names ${variable} when it is not set on ${os}`, () => {
    const error = assertThrows(() => defaultCredentialsPath("acme", host(os, {})), FiefError, variable);
    assertEquals(error.code, "configuration_missing");
  });
}
