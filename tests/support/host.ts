import { AssertionError } from "@std/assert";
import type { Host, Output } from "../../lib/host.ts";

/** An output that remembers. */
export interface RecordedOutput extends Output {
  readonly text: string;
}

/** What was written, as a terminal of this size, or as no terminal. */
export function recordedOutput(columns?: number, rows = 24): RecordedOutput {
  const decoder = new TextDecoder();
  let text = "";
  return {
    isTerminal: () => columns !== undefined,
    columns: () => columns ?? 80,
    rows: () => rows,
    write: (data) => {
      text += typeof data === "string" ? data : decoder.decode(data, { stream: true });
      return Promise.resolve();
    },
    get text() {
      return text;
    },
  };
}

/** A host where time stands still and a call that the test did not ask for fails it. */
export function testHost<P extends Partial<Host>>(parts: P): Host & P {
  const unexpected = (call: string) => (): never => {
    throw new AssertionError(`Unexpected call to host.${call}()`);
  };
  return {
    fetch: unexpected("fetch"),
    now: () => 0,
    sleep: unexpected("sleep"),
    env: () => undefined,
    os: "linux",
    stdin: {
      isTerminal: () => false,
      readable: new ReadableStream({ start: (controller) => controller.close() }),
      setRaw: unexpected("stdin.setRaw"),
    },
    stdout: recordedOutput(),
    stderr: recordedOutput(),
    run: unexpected("run"),
    ...parts,
  };
}
