import { fileURLToPath } from "node:url";

/** What `deno info --json` says, as far as it is used. */
export interface DenoInfo {
  modules: {
    kind: string;
    specifier: string;
    error?: string;
    npmPackage?: string;
    mediaType?: string;
    /** Where its text is. */
    local?: string;
    dependencies?: { specifier: string; code?: { specifier?: string }; isDynamic?: boolean }[];
  }[];
  /** What each specifier stands for that is no address of a module. */
  redirects?: Record<string, string>;
  npmPackages?: Record<string, { dependencies: string[] }>;
}

/** All that a program is made of. */
export interface ProgramGraph {
  /** Paths of its own modules. */
  files: string[];
  /** Its npm packages with those that they need, `jose@6.2.18` say. */
  packages: string[];
  /** The names that it imports by: what its import map has to know. */
  specifiers: string[];
}

/** Reads the graph of one or more entry points. */
export function graphOf(infos: DenoInfo[]): ProgramGraph {
  const modules = infos.flatMap(({ modules }) => modules);
  const local = modules.map(({ specifier }) => specifier).filter((specifier) => specifier.startsWith("file:"));
  return {
    files: [...new Set(local.map((specifier) => fileURLToPath(specifier)))].sort(),
    packages: packagesOf(infos),
    specifiers: [
      ...new Set(modules.flatMap(({ dependencies = [] }) => dependencies.map(({ specifier }) => specifier))),
    ],
  };
}

/**
 * The npm packages of a program, with those that they need.
 *
 * @param without Packages to leave out.
 */
export function packagesOf(infos: DenoInfo[], without: string[] = []): string[] {
  const known = Object.assign({}, ...infos.map(({ npmPackages }) => npmPackages));
  const packages = new Set<string>();
  const add = (id: string) => {
    if (packages.has(id)) return;
    packages.add(id);
    for (const dependency of known[id]?.dependencies ?? []) add(dependency);
  };
  for (const { npmPackage } of infos.flatMap(({ modules }) => modules)) {
    if (npmPackage !== undefined && !without.includes(npmPackage)) add(npmPackage);
  }
  return [...packages].sort();
}

/** The npm packages that modules below this URL import by themselves. */
export function packagesImportedIn(url: string, infos: DenoInfo[]): string[] {
  const packages = infos.flatMap(({ modules, redirects = {} }) =>
    modules.filter(({ specifier }) => specifier.startsWith(url)).flatMap(({ dependencies = [] }) => dependencies)
      .flatMap(({ code }) => redirects[code?.specifier ?? ""]?.match(/^npm:\/((?:@[^/]+\/)?[^/]+)/)?.[1] ?? [])
  );
  return [...new Set(packages)].sort();
}

/** A lock file, as far as it is used. */
export interface LockFile {
  version: string;
  specifiers?: Record<string, string>;
  npm?: Record<string, unknown>;
  [section: string]: unknown;
}

/** A lock file with these npm packages only: Deno embeds all that are in it. */
export function prunedLock(lock: LockFile, packages: string[]): LockFile {
  const { workspace: _, ...rest } = lock;
  return {
    ...rest,
    npm: kept(lock.npm ?? {}, (id) => packages.includes(id)),
    specifiers: kept(lock.specifiers ?? {}, (specifier, version) => {
      const name = specifier.match(/^npm:(@?[^@]+)@/)?.[1];
      return name === undefined || packages.includes(`${name}@${version}`);
    }),
  };
}

/** An import map with the names that are imported by: it goes into the binary too. */
export function prunedMap(imports: Record<string, string>, specifiers: string[]): Record<string, string> {
  const used = (name: string) => specifiers.some((it) => it === name || (name.endsWith("/") && it.startsWith(name)));
  return kept(imports, used);
}

function kept<T>(record: Record<string, T>, keep: (key: string, value: T) => boolean): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([key, value]) => keep(key, value)));
}
