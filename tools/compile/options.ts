import { parseArgs } from "@std/cli/parse-args";

/** What is compiled, and for whom. */
export interface CompileOptions {
  /** Path of the program: `main.ts`, or a CLI of one's own. */
  app: string;
  /** One of {@linkcode TARGETS}. */
  target: string;
  /** Where the binary goes; by default `dist/NAME`, which is known when the program has been asked for its name. */
  output: string | undefined;
  /** Hosts beside those that the program names. */
  hosts: string[];
  /** Whether it is for others: with the real `@std` only. */
  release: boolean;
  /** Whether it is compiled a second time, and has to come out the same. */
  check: boolean;
}

/** Those that Deno has a runtime for. */
export const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
];

/** What the caller can mend. */
export class CompileError extends Error {
  constructor(message: string, readonly status: 1 | 2 = 2) {
    super(message);
  }
}

const USAGE =
  "deno task compile [--target TARGET] [--app FILE] [--output FILE] [--allow-host HOST:PORT]... [--release] [--check]";

/**
 * Reads a command line of `deno task compile`.
 *
 * @throws {CompileError} Where it is wrong.
 */
export function compileOptions(args: string[], host: string = Deno.build.target): CompileOptions {
  const unknown: string[] = [];
  const options = parseArgs(args, {
    boolean: ["release", "check"],
    string: ["_", "target", "app", "output", "allow-host"],
    collect: ["allow-host"],
    unknown: (arg) => void unknown.push(arg),
  });
  const text = (name: string) => options[name] as string | undefined;
  const [target, app, output] = [text("target") ?? host, text("app") ?? "main.ts", text("output")];
  if (unknown.length > 0) throw new CompileError(`"${unknown[0]}" is not an option of compile\n${USAGE}`);
  if (target === "" || app === "" || output === "") throw new CompileError(`An option has no value\n${USAGE}`);
  if (!TARGETS.includes(target)) {
    throw new CompileError(
      `There is no target "${target}". There are:\n${TARGETS.map((name) => `  ${name}`).join("\n")}`,
    );
  }
  return {
    app,
    target,
    output,
    hosts: options["allow-host"] as string[],
    release: options["release"] === true,
    check: options["check"] === true,
  };
}

/** The system that a target is for. */
export function systemOf(target: string): "linux" | "darwin" | "windows" {
  return target.includes("windows") ? "windows" : target.includes("darwin") ? "darwin" : "linux";
}
