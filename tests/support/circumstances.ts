// Circumstances that a process runs in: file systems of its own, no rights, a system that refuses. What is needed for them is not everywhere.

/** Whether a command is there and does this well. */
function can(command: string, ...args: string[]): boolean {
  try {
    return new Deno.Command(command, { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

const isLinux = Deno.build.os === "linux";
const isRoot = isLinux && Deno.uid() === 0;

/** Whether {@linkcode mounted} works: for root, where a container does not forbid it. */
export const MAY_MOUNT = isRoot && can("unshare", "-m", "sh", "-c", "mount -t tmpfs tmpfs /mnt") &&
  can("nsenter", "--version");

/** In front of a command: file modes stop it as they stop any user. Root they do not. */
export const WITHOUT_RIGHTS = isRoot ? ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] : [];

/** Whether file modes stop a process that {@linkcode WITHOUT_RIGHTS} starts. */
export const MODES_COUNT = Deno.build.os !== "windows" && (!isRoot || can("setpriv", "--bounding-set=-all", "true"));

/** File systems that only these processes see. They are gone with it. */
export interface Mounted extends AsyncDisposable {
  /** In front of a command: it sees them. */
  readonly through: string[];
  /** Runs a shell script there, and gives what it printed. */
  sh(script: string): Promise<string>;
}

/** Runs a shell script that mounts, where nobody else sees it. */
export async function mounted(script: string): Promise<Mounted> {
  const args = ["-m", "sh", "-ec", `${script}\necho ready\nexec cat`];
  const holder = new Deno.Command("unshare", { args, stdin: "piped", stdout: "piped" }).spawn();
  const output = holder.stdout.getReader();
  const { done } = await output.read();
  if (done) throw new Error("The script that mounts has failed");
  const wd = decodeURIComponent(new URL("../../", import.meta.url).pathname);
  const through = ["nsenter", `--target=${holder.pid}`, "--mount", `--wd=${wd}`];
  return {
    through,
    sh: async (script) => {
      const [command, ...args] = [...through, "sh", "-ec", script];
      const { success, stdout } = await new Deno.Command(command!, { args, stderr: "inherit" }).output();
      if (!success) throw new Error(`This script has failed: ${script}`);
      return new TextDecoder().decode(stdout);
    },
    async [Symbol.asyncDispose]() {
      await holder.stdin.close();
      await output.cancel();
      await holder.status;
    },
  };
}

/** Calls of the system that can be refused, by their numbers on x86-64 and arm64. */
const CALLS = { flock: [73, 32], fsync: [74, 82], fdatasync: [75, 83] };
/** Errors of Linux. */
const ERRORS = { EIO: 5, ENOLCK: 37, ENOTSUP: 95, ESTALE: 116, EDQUOT: 122 };

const REFUSE = `
import ctypes, os, struct, sys
call, error = int(sys.argv[1]), int(sys.argv[2])
# load the call's number; if it is this one, the error; else go on
code = [(0x20, 0, 0, 0), (0x15, 0, 1, call), (0x06, 0, 0, 0x00050000 | error), (0x06, 0, 0, 0x7fff0000)]
text = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in code))
program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(code), ctypes.addressof(text)))
libc = ctypes.CDLL(None)
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, program, 0, 0) == 0 # no new privileges; seccomp with a filter
os.execvp(sys.argv[3], sys.argv[3:])`;

/** In front of a command: a call of the system is refused to it, by the kernel itself. */
export function refusing(call: keyof typeof CALLS, error: keyof typeof ERRORS): string[] {
  const number = CALLS[call][Deno.build.arch === "x86_64" ? 0 : 1]!;
  return ["python3", "-c", REFUSE, String(number), String(ERRORS[error])];
}

/** Whether {@linkcode refusing} works. */
export const CAN_REFUSE = isLinux && can("python3", ...refusing("flock", "ENOLCK").slice(1), "true");
