// Signals are left to the system only where the process is this program's own, and nobody else deals with them.
import { assertEquals } from "@std/assert";
import { cli, type CliOptions, type CliRun, command } from "../../lib/cli/mod.ts";
import { recordedOutput } from "../support/host.ts";

const never = new Promise<"SIGINT" | "SIGTERM">(() => {});
const cases: [name: string, options: Pick<CliOptions, "isolated"> & CliRun, left: boolean][] = [
  ["a CLI may be built into another program", {}, false],
  ["whoever built the CLI in tells of signals", { isolated: true, interrupted: never }, false],
  ["the process is the program's own", { isolated: true }, true],
];
for (const [name, options, left] of cases) {
  Deno.test(`leaveSignals() gives ${left} where ${name}`, async () => {
    const [added, removed]: [string[], string[]] = [[], []];
    const { addSignalListener, removeSignalListener } = Deno;
    let gave: boolean | undefined;
    let before: string[] = [];
    const leave = command({
      name: "leave",
      summary: "Leave signals to the system",
      examples: ["leave"],
      withoutSession: true,
      async run(context) {
        await new Promise((resolve) => setTimeout(resolve, 0)); // whoever is done at once listens to none
        before = [...removed];
        gave = context.leaveSignals();
        assertEquals(removed.length > before.length, left);
      },
    });
    Object.assign(Deno, {
      addSignalListener: (signal: Deno.Signal) => void added.push(signal),
      removeSignalListener: (signal: Deno.Signal) => void removed.push(signal),
    });
    try {
      const host = { stdout: recordedOutput(), stderr: recordedOutput() };
      assertEquals(await cli({ name: "acme", args: ["leave"], commands: { leave }, host, ...options }), 0);
    } finally {
      Object.assign(Deno, { addSignalListener, removeSignalListener });
    }
    assertEquals([gave, removed], [left, added]); // each is taken away once
  });
}
