// Measures what this project promises of its speed, and ends with status 1 where a limit is not met: docs/performance.md tells of it.
//
//     deno task bench [ROUNDS] [NAME]...
import { type Effort, type Measurement, type Outcome, report } from "./bench/measurement.ts";
import { helpOfCommands, memoryCompiled, memoryFromSource, startCompiled, startFromSource } from "./bench/start_up.ts";
import { callApiDownload, callApiMemory } from "./bench/download.ts";
import { isolation } from "./bench/isolation.ts";
import { manyProcesses } from "./bench/many_processes.ts";
import { pythonCall, pythonProcess, pythonProcessCompiled } from "./bench/python_client.ts";
import { signInEnd } from "./bench/sign_in.ts";

const MEASUREMENTS: Measurement[] = [
  startFromSource,
  startCompiled,
  helpOfCommands,
  memoryFromSource,
  memoryCompiled,
  pythonProcess,
  pythonProcessCompiled,
  pythonCall,
  manyProcesses,
  signInEnd,
  isolation,
  callApiDownload,
  callApiMemory,
];

/** Rounds where none are named. */
const ROUNDS = 40;
/** From so many rounds on, a download is a whole gigabyte. */
const WHOLE = 10;

/** What a command line asks for: a number of rounds, and names of measurements. */
export function askedFor(args: string[], all: Measurement[]): { effort: Effort; measurements: Measurement[] } {
  const [numbers, names] = [args.filter((arg) => /^\d+$/.test(arg)), args.filter((arg) => !/^\d+$/.test(arg))];
  const unknown = names.find((name) => !all.some((each) => each.name === name));
  const rounds = Number(numbers[0] ?? ROUNDS);
  if (unknown !== undefined || numbers.length > 1 || rounds < 1) {
    throw new RangeError(`deno task bench [ROUNDS] [NAME]..., where NAME is ${all.map(({ name }) => name).join(", ")}`);
  }
  return {
    effort: { rounds, bytes: rounds < WHOLE ? 200_000_000 : 1_000_000_000 },
    measurements: names.length === 0 ? all : all.filter(({ name }) => names.includes(name)),
  };
}

if (import.meta.main) {
  const { effort, measurements } = askedFor(Deno.args, MEASUREMENTS);
  console.log(`Deno ${Deno.version.deno}, ${effort.rounds} rounds\n`);
  const outcomes: Outcome[] = [];
  for (const measurement of measurements) outcomes.push(await report(measurement, effort, console.log));
  const sum = (of: "met" | "missed" | "notMeasured") => outcomes.reduce((total, each) => total + each[of], 0);
  console.log(`${sum("met")} limits met, ${sum("missed")} not met, ${sum("notMeasured")} not measured`);
  Deno.exit(sum("missed") > 0 ? 1 : 0);
}
