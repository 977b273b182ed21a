import * as esbuild from "esbuild";
import type { DenoInfo } from "./graph.ts";
import { CompileError } from "./options.ts";
import { asDenoResolves } from "./resolution.ts";

/** An entry point, relative to the staged program, with what Deno says of it. */
export interface Entry {
  path: string;
  info: DenoInfo;
}

/** What is bundled, and where to. */
export interface Bundling {
  /** The staged program. */
  directory: string;
  program: Entry;
  /** The entry points of its Workers. */
  workers: Entry[];
  /** Packages whose code goes into the bundle, `jose@6.2.18` say: they are in its `node_modules`. */
  packages: string[];
  /** An empty directory. */
  output: string;
}

/** Which modules each file of a bundle is made of. */
export type Contents = Record<string, string[]>;

/** The file that the program starts with. */
export const MAIN = "main.js";

/**
 * Parts of the program that are loaded one after the other, whatever it does: what is loaded after them may count on them. Without this each
 * of their modules that anything later needs too would be a file of its own, and each file costs a start as much as reading the credentials.
 */
const FIRST = ["lib/cli/start.ts", "lib/cli/mod.ts"];

/** Makes a few files of many modules: what is loaded together is one, and what is loaded when it is needed stays apart. */
export async function bundle({ directory, program, workers, packages, output }: Bundling): Promise<Contents> {
  const names = Object.fromEntries(workers.map(({ path }) => [path, workerFile(path)]));
  const started = new Set<string>();
  const common = { directory, packages, workers: names, onWorker: (path: string) => void started.add(path) };
  const build = async ({ path, info }: Entry, name: string, first?: string[]): Promise<[string, string[]][]> => {
    const { metafile } = await esbuild.build({
      absWorkingDir: directory,
      entryPoints: [{ in: path, out: name.replace(/\.js$/, "") }],
      outdir: output,
      bundle: true,
      splitting: first !== undefined,
      chunkNames: "[name]-[hash]",
      format: "esm",
      platform: "neutral",
      target: "esnext",
      conditions: ["deno", "node"],
      mainFields: ["module", "main"],
      // Names stay: an error is known by that of its class.
      minifyWhitespace: true,
      minifySyntax: true,
      legalComments: "none", // the licenses go beside it
      metafile: true,
      // A Worker is one file. A compiled program would load any other one for it without asking, whatever the Worker may read.
      ...first === undefined ? { supported: { "dynamic-import": false } } : {},
      logLevel: "silent",
      plugins: [asDenoResolves({ ...common, info, entry: path, first: first ?? [] })],
    }).catch((error: esbuild.BuildFailure) => {
      throw new CompileError(error.errors.map(({ text }) => text).join("\n"));
    });
    const more = Object.values(metafile.outputs).flatMap(({ imports }) => imports).find(({ external }) => external);
    if (first === undefined && more !== undefined) {
      throw new CompileError(
        `${path} is started as a Worker, and imports ${more.path}: all of it has to be in one file`,
        1,
      );
    }
    return Object.entries(metafile.outputs).map(([file, { inputs }]) => [
      file.slice(file.lastIndexOf("/") + 1),
      Object.keys(inputs).sort(),
    ]);
  };
  try {
    const files = await build(program, MAIN, FIRST);
    const unknown = workers.find(({ path }) => !started.has(path));
    if (unknown) {
      throw new CompileError(`Nothing starts ${unknown.path} as a Worker by new URL("...", import.meta.url)`, 1);
    }
    // A Worker is one file, and shares none with the main thread: it may read no other later.
    for (const worker of workers) files.push(...await build(worker, names[worker.path]!));
    return Object.fromEntries(files.sort(([a], [b]) => a < b ? -1 : 1));
  } finally {
    await esbuild.stop();
  }
}

/** The file of the bundle that a Worker is. */
export function workerFile(path: string): string {
  return `${path.replace(/^.*\/|\.\w+$/g, "")}.js`;
}
