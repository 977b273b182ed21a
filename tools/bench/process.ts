import { NotMeasured } from "./measurement.ts";

/** A program with its arguments. */
export type CommandLine = string[];

/** The environment of all that is measured: nothing of whoever measures, but what Deno needs to find its cache. */
export function environment(own: Record<string, string> = {}): Record<string, string> {
  const names = ["PATH", "HOME", "DENO_DIR", "DENO_TLS_CA_STORE", "TMPDIR"];
  const inherited = names.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(inherited), ...own };
}

/** Milliseconds that a program takes, from its start to its end. */
export async function duration([program, ...args]: CommandLine, env: Record<string, string>): Promise<number> {
  const command = new Deno.Command(program!, {
    args,
    env: environment(env),
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  });
  const started = performance.now();
  const { success, stderr } = await command.output();
  const taken = performance.now() - started;
  if (!success) throw new Error(`${program} ${args.at(-1)}: ${new TextDecoder().decode(stderr)}`);
  return taken;
}

/** The system counts the memory of a process that has ended for whoever started it; Deno does not tell, Python does. */
const PEAK = `
import os, subprocess, sys
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(child.pid, 0)
print(usage.ru_maxrss)
sys.exit(0 if status == 0 else 1)
`;

/** The most memory that a program ever held while it ran (`ru_maxrss` of getrusage(2)), in the system's unit. */
export async function peakMemory(line: CommandLine, env: Record<string, string>): Promise<number> {
  const options: Deno.CommandOptions = { args: ["-c", PEAK, ...line], env: environment(env), clearEnv: true };
  const { success, stdout, stderr } = await new Deno.Command("python3", { ...options, stdin: "null" }).output()
    .catch((error) => {
      if (error instanceof Deno.errors.NotFound) throw new NotMeasured("there is no python3, which counts memory");
      throw error;
    });
  if (!success) throw new Error(`${line.at(-1)}: ${new TextDecoder().decode(stderr)}`);
  return Number(new TextDecoder().decode(stdout));
}
