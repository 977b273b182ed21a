import { VERSION } from "../version.ts";
import type { App } from "./app.ts";

/** What `--version --json` prints. A CLI of another name says which version of this package it is built on. */
export function versionFacts(app: App): Record<string, string> {
  return {
    name: app.name,
    version: app.version,
    ...app.name === "fief-auth" ? {} : { fief_auth: VERSION },
    deno: Deno.version.deno,
    target: Deno.build.target,
    ...standIns() ? { std: "stand-ins" } : {},
  };
}

/** What `--version` prints. */
export function versionLine(app: App): string {
  const { name, version, fief_auth, deno, target, std } = versionFacts(app);
  const builtOn = fief_auth === undefined ? "" : `fief-auth ${fief_auth}, `;
  return `${name} ${version} (${builtOn}Deno ${deno}, ${target}${
    std === undefined ? "" : ", with stand-ins for @std"
  })`;
}

/** Whether this program runs without the real `@std`: a release never does. */
function standIns(): boolean {
  try {
    return !/^(jsr:|https:\/\/jsr\.io\/)/.test(import.meta.resolve("@std/cli/parse-args"));
  } catch {
    return false; // a package from JSR has no import map: its imports name `@std` there
  }
}
