/** The modules of @std that this project uses, and what stands in for them where JSR cannot be reached. */
export const STAND_INS: Record<string, string> = {
  "@std/assert": "assert.ts",
  "@std/cli/parse-args": "cli_parse_args.ts",
  "@std/cli/unstable-progress-bar": "cli_progress_bar.ts",
  "@std/cli/unstable-spinner": "cli_spinner.ts",
  "@std/http/status": "http_status.ts",
  "@std/path": "path.ts",
};

/** An import map for `.offline/`, made from the imports of deno.json. */
export function offlineImportMap(imports: Record<string, string>): { imports: Record<string, string> } {
  const others = Object.entries(imports).filter(([, target]) => !target.startsWith("jsr:"));
  return {
    imports: Object.fromEntries([
      ...others.map(([name, target]) => [name, target.startsWith("./") ? `.${target}` : target]),
      ...Object.entries(STAND_INS).map(([name, file]) => [name, `../tools/offline/${file}`]),
    ]),
  };
}
