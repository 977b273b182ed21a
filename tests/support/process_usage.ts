// What another process uses, as Linux tells of it (proc(5)).

/** What a process uses. */
export interface Usage {
  /** Seconds of processor time since it began, of all its threads. */
  cpuSeconds: number;
  /** Bytes of memory that it holds. */
  memory: number;
  /** The most that it ever held. */
  memoryPeak: number;
}

/** Whether this machine tells. */
export const TELLS_USAGE: boolean = Deno.build.os === "linux";

/** Clock ticks of a second, as Linux shows them to every program. */
const TICKS = 100;

/** What this process uses now. */
export function usageOf(pid: number): Usage {
  const [user, system] = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1]!.split(" ").slice(11, 13);
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const bytes = (name: string) => Number(status.match(new RegExp(`^${name}:\\s+(\\d+) kB`, "m"))![1]) * 1024;
  return {
    cpuSeconds: (Number(user) + Number(system)) / TICKS,
    memory: bytes("VmRSS"),
    memoryPeak: bytes("VmHWM"),
  };
}
