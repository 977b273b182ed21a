import { appOf } from "../../lib/cli/app.ts";
import { commandNames } from "../../lib/cli/commands.ts";
import { fastestRatio, inTurn, medianRatio } from "./arithmetic.ts";
import type { Measurement, Row } from "./measurement.ts";
import { type CommandLine, duration, peakMemory } from "./process.ts";
import { compiled, fromSource, type Programs } from "./programs.ts";

const HELP: Row = { name: "--help", limit: { kind: "at most", value: 1.5 } };

/** Whole processes, as ratios to an empty program. What else the machine does makes them slower, never faster: the lower ratio counts. */
function against(
  roundsOf: (rounds: number) => number,
  measured: (line: CommandLine, env: Record<string, string>) => Promise<number>,
): (rows: Row[], make: () => Promise<Programs>) => Measurement["measure"] {
  return (rows, make) => async ({ rounds }) => {
    await using programs = await make();
    const { env } = programs;
    const lines = [programs.empty, ...rows.map(({ name }) => programs.cli(...name.split(" ")))];
    for (const line of lines) await duration(line, env); // fills Deno's caches
    const [base, ...others] = await inTurn(roundsOf(rounds), lines.map((line) => () => measured(line, env)));
    return others.map((values) => Math.min(medianRatio(values, base!), fastestRatio(values, base!)));
  };
}

const startUp = against((rounds) => rounds, duration);
/** It hardly varies: fewer rounds. */
const memory = against((rounds) => Math.min(rounds, 15), peakMemory);

const token = (most: number): Row => ({ name: "token", limit: { kind: "at most", value: most } });
const sourceRows: Row[] = [token(1.2), { name: "token --quiet" }, { name: "hello" }, { name: "--version" }, HELP];
const compiledRows: Row[] = [token(1.05), { name: "token --quiet" }, { name: "hello" }, HELP];
const helpRows = commandNames(appOf({ name: "fief-auth" }, "0.0.0"))
  .map((name): Row => ({ ...HELP, name: `${name} --help` }));
const memoryRows = [token(1.1)];

export const startFromSource: Measurement = {
  name: "start",
  about: "whole processes from source, against an empty program beside the same deno.json and lock",
  rows: sourceRows,
  measure: startUp(sourceRows, fromSource),
};

export const startCompiled: Measurement = {
  name: "start-compiled",
  about: "whole processes compiled, against an empty program compiled in the same way",
  rows: compiledRows,
  measure: startUp(compiledRows, compiled),
};

export const helpOfCommands: Measurement = {
  name: "help",
  about: "the help of each command from source, against the same empty program",
  rows: helpRows,
  measure: startUp(helpRows, fromSource),
};

export const memoryFromSource: Measurement = {
  name: "memory",
  about: "the most resident memory from source, against the same empty program",
  rows: memoryRows,
  measure: memory(memoryRows, fromSource),
};

export const memoryCompiled: Measurement = {
  name: "memory-compiled",
  about: "the most resident memory compiled, against the same empty program",
  rows: memoryRows,
  measure: memory(memoryRows, compiled),
};
