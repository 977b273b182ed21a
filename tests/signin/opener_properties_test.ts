// Whatever command opens the browser: one program without a dash, and the address whole in one argument. A failure of a property shows the
// seed and the smallest case: fc.assert(..., { seed, path }).
import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import type { Host } from "../../lib/host.ts";
import { namedBrowsers, openerOf, platformOpeners } from "../../lib/signin/opener.ts";
import { sized } from "../support/stress.ts";

const ADDRESS = "http://localhost:51562/start/abc-_0";
const RUNS = { numRuns: sized(2_000, 100_000) };

const piece = fc.oneof(
  fc.constantFrom(
    "firefox",
    "%s",
    "%S",
    "%%s",
    "%",
    "$(touch x)",
    "`id`",
    "&calc",
    "|",
    ";",
    "&&",
    ">",
    "-x",
    "--",
    "-",
    "~",
    "*",
  ),
  fc.constantFrom(
    " ",
    "\t",
    "\n",
    "\r\n",
    "\0",
    '"',
    "'",
    '"a b"',
    "'a b'",
    "\\",
    "\\ ",
    '\\"',
    ":",
    "$HOME",
    "%PATH%",
    "^",
  ),
  fc.string({ unit: "binary", maxLength: 4 }),
);
const command = fc.array(piece, { maxLength: 10 }).map((pieces) => pieces.join(""));

Deno.test("openerOf() names a program that does not start with a dash, with the address whole, or nothing", () => {
  fc.assert(
    fc.property(command, (command) => {
      const opener = openerOf(command, ADDRESS);
      if (opener === undefined) return;
      const [program, ...args] = opener;
      assert(program !== "" && !program.startsWith("-"), program);
      assertFalse(program.includes(ADDRESS));
      // Each of its words is a part of the command as it was written, but for the address.
      for (const word of [program, ...args]) {
        for (const part of word.split(ADDRESS)) assert(command.includes(part), part);
      }
      assert(args.some((word) => word.includes(ADDRESS)));
      assertFalse(args.some((word) => word.includes("%s")));
    }),
    RUNS,
  );
});

Deno.test("namedBrowsers() makes of any BROWSER commands that are not empty", () => {
  fc.assert(
    fc.property(command, fc.constantFrom<Host["os"]>("linux", "darwin", "windows"), (list, os) => {
      for (const each of namedBrowsers(list, os)) {
        assertEquals(each, each.trim());
        assert(each !== "" && list.includes(each));
        assertFalse(each.includes(os === "windows" ? ";" : ":"));
      }
    }),
    RUNS,
  );
});

/** Programs that take a command line of their own, where a URL could end. */
const SHELLS = /^(cmd|start|powershell|pwsh|sh|bash|explorer|mshta|wscript)(\.exe)?$/i;
const systems: [name: string, os: Host["os"], variables: Record<string, string>][] = [
  ["Linux", "linux", {}],
  ["macOS", "darwin", {}],
  ["Windows", "windows", {}],
  ["WSL", "linux", { WSL_DISTRO_NAME: "$(touch x)" }],
];
for (const [name, os, variables] of systems) {
  Deno.test(`platformOpeners() gives the address to no shell on ${name}, whole and as the last argument`, () => {
    const openers = platformOpeners({ os, env: (variable) => variables[variable] }, ADDRESS);
    assert(openers.length > 0);
    for (const [program, ...args] of openers) {
      assertFalse(SHELLS.test(program), program);
      assertEquals(args.at(-1), ADDRESS);
      assertFalse(args.slice(0, -1).some((word) => word.includes(ADDRESS) || word.includes("$(")));
    }
  });
}
