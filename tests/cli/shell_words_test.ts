import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { shellWords } from "../../lib/cli/shell_words.ts";
import { run } from "../support/child.ts";

const HOSTILE = [
  "$(touch /tmp/x)",
  "`id`",
  "a'b",
  "''",
  "'\"'",
  "a;b",
  "a&&b",
  "a|b",
  "a>b",
  "$HOME",
  "!!",
  "~",
  "*",
  "[a]",
  "{a,b}",
  "#a",
  "=ls",
  "\\",
  "a\\",
  "-n",
  "",
  " ",
  "%PATH%",
];

/** The shells of this machine. */
const SHELLS = ["sh", "bash", "dash", "zsh", "ksh", "busybox"].filter((shell) => {
  try {
    const args = shell === "busybox" ? ["sh", "-c", "true"] : ["-c", "true"];
    return new Deno.Command(shell, { args }).outputSync().success;
  } catch {
    return false;
  }
});

for (const shell of SHELLS) {
  Deno.test(`${shell} reads what shellWords() writes as the same words, and runs nothing`, async () => {
    const random = fc.sample(fc.array(fc.string({ maxLength: 12 }), { minLength: 1, maxLength: 4 }), 200)
      .map((words) => words.map((word) => word.replaceAll(/[^\x20-\x7e]/g, "")));
    const lines = [HOSTILE, ...random];
    const script = lines.map((words) => `printf '%s\\n' ${shellWords(words, "linux")!}\necho --`).join("\n");
    const command = shell === "busybox" ? ["busybox", "sh", "-c", script] : [shell, "-c", script];
    const { code, stdout } = await run(command);
    assertEquals([code, stdout], [0, lines.map((words) => `${words.join("\n")}\n--\n`).join("")]);
  });
}

const words: [words: string[], linux: string | undefined, windows: string | undefined][] = [
  [
    ["acme", "login", "--param", "acr_values=a:b/c"],
    "acme login --param acr_values=a:b/c",
    "acme login --param acr_values=a:b/c",
  ],
  [["--param", "acr_values=a b"], "--param 'acr_values=a b'", '--param "acr_values=a b"'],
  [["it's"], `'it'\\''s'`, `"it's"`],
  [["a%b"], "'a%b'", undefined],
  [["$(x)"], "'$(x)'", undefined],
  [["a\\"], "'a\\'", undefined],
  [['a"b'], `'a"b'`, undefined],
  [["a\nb"], undefined, undefined],
  [["\x1b[31m"], undefined, undefined],
  [["\u202e"], undefined, undefined],
];
for (const [list, linux, windows] of words) {
  Deno.test(`shellWords() of ${JSON.stringify(list)}`, () => {
    assertEquals([shellWords(list, "linux"), shellWords(list, "windows")], [linux, windows]);
  });
}
