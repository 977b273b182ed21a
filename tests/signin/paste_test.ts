import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { FiefError } from "../../lib/errors.ts";
import { PastedLines } from "../../lib/signin/paste.ts";
import { keyboard } from "./keyboard.ts";

async function linesOf(...typed: string[]): Promise<string[]> {
  const keys = keyboard();
  const pasted = new PastedLines(keys);
  assert(pasted.begin());
  for (const text of typed) keys.type(text);
  keys.close();
  const lines: string[] = [];
  for await (const line of pasted.lines()) lines.push(line);
  assertEquals(keys.raw, [true, false]);
  return lines;
}

const LONG = `http://localhost/?code=${"c".repeat(50_000)}`;
const inputs: [name: string, typed: string[], lines: string[]][] = [
  ["lines come in one piece", ["a\rb\nc\r\n"], ["a", "b", "c"]],
  ["a line comes in pieces", ["ht", "tp://", "x\r"], ["http://x"]],
  ["a line is longer than a terminal's", [`${LONG}\r`], [LONG]],
  ["the terminal marks what is pasted", ["\x1b[200~abc\x1b[201~\r"], ["abc"]],
  ["cursor keys are pressed", ["a\x1b[D\x1b[Cb\x1b[3~\r"], ["ab"]],
  ["something is taken back", ["abx\x7f\bc\r"], ["ac"]],
  ["all is taken back", ["wrong\x15right\r"], ["right"]],
  ["nothing is entered", ["\r\r   \r"], []],
  ["a line is not entered", ["abc"], []],
  ["Ctrl-D ends the input", ["a\r\x04b\r"], ["a"]],
];
for (const [name, typed, lines] of inputs) {
  Deno.test(`lines() are what was entered when ${name}`, async () => assertEquals(await linesOf(...typed), lines));
}

Deno.test("lines() reject with interrupted at Ctrl-C, and give the terminal back first", async () => {
  const keys = keyboard();
  const pasted = new PastedLines(keys);
  pasted.begin();
  keys.type("abc\x03");
  const error = await assertRejects(() => pasted.lines().next(), FiefError);
  assertEquals([error.code, keys.raw], ["interrupted", [true, false]]);
});

Deno.test("lines() end when the terminal is given back during a read", async () => {
  const keys = keyboard();
  const pasted = new PastedLines(keys);
  pasted.begin();
  const next = pasted.lines().next();
  pasted[Symbol.dispose]();
  pasted[Symbol.dispose](); // once more does nothing
  assertEquals((await next).done, true);
  assertEquals(keys.raw, [true, false]);
});

Deno.test("PastedLines lets others read on when no read was under way", async () => {
  const keys = keyboard();
  const pasted = new PastedLines(keys);
  pasted.begin();
  keys.type("a\r");
  assertEquals((await pasted.lines().next()).value, "a");
  pasted[Symbol.dispose]();
  keys.type("next");
  const { value } = await keys.stdin.readable.getReader().read();
  assertEquals(new TextDecoder().decode(value), "next");
});

Deno.test("begin() is false when there is no terminal, or somebody else reads from it", () => {
  const none = keyboard({ isTerminal: false });
  assertEquals(new PastedLines(none).begin(), false);
  const taken = keyboard();
  taken.stdin.readable.getReader();
  assertEquals(new PastedLines(taken).begin(), false);
  assertEquals([none.raw, taken.raw], [[], []]);
});

/** A real terminal, through script(1). */
async function inTerminal(program: string, whenReady: string): Promise<string> {
  const directory = await Deno.makeTempDir({ prefix: "fief-auth-test-" });
  try {
    const path = `${directory}/program.ts`;
    await Deno.writeTextFile(path, program);
    const child = new Deno.Command("script", {
      // Ctrl-C reaches the shell as well: it has to live on to say how the program ended.
      args: [
        "-qec",
        `trap : INT; "${Deno.execPath()}" run --no-config -A "${path}"; echo "status $?"; stty -a`,
        "/dev/null",
      ],
      env: { NO_COLOR: "1" },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const keys = child.stdin.getWriter();
    let text = "";
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      if (!text.includes("READY") && (text + chunk).includes("READY")) {
        await keys.write(new TextEncoder().encode(whenReady));
      }
      text += chunk;
    }
    await keys.close().catch(() => {});
    await child.status;
    return text;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const PROGRAM = `
  import { realHost } from ${JSON.stringify(import.meta.resolve("../../lib/host.ts"))};
  import { PastedLines } from ${JSON.stringify(import.meta.resolve("../../lib/signin/paste.ts"))};
  const pasted = new PastedLines(realHost());
  console.log(pasted.begin() ? "READY" : "NO TERMINAL");
  try {
    for await (const line of pasted.lines()) {
      console.log("GOT " + line.length);
      break;
    }
  } catch (error) {
    console.log("ERROR " + error.code);
  }
  pasted[Symbol.dispose]();
  if (!("tryLock" in Deno.FsFile.prototype)) Deno.exit(0); // Deno 2.6 reads on until a key is pressed
`;

/** Whether this machine has script(1) as util-linux has it. */
function hasScript(): boolean {
  try {
    return Deno.build.os === "linux" && new Deno.Command("script", { args: ["--version"] }).outputSync().success;
  } catch {
    return false;
  }
}

const secret = `http://localhost/?code=${"c".repeat(6_000)}`;
for (
  const [name, typed, expected] of [
    ["takes a line of 6,000 characters and shows nothing of it", `${secret}\r`, `GOT ${secret.length}`],
    ["is interrupted at Ctrl-C", "abc\x03", "ERROR interrupted"],
    ["ends at Ctrl-D", "\x04", "status 0"],
  ] as const
) {
  Deno.test({
    name: `PastedLines ${name} in a real terminal, which gets its mode back`,
    ignore: !hasScript(),
    async fn() {
      const text = await inTerminal(PROGRAM, typed);
      assertStringIncludes(text, expected);
      assertStringIncludes(text, "status 0");
      assert(/ icanon/.test(text) && / echo /.test(text), text);
      assert(!text.includes("ccc"), "the code is shown");
    },
  });
}
