// Where @std comes from: from JSR where it answers, else from the stand-ins under tools/offline.
import { importMap } from "./offline_map.ts";

const ROOT = import.meta.dirname!.replace(/[/\\]tools$/, "");

/**
 * Flags for whoever starts Deno again in this process tree: tests that start the CLI, say. Separated by spaces, each one URI-encoded,
 * as a path may hold spaces too.
 */
const FLAGS_VARIABLE = "FIEF_AUTH_DENO_FLAGS";

/** The flags that make Deno find @std, as the launcher above this process found them; undefined where there is none. */
export function knownFlags(): string[] | undefined {
  return Deno.env.get(FLAGS_VARIABLE)?.split(" ").filter((flag) => flag !== "").map(decodeURI);
}

/**
 * Nothing where JSR answers; else an import map with the stand-ins, and a line that says so. Asked once in a process tree.
 *
 * @param answers Whether JSR answers.
 */
export async function findStd(answers: () => Promise<boolean> = jsrAnswers): Promise<string[]> {
  let flags = knownFlags();
  if (flags === undefined) {
    flags = [];
    if (!await answers()) {
      console.error("JSR does not answer: going on with the stand-ins for @std under tools/offline.");
      flags = ["--import-map", await writeImportMap("import_map.json", true)];
    }
    Deno.env.set(FLAGS_VARIABLE, [...flags, ...cliFlags(flags)].map(encodeURI).join(" "));
  }
  return flags.filter((flag) => !flag.startsWith("--allow-"));
}

/** The CLI loads parts of itself when they are needed, and with them the stand-ins: it may read them. */
export function cliFlags(flags: string[]): string[] {
  return flags.length > 0 ? [`--allow-read=${`${ROOT}/tools/offline`.replaceAll(",", ",,")}`] : [];
}

/** The imports of deno.json as an import map of its own under `.offline/`, with the stand-ins or with the real @std. */
export async function writeImportMap(name: string, standIns: boolean): Promise<string> {
  const { imports } = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));
  const text = `${JSON.stringify(importMap(imports, standIns), null, 2)}\n`;
  const path = `${ROOT}/.offline/${name}`;
  if (await Deno.readTextFile(path).catch(() => "") !== text) {
    await Deno.mkdir(`${ROOT}/.offline`, { recursive: true });
    // Another task may be reading it.
    await Deno.writeTextFile(`${path}.${Deno.pid}`, text);
    await Deno.rename(`${path}.${Deno.pid}`, path);
  }
  return path;
}

/** Whether what answers is JSR, and not a sign-in page of the network. */
async function jsrAnswers(): Promise<boolean> {
  try {
    const response = await fetch("https://jsr.io/@std/cli/meta.json", { signal: AbortSignal.timeout(2_000) });
    const { name } = await response.json();
    return response.ok && name === "cli";
  } catch {
    return false;
  }
}
