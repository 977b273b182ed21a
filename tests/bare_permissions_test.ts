// No flag of Deno without a list where server and file are known: what is written down for people and what runs.
import { assertEquals } from "@std/assert";

const ROOT = new URL("../", import.meta.url);
const BARE =
  /--allow-(?:read|write|net|env|run|sys|ffi|import|all)(?![\w=-])|(?<=deno (?:run|compile|install|task)[^\n]*\s)-A\b|["'`]-A["'`]/;

/** Lines with one all the same, each for a reason; docs/permissions.md gives those that a user meets. */
const EXCEPTIONS: [file: string, line: RegExp, why: string][] = [
  ["docs/permissions.md", /^\| `--allow-/, "the table, whose next cell is the list"],
  [
    "docs/permissions.md",
    /^For a server and a file|^`--allow-env` without a list|^ {2}`--allow-run` for all/,
    "tells of it",
  ],
  [
    "lib/cli/failure.ts",
    /Unset \$\{variable\}/,
    "Deno starts no program of a list while a variable of the loader is set",
  ],
  ["lib/cli/doctor/permissions.ts", /see --allow-read and the like/, "tells of it"],
  ["lib/cli/isolated/", /as `--allow-net` has them/, "tells of it"],
  ["deno.json", /"command": "deno run .* --allow-run tools\/launch\.ts/, "starts Deno, wherever that is"],
  ["tools/launch.ts", /./, "tests and measurements start programs of any name in directories that are not there yet"],
  ["tools/bench", /./, "as tools/launch.ts"],
  ["tools/binary_suite.ts", /./, "as tools/launch.ts"],
  ["tools/recordings.ts", /./, "types commands into a terminal as its user would"],
  ["tools/compile/", /./, "a binary for everybody knows neither its user's home nor the server"],
];

/** All files below, as paths from the root. */
function filesBelow(path: string): string[] {
  const url = new URL(path, ROOT);
  if (Deno.statSync(url).isFile) return [path];
  return [...Deno.readDirSync(url)].flatMap(({ name }) => filesBelow(`${path}/${name}`));
}

Deno.test("no bare permission and no -A where a list can be given", () => {
  const texts = ["README.md", "main.ts", "deno.json", "docs", "examples", "lib", "tools"].flatMap(filesBelow)
    .filter((file) => /\.(md|ts|json|sh)$/.test(file));
  const bare = texts.flatMap((file) => {
    const lines = Deno.readTextFileSync(new URL(file, ROOT)).split("\n");
    return lines.filter((line) => BARE.test(line)).map((line) => [file, line] as const);
  });
  const isAllowed = ([file, line]: readonly [string, string]) =>
    EXCEPTIONS.some(([where, what]) => file.startsWith(where) && what.test(line));
  assertEquals(bare.filter((each) => !isAllowed(each)), []);
});
