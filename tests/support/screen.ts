// What a person sees: a terminal that draws, with a shell in it, through tmux. script(1) gives what was written; this, what is left of it.
import { denoRunFlags } from "./cli.ts";
import { temporaryDirectory } from "./directory.ts";

/** Milliseconds that a screen may take to show something, also on a busy machine. */
const LONGEST = 60_000;

/** Whether this machine has tmux. */
export function hasTmux(): boolean {
  try {
    return Deno.build.os === "linux" && new Deno.Command("tmux", { args: ["-V"] }).outputSync().success;
  } catch {
    return false;
  }
}

/** A terminal with a shell in it, where `fief-auth` is the real CLI. */
export interface Screen extends AsyncDisposable {
  /** Types this, and Enter. */
  type(line: string): Promise<void>;
  /** Presses a key by tmux's name for it: `C-c`. */
  press(key: string): Promise<void>;
  /** What it shows now, without the blanks at the ends of lines; `joined` makes one line of what the terminal has broken. */
  shown(joined?: "joined"): Promise<string>;
  /** Resolves when it shows this, to the match. */
  until(pattern: RegExp): Promise<RegExpMatchArray>;
}

/** Starts it, of so many columns and rows, with these variables. */
export async function startScreen(env: Record<string, string>, columns: number, rows = 24): Promise<Screen> {
  const directory = await temporaryDirectory();
  const main = decodeURIComponent(new URL("../../main.ts", import.meta.url).pathname);
  const flags = denoRunFlags().filter((flag) => !flag.startsWith("--allow"));
  const words = [Deno.execPath(), "run", "-q", "--no-prompt", ...flags, "-A", main];
  const program = `#!/bin/sh\nexec ${words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ")} "$@"\n`;
  await Deno.writeTextFile(`${directory.path}/fief-auth`, program, { mode: 0o755 });
  const inherited = Object.fromEntries(
    ["HOME", "DENO_DIR", "DENO_COVERAGE_DIR", "DENO_TLS_CA_STORE"].flatMap((name) =>
      Deno.env.has(name) ? [[name, Deno.env.get(name)!]] : []
    ),
  );
  const tmux = async (...args: string[]) => {
    const { success, stdout, stderr } = await new Deno.Command("tmux", {
      args: ["-S", `${directory.path}/tmux`, "-f", "/dev/null", ...args],
      clearEnv: true,
      env: {
        ...inherited,
        PATH: `${directory.path}:${Deno.env.get("PATH")}`,
        LANG: "C.UTF-8",
        DISPLAY: "",
        ...env,
      },
      stdin: "null",
    }).output();
    const text = new TextDecoder();
    if (!success) throw new Error(`tmux ${args[0]}: ${text.decode(stderr)}`);
    return text.decode(stdout);
  };
  const settings = `${directory.path}/settings`;
  await Deno.writeTextFile(settings, "PS1='$ '\n");
  await tmux("new-session", "-d", "-x", `${columns}`, "-y", `${rows}`, `bash --rcfile '${settings}' -i`);
  const shown = async (joined?: "joined") =>
    (await tmux("capture-pane", "-p", ...joined ? ["-J"] : [])).replaceAll(/ +$/gm, "").trimEnd();
  const until = async (pattern: RegExp) => {
    for (const end = Date.now() + LONGEST;;) {
      const match = (await shown("joined")).match(pattern);
      if (match) return match;
      if (Date.now() > end) throw new Error(`The screen never showed ${pattern}:\n${await shown()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  await until(/^\$$/); // what is typed before would stand there twice
  return {
    type: async (line) => {
      await tmux("send-keys", "-l", "--", line);
      await tmux("send-keys", "Enter");
    },
    press: async (key) => void await tmux("send-keys", key),
    shown,
    until,
    async [Symbol.asyncDispose]() {
      await tmux("kill-server").catch(() => {});
      await directory[Symbol.asyncDispose]();
    },
  };
}
