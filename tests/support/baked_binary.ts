// A compiled CLI whose permissions are changed as `deno compile` would have written them: compiling it again takes a hundred times as long.
import { writeImportMap } from "../../tools/find_std.ts";
import { ownRuntime } from "../../tools/compile/runtime.ts";
import { denoRunFlags } from "./cli.ts";

const ROOT = decodeURIComponent(new URL("../../", import.meta.url).pathname);
/** In front of the length and the text of what a binary knows of itself. */
const MARK = new TextEncoder().encode("d3n0l4nd");
/** Room for any list of permissions. */
const ROOM = "X".repeat(8_000);

/** The runtime that a program is put into, where this machine has one of this version; Deno cannot download one everywhere. */
export function runtime(): string | undefined {
  const path = Deno.env.get("DENORT_BIN") ?? ownRuntime(Deno.build.target);
  try {
    const { stdout, success } = new Deno.Command(Deno.execPath(), { args: ["--version"] }).outputSync();
    const isThere = Deno.statSync(path).isFile;
    return success && isThere && new TextDecoder().decode(stdout).includes(Deno.version.deno) ? path : undefined;
  } catch {
    return undefined;
  }
}

/** A binary with room for other permissions. */
export class BakedBinary {
  readonly #path: string;
  readonly #at: number;
  readonly #text: string;
  readonly #bytes: number;

  private constructor(path: string, at: number, text: string) {
    this.#path = path;
    this.#at = at;
    this.#text = text;
    this.#bytes = new TextEncoder().encode(text).length;
  }

  /** Compiles main.ts. */
  static async compile(path: string): Promise<BakedBinary> {
    await compile(path, [`--allow-env=${ROOM}`]);
    const { at, text } = await metadataOf(path);
    return new BakedBinary(path, at, text);
  }

  /** The same binary at another path. */
  async copy(path: string): Promise<BakedBinary> {
    await Deno.copyFile(this.#path, path);
    return new BakedBinary(path, this.#at, this.#text);
  }

  /**
   * Gives it these permissions and no others. Nobody may be running it; and at once, as a program that is started meanwhile would inherit the
   * open file, with which nobody can be started from it.
   */
  bake(flags: string[]): string {
    const metadata = JSON.parse(this.#text);
    for (const kind of ["read", "write", "net", "env", "run"]) {
      const flag = flags.find((each) => each.startsWith(`--allow-${kind}=`));
      metadata.permissions[`allow_${kind}`] = flag === undefined ? null : flag.slice(flag.indexOf("=") + 1).split(",");
    }
    const bytes = new TextEncoder().encode(JSON.stringify(metadata));
    if (bytes.length > this.#bytes) throw new Error("There is no room for these permissions");
    const whole = new Uint8Array(this.#bytes).fill(0x20); // JSON takes blanks at its end
    whole.set(bytes);
    using file = Deno.openSync(this.#path, { write: true });
    file.seekSync(this.#at, Deno.SeekMode.Start);
    for (let rest = whole; rest.length > 0;) rest = rest.subarray(file.writeSync(rest));
    return this.#path;
  }
}

/** The permissions that `deno compile` writes for flags. */
export async function compiledPermissions(path: string, flags: string[]): Promise<Record<string, unknown>> {
  await compile(path, flags);
  return JSON.parse((await metadataOf(path)).text).permissions;
}

async function compile(output: string, flags: string[]): Promise<void> {
  const standIns = denoRunFlags().some((flag) => flag.includes("import"));
  const map = await writeImportMap("binary_test_import_map.json", standIns);
  const common = ["-q", "--no-config", "--import-map", map, "--no-lock", "--no-check", "--no-prompt", "--cached-only"];
  const worker = ["--unstable-worker-options", "--include", `${ROOT}lib/cli/isolated/worker.ts`];
  const args = ["compile", ...common, ...worker, ...flags, "--output", output, `${ROOT}main.ts`];
  const env = { DENORT_BIN: runtime()! };
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args, env }).output();
  if (!success) throw new Error(`deno compile failed: ${new TextDecoder().decode(stderr)}`);
}

async function metadataOf(path: string): Promise<{ at: number; text: string }> {
  const bytes = await Deno.readFile(path);
  // It is near the end; the runtime has the mark among its own constants.
  for (let at = bytes.length - MARK.length; at >= 0; at = bytes.lastIndexOf(MARK[0]!, at - 1)) {
    if (!MARK.every((byte, index) => bytes[at + index] === byte)) continue;
    const start = at + MARK.length + 8;
    if (bytes[start] !== 0x7b) continue;
    const length = Number(new DataView(bytes.buffer).getBigUint64(at + MARK.length, true));
    return { at: start, text: new TextDecoder().decode(bytes.subarray(start, start + length)) };
  }
  throw new Error("This is no compiled program");
}
