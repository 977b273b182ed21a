// A real terminal, through script(1) of util-linux.

/** Whether this machine has it. */
export function hasTerminal(): boolean {
  try {
    return Deno.build.os === "linux" && new Deno.Command("script", { args: ["--version"] }).outputSync().success;
  } catch {
    return false;
  }
}

/** A program that runs in a terminal. */
export interface InTerminal {
  /** What the terminal has shown so far, control characters included. */
  shown(): string;
  /** Resolves when it shows this. */
  until(pattern: RegExp): Promise<RegExpMatchArray>;
  /** Types, or pastes. */
  type(text: string): Promise<void>;
  /** Resolves when the program has ended, to its status. */
  ended(): Promise<number>;
}

/** Runs a program in a terminal of so many columns and rows. */
export function inTerminal(command: string[], env: Record<string, string>, columns = 80, rows = 24): InTerminal {
  const line = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  const child = new Deno.Command("script", {
    args: ["-qefc", `stty cols ${columns} rows ${rows}; exec ${line}`, "/dev/null"],
    clearEnv: true,
    env: { TERM: "xterm-256color", ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const keys = child.stdin.getWriter();
  let shown = "";
  let over = false;
  let changed = Promise.withResolvers<void>();
  void (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stdout) {
      shown += decoder.decode(chunk, { stream: true });
      changed.resolve();
      changed = Promise.withResolvers();
    }
    over = true;
    changed.resolve();
  })();
  return {
    shown: () => shown,
    until: async (pattern) => {
      for (;;) {
        const match = shown.match(pattern);
        if (match) return match;
        if (over) throw new Error(`The program ended without showing ${pattern}: ${JSON.stringify(shown)}`);
        await changed.promise;
      }
    },
    type: (text) => keys.write(new TextEncoder().encode(text)),
    ended: async () => {
      const { code } = await child.status;
      await keys.close().catch(() => {});
      return code;
    },
  };
}
