// Compiles with the Deno whose runtimes this project gets itself, and reads what a binary holds.
import { denoRunFlags } from "./cli.ts";

const ROOT = decodeURIComponent(new URL("../..", import.meta.url).pathname).replace(/\/$/, "");
/** Deno 2.6.10, as tools/compile/runtimes.py leaves it. */
export const COMPILER = `${ROOT}/.cache/deno-2.6.10/bin/deno`;

/** How a compilation ended. */
export interface CompileResult {
  status: number;
  stdout: string;
  stderr: string;
}

/** What `deno task compile` does, by that Deno or another one, in this project or another one. */
export async function compileCli(
  args: string[],
  env: Record<string, string> = {},
  { compiler = COMPILER, project = ROOT }: { compiler?: string; project?: string } = {},
): Promise<CompileResult> {
  const flags = denoRunFlags().filter((flag) => !flag.startsWith("--allow"));
  const { code, stdout, stderr } = await new Deno.Command(compiler, {
    args: ["run", "-q", "-A", ...flags, `${project}/tools/compile/compile.ts`, ...args],
    // This Deno does not know by itself which authorities the machine trusts.
    env: { DENO_TLS_CA_STORE: "system", DENO_DIR: `${ROOT}/.cache/deno-2.6.10/dir`, ...env },
    stdin: "null",
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { status: code, stdout: out!, stderr: err! };
}

/** What Deno has written behind the runtime: settings, and the files with their contents. */
export interface Embedded {
  permissions: Record<string, unknown>;
  importMap: Record<string, string>;
  /** Paths of the files. */
  files: string[];
  /** What is in one of them. */
  textOf(path: string): string;
  /** The modules that each file of the bundle is made of, as compile says. */
  contents: Record<string, string[]>;
  /** When they were changed last, in milliseconds; each time once. */
  times: number[];
}

interface Entry {
  Dir?: { n: string; e: Entry[] };
  /** Its name, its place behind the list, and its time. */
  File?: { n: string; o: [offset: number, length: number]; t: number };
}

/** Reads it. */
export async function embeddedIn(binary: string): Promise<Embedded> {
  // Latin-1 keeps the offsets.
  const bytes = (await Deno.readFile(binary)).slice(-4_000_000);
  const text = new TextDecoder("latin1").decode(bytes);
  const start = text.lastIndexOf('{"argv":');
  const settings = JSON.parse(jsonAt(text, start));
  const at = text.slice(start).search(/\[\{"(Dir|File)":/) + start;
  const list = jsonAt(text, at);
  const entries: Entry[] = JSON.parse(list);
  const behind = at + list.length + 8; // how long all of them are
  const places = new Map<string, [offset: number, length: number]>();
  const times = new Set<number>();
  const walk = (list: Entry[], path: string) => {
    for (const { Dir, File } of list) {
      if (Dir) walk(Dir.e, `${path}${Dir.n}/`);
      if (File) {
        places.set(`${path}${File.n}`, File.o);
        times.add(File.t);
      }
    }
  };
  walk(entries, "");
  const textOf = (path: string) => {
    const [offset, length] = places.get(path)!;
    return new TextDecoder().decode(bytes.subarray(behind + offset, behind + offset + length));
  };
  return {
    permissions: settings.permissions,
    importMap: JSON.parse(settings.workspace_resolver.import_map.json).imports,
    files: [...places.keys()],
    textOf,
    contents: contentsIn(textOf("contents.txt")),
    times: [...times],
  };
}

/** A line for each file, and below it one for each module that it is made of. */
function contentsIn(text: string): Embedded["contents"] {
  const contents: Embedded["contents"] = {};
  let modules: string[] = [];
  for (const line of text.split("\n").filter(Boolean)) {
    if (line.startsWith("  ")) modules.push(line.trim());
    else modules = contents[line.replace(/:$/, "")] = [];
  }
  return contents;
}

/** The JSON value that begins there. */
function jsonAt(text: string, start: number): string {
  let depth = 0;
  let quoted = false;
  for (let i = start; i < text.length; i++) {
    const character = text[i];
    if (quoted) {
      if (character === "\\") i++;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === "{" || character === "[") depth++;
    else if ((character === "}" || character === "]") && --depth === 0) return text.slice(start, i + 1);
  }
  throw new Error("The binary does not hold what it was looked for");
}
