// Makes one self-contained binary of a CLI: deno task compile.
import { basename, dirname, join, resolve } from "node:path";
import { knownFlags } from "../find_std.ts";
import { askApp } from "./ask_app.ts";
import { bakedFlags } from "./baked_flags.ts";
import { deno } from "./deno.ts";
import { embed } from "./embed.ts";
import { CompileError, type CompileOptions, compileOptions, systemOf } from "./options.ts";
import type { AskedApp } from "./recorded_app.ts";
import { ROOT } from "./root.ts";
import { runtimeAdvice, runtimeVariables } from "./runtime.ts";
import { sizeLine, tooLarge } from "./size.ts";
import { stageProgram } from "./stage.ts";
import { ignoreMissing } from "./times.ts";

/** What is needed for more than one binary: npm packages, and the runtimes that Deno downloads. */
const CACHE = `${ROOT}/.cache/compile`;

/** Compiles what the options say, and tells of it. */
export async function compile(options: CompileOptions, standIns: boolean): Promise<void> {
  if (options.release && standIns) {
    throw new CompileError("A release is compiled with the real @std: JSR must be in reach", 1);
  }
  // Relative paths are the user's, from where the task was called.
  const where = Deno.env.get("INIT_CWD") ?? Deno.cwd();
  const app = resolve(where, options.app);
  if (!await isFile(app)) throw new CompileError(`There is no file "${options.app}" to compile`);
  const asked = await inPlace((directory) => askApp(app, standIns, directory));
  const name = `${asked.app.name}${systemOf(options.target) === "windows" ? ".exe" : ""}`;
  const output = options.output === undefined ? join(ROOT, "dist", name) : resolve(where, options.output);
  await Deno.mkdir(dirname(output), { recursive: true });
  const flags = bakedFlags(asked, options.target, options.hosts);
  const build = (path: string, cache: string) => buildOne({ app, flags, options, standIns, output: path, cache });
  // Deno takes the old one away before it knows whether it can make a new one.
  const half = join(dirname(output), `half-${basename(output)}`);
  try {
    const empty = await build(half, CACHE);
    const size = await sizeOf(half);
    console.log(`${output}\n${flags.map((flag) => `  ${flag}`).join("\n")}\n${sizeLine(size, empty)}`);
    if (tooLarge(size, empty)) {
      throw new CompileError("It is larger than it may be: something got in that is not needed", 1);
    }
    await smoke(half, options.target, asked);
    if (options.check) await compare(half, build);
    await Deno.rename(half, output);
  } finally {
    await Deno.remove(half).catch(ignoreMissing);
  }
}

interface Build {
  app: string;
  flags: string[];
  options: CompileOptions;
  standIns: boolean;
  output: string;
  cache: string;
}

/** Compiles once. Gives the size of the binary of an empty program. */
async function buildOne({ app, flags, options, standIns, output, cache }: Build): Promise<number> {
  return await inPlace(async (directory) => {
    const at = (path: string) => join(directory, path);
    const [source, bundle] = ["source", "bundle"].map(at);
    for (const path of [source, bundle]) await Deno.mkdir(path!);
    const stage = await stageProgram(app, standIns, source!);
    const env = { DENO_DIR: cache, ...await runtimeVariables(options.target, options.release) };
    try {
      const { entry, included, flags: resolution } = await embed(stage, bundle!, cache);
      // Deno would keep compiled code for the next run in the system's directory for temporary files, where anybody can put something else.
      const one = ["compile", "-q", "--no-code-cache", "--no-config", "--no-check", "--target", options.target];
      // What lets a Worker have permissions of its own: without it Deno would end the program where it starts one.
      const isolating = "--unstable-worker-options";
      const files = included.flatMap((path) => ["--include", path]);
      await deno([...one, ...resolution, isolating, ...flags, ...files, "--output", output, entry], env);
      const nothing = at("empty.ts");
      await Deno.writeTextFile(nothing, "");
      await deno([...one, "--no-lock", "--output", at("empty"), nothing], env);
      return await sizeOf(systemOf(options.target) === "windows" ? at("empty.exe") : at("empty"));
    } catch (error) {
      const advice = error instanceof CompileError ? runtimeAdvice(error.message, options.target) : undefined;
      throw advice === undefined ? error : new CompileError(advice, 1);
    } finally {
      // What Deno made of these very files; the next ones are elsewhere.
      await Deno.remove(join(cache, "gen", "file", directory), { recursive: true }).catch(ignoreMissing);
    }
  });
}

/** A second time, elsewhere and with a cache of its own: the same bytes. */
async function compare(output: string, build: (output: string, cache: string) => Promise<number>): Promise<void> {
  await inPlace(async (directory) => {
    const second = join(directory, basename(output));
    await build(second, join(directory, "cache"));
    const sums = await Promise.all([output, second].map(sha256));
    if (sums[0] !== sums[1]) {
      const kept = [`${output}.first`, `${output}.second`] as const;
      await Deno.copyFile(output, kept[0]);
      await Deno.copyFile(second, kept[1]);
      throw new CompileError(`Compiled twice, it is not the same: compare ${kept.join(" and ")}`, 1);
    }
    console.log(`Compiled twice, the same bytes: SHA-256 ${sums[0]}`);
  });
}

/** A runtime that does not fit the compiler makes a binary that does not start. */
async function smoke(output: string, target: string, { app }: AskedApp): Promise<void> {
  if (target !== Deno.build.target) return;
  const { stdout, stderr } = await new Deno.Command(output, { args: ["--version"], stdin: "null" }).output();
  const said = new TextDecoder().decode(stdout).trim();
  if (!said.startsWith(`${app.name} `)) {
    const met = new TextDecoder().decode(stderr).split("\n").find(Boolean) ?? "it printed nothing";
    throw new CompileError(
      `The binary does not start: ${met}\nA runtime works with its own version of Deno only: see DENORT_BIN`,
      1,
    );
  }
  console.log(said);
}

/** Does something in a directory for it alone, with its real path. */
async function inPlace<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await Deno.realPath(await Deno.makeTempDir({ prefix: "fief-auth-compile-" }));
  try {
    return await work(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function sha256(path: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function sizeOf(path: string): Promise<number> {
  return (await Deno.stat(path)).size;
}

async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then((info) => info.isFile, () => false);
}

if (import.meta.main) {
  try {
    await compile(compileOptions(Deno.args), (knownFlags() ?? []).includes("--import-map"));
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    console.error(error.message);
    Deno.exit(error.status);
  }
}
