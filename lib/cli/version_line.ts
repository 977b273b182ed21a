import type { App } from "./app.ts";

/** What `--version --json` prints. */
export function versionFacts(app: App): Record<string, string> {
  return {
    name: app.name,
    version: app.version,
    deno: Deno.version.deno,
    target: Deno.build.target,
    ...(standIns() ? { std: "stand-ins" } : {}),
  };
}

/** What `--version` prints. */
export function versionLine(app: App): string {
  const { name, version, deno, target, std } = versionFacts(app);
  return `${name} ${version} (Deno ${deno}, ${target}${std ? ", with stand-ins for @std" : ""})`;
}

/** Whether this program runs without the real `@std`: a release never does. */
function standIns(): boolean {
  return !/^(jsr:|https:\/\/jsr\.io\/)/.test(import.meta.resolve("@std/cli/parse-args"));
}
