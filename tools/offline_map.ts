/** The modules of @std that this project uses, and what stands in for them where JSR cannot be reached. */
export const STAND_INS: Record<string, string> = {
  "@std/assert": "assert.ts",
  "@std/cli/parse-args": "cli_parse_args.ts",
  "@std/cli/unstable-progress-bar": "cli_progress_bar.ts",
  "@std/cli/unstable-spinner": "cli_spinner.ts",
  "@std/http/status": "http_status.ts",
  "@std/path": "path.ts",
};

/**
 * An import map for `.offline/`, made from the imports of deno.json.
 *
 * @param standIns Whether the stand-ins take the place of @std.
 */
export function importMap(imports: Record<string, string>, standIns: boolean): { imports: Record<string, string> } {
  const entries = Object.entries(imports).flatMap(([name, target]) => {
    if (target.startsWith("./")) return [[name, `.${target}`]];
    if (!target.startsWith("jsr:")) return [[name, target]];
    // deno.json lets `@std/cli` stand for `@std/cli/parse-args` too; an import map takes each word as it is.
    return standIns ? [] : [[name, target], [`${name}/`, `${target.replace("jsr:", "jsr:/")}/`]];
  });
  const theirs = standIns ? Object.entries(STAND_INS).map(([name, file]) => [name, `../tools/offline/${file}`]) : [];
  return { imports: Object.fromEntries([...entries, ...theirs]) };
}
