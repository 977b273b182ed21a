import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Loader, OnLoadArgs, OnLoadResult, OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from "esbuild";
import type { DenoInfo } from "./graph.ts";
import { CompileError } from "./options.ts";

/** What the bundler is told of a program. */
export interface Resolution {
  /** Where the program is. */
  directory: string;
  /** What Deno says of it. */
  info: DenoInfo;
  /** Its entry point, relative to the directory. */
  entry: string;
  /** Packages whose code goes into the bundle, `jose@6.2.18` say: they are in its `node_modules`. */
  packages: string[];
  /** Names of the bundle's files for modules that are started as Workers, by their paths relative to the directory. */
  workers: Record<string, string>;
  /** Modules that are loaded first, one after the other. */
  first: string[];
  /** Told of each Worker that the program starts, by its path. */
  onWorker?(path: string): void;
}

/** Media types of Deno that the bundler reads, and as what. */
const LOADERS: Record<string, Loader> = {
  TypeScript: "ts",
  Mts: "ts",
  TSX: "tsx",
  JavaScript: "js",
  Mjs: "js",
  JSX: "jsx",
  Json: "json",
};

/** Namespace of modules that are no files of the program, by their URLs. */
const REMOTE = "remote";
/** A question of our own, for the bundler itself to answer. */
const OURS = Symbol("ours");

/** An address of a package: its name and the path in it. */
const NPM = /^npm:\/?((?:@[^/]+\/)?[^@/]+)(?:@[^/]+)?(\/.*)?$/;

type DenoModule = DenoInfo["modules"][number];

/** Makes the bundler find each module where Deno finds it: by its import map, from JSR, npm, or a URL. */
export function asDenoResolves(
  { directory, info, entry, packages, workers, first, onWorker }: Resolution,
): Plugin {
  const modules = new Map(info.modules.map((module) => [module.specifier, module]));
  const urlOf = (path: string, namespace: string) => namespace === REMOTE ? path : pathToFileURL(path).href;
  const before = comingBefore(info, first.map((path) => pathToFileURL(join(directory, path)).href));

  async function resolve(
    build: PluginBuild,
    { path, importer, namespace, kind, pluginData }: OnResolveArgs,
  ): Promise<OnResolveResult | undefined> {
    if (kind === "entry-point" || pluginData === OURS) return undefined;
    if (path.startsWith("node:")) return { path, external: true };
    const from = modules.get(urlOf(importer, namespace));
    if (from === undefined) return undefined; // between files of a package
    const named = from.dependencies?.find(({ specifier }) => specifier === path)?.code?.specifier ?? path;
    const target = info.redirects?.[named] ?? named;
    if (target.startsWith("npm:")) {
      // One that stays a package is asked for by its exact name: the bundle has no import map for it.
      if (!packages.includes(modules.get(target)?.npmPackage ?? "")) return { path: named, external: true };
      return await build.resolve(target.replace(NPM, "$1$2"), { kind, resolveDir: directory, pluginData: OURS });
    }
    return target.startsWith("file:") ? { path: fileURLToPath(target) } : { path: target, namespace: REMOTE };
  }

  async function load({ path, namespace, with: attributes }: OnLoadArgs): Promise<OnLoadResult | undefined> {
    const url = urlOf(path, namespace);
    const module = modules.get(url);
    if (module === undefined) {
      assertOfPackage(path, attributes);
      return undefined;
    }
    const loader = LOADERS[module.mediaType ?? ""];
    if (loader === undefined || module.local === undefined || (attributes["type"] ?? "json") !== "json") {
      const name = namespace === REMOTE ? url : relative(directory, path);
      throw new CompileError(`${name} cannot be put into a bundle: it is neither a script nor JSON`);
    }
    const contents = await Deno.readTextFile(module.local);
    if (loader === "json") return { contents, loader };
    return { contents: `${preamble(before.get(url))}${rewritten(contents, path)}`, loader, resolveDir: dirname(path) };
  }

  /** A package may name any file of the machine that compiles: it would be in the binary then. */
  function assertOfPackage(path: string, attributes: Record<string, string>): void {
    const isOwn = packages.some((id) =>
      path.startsWith(join(directory, "node_modules", id.replace(/(?!^)@.*/, ""), "/"))
    );
    if (isOwn && Object.keys(attributes).length === 0) return;
    throw new CompileError(
      `A package imports "${isOwn ? relative(directory, path) : path}", which is no module of its own`,
    );
  }

  function rewritten(text: string, path: string): string {
    // In a file with others it would be the main module where these are.
    const notMain = path === join(directory, entry) ? text : text.replaceAll(/\bimport\.meta\.main\b/g, "false");
    return notMain.replaceAll(/new URL\("(\.[^"]*)", import\.meta\.url\)/g, (whole, target) => {
      const started = relative(directory, join(dirname(path), target)).replaceAll("\\", "/");
      const worker = workers[started];
      if (worker === undefined) return whole;
      onWorker?.(started);
      return `new URL("./${worker}", import.meta.url)`;
    });
  }

  return {
    name: "as Deno resolves",
    setup(build) {
      build.onResolve({ filter: /./ }, (args) => resolve(build, args));
      build.onLoad({ filter: /./ }, load);
      build.onLoad({ filter: /./, namespace: REMOTE }, load);
    },
  };
}

function preamble(urls: string[] = []): string {
  return urls.map((url) => `import ${JSON.stringify(url)};`).join("");
}

/** For each module that is loaded when it is needed: those of the first ones that have been loaded by then. */
function comingBefore(info: DenoInfo, first: string[]): Map<string, string[]> {
  const modules = new Map(info.modules.map((module) => [module.specifier, module]));
  const known = first.filter((url) => modules.has(url));
  const closures = known.map((url) => staticClosure(modules, url));
  const before = new Map<string, string[]>();
  for (const { specifier, dependencies = [] } of info.modules) {
    for (const { code, isDynamic } of dependencies) {
      const url = code?.specifier;
      if (!isDynamic || url === undefined || !modules.has(url)) continue;
      // Who asks for it may do so before the later ones are there.
      const at = closures.findIndex((closure) => closure.has(specifier));
      const there = known.slice(0, at < 0 ? known.length : at + 1).filter((each) => each !== url);
      before.set(url, (before.get(url) ?? there).filter((each) => there.includes(each)));
    }
  }
  return before;
}

/** A module with all that is loaded when it is. */
function staticClosure(modules: Map<string, DenoModule>, url: string, seen = new Set<string>()): Set<string> {
  if (seen.has(url)) return seen;
  seen.add(url);
  for (const { code, isDynamic } of modules.get(url)?.dependencies ?? []) {
    if (!isDynamic && code?.specifier !== undefined) staticClosure(modules, code.specifier, seen);
  }
  return seen;
}
