import type { Input } from "../../lib/host.ts";

/** A terminal to type into. */
export interface Keyboard {
  readonly stdin: Input;
  /** The modes that the terminal was set to. */
  readonly raw: boolean[];
  type(text: string): void;
  /** The terminal is gone. */
  close(): void;
}

/** A terminal whose keys the test presses. */
export function keyboard({ isTerminal = true } = {}): Keyboard {
  const raw: boolean[] = [];
  let controller!: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
  const readable = new ReadableStream<Uint8Array<ArrayBuffer>>({ start: (c) => void (controller = c) });
  return {
    stdin: { isTerminal: () => isTerminal, readable, setRaw: (on) => void raw.push(on) },
    raw,
    type: (text) => controller.enqueue(new TextEncoder().encode(text)),
    close: () => controller.close(),
  };
}
