import { pathToFileURL } from "node:url";
import { importMap } from "../offline_map.ts";
import { CompileError } from "./options.ts";
import { type AskedApp, readRecord } from "./recorded_app.ts";
import { ROOT } from "./root.ts";

/**
 * Runs a program with a `cli()` that only tells what it is given, and what it asked Deno for until then.
 *
 * @param app Path of the program.
 * @param standIns Whether the stand-ins take the place of `@std`.
 * @param directory An empty directory to work in.
 * @throws {CompileError} Where the program fails, or never calls `cli()`.
 */
export async function askApp(app: string, standIns: boolean, directory: string): Promise<AskedApp> {
  const { imports } = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));
  const [map, audit] = [`${directory}/recorder_map.json`, `${directory}/audit.jsonl`];
  await Deno.writeTextFile(map, JSON.stringify(recorderMap(importMap(imports, standIns).imports)));
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-q",
      "--no-prompt",
      "--no-config",
      "--no-lock",
      "--import-map",
      map,
      "--allow-env",
      "--allow-read",
      app,
    ],
    env: { DENO_AUDIT_PERMISSIONS: audit, NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const [printed, said] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  const record = readRecord(printed!, await Deno.readTextFile(audit).catch(() => ""));
  if (record !== undefined) return record;
  throw success
    ? new CompileError(`${app} does not call cli() of "@fief/auth/cli": a program that does can be compiled here`)
    : new CompileError(
      `${app} could not be asked for its name and server. It may read files and variables for it:\n${said}`,
    );
}

/** The recorder in place of `cli()`, however the program names it. Only the recorder itself gets the real one. */
function recorderMap(imports: Record<string, string>): unknown {
  const absolute = Object.fromEntries(
    Object.entries(imports).map(([name, target]) => [name, target.startsWith("../") ? url(target.slice(3)) : target]),
  );
  const [real, recorder] = [url("lib/cli/mod.ts"), url("tools/compile/recorder.ts")];
  return {
    imports: { ...absolute, "@fief/auth/cli": recorder, [real]: recorder },
    scopes: { [recorder]: { [real]: real } },
  };
}

function url(path: string): string {
  return pathToFileURL(`${ROOT}/${path}`).href;
}
