// The pictures of the documentation: what they hold, what they must not hold, and that the CLI still is what they show.
import { assert, assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import { appOf } from "../../lib/cli/app.ts";
import { commandNames } from "../../lib/cli/commands.ts";
import { screenLines } from "../../tools/terminal_screen.ts";
import { terminalSvg } from "../../tools/terminal_svg.ts";
import { runCli } from "../support/cli.ts";
import { temporaryDirectory } from "../support/directory.ts";

const ROOT = new URL("../../", import.meta.url);
const RECORDINGS = ["session.svg", "refresh.svg"];

const read = (path: string) => Deno.readTextFile(new URL(path, ROOT));

/** Throws where elements do not close in the order in which they open, or where text holds what it may not. */
function assertWellFormed(xml: string): void {
  const open: string[] = [];
  const rest = xml.replaceAll(/<(\/?)([a-z]+)((?: [\w:-]+="[^"<]*")*)(\/?)>/gi, (_tag, closes, name, _more, empty) => {
    if (closes) assertEquals(open.pop(), name);
    else if (!empty) open.push(name);
    return "";
  });
  assertEquals(open, []);
  assertFalse(/[<>]/.test(rest), rest);
  assertFalse(/&(?!amp;|lt;|gt;)/.test(rest), rest);
}

/** The lines that somebody reads in a recording. */
function linesOf(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>(.*)<\/text>/g)].map(([, text]) =>
    text!.replaceAll(/<[^>]+>/g, "").replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&")
  );
}

for (const name of RECORDINGS) {
  Deno.test(`docs/images/${name} is well-formed and small, and runs and loads nothing`, async () => {
    const svg = await read(`docs/images/${name}`);
    assertWellFormed(svg);
    assert(svg.length < 60_000);
    assertFalse(/<script|<image|<foreignObject|@import|url\(|href|\son[a-z]+=/i.test(svg));
    assertStringIncludes(svg, "prefers-color-scheme: dark");
    assertMatch(svg, /prefers-reduced-motion: no-preference\) \{ g \{ animation/);
    const delays = [...svg.matchAll(/animation-delay:([\d.]+)s/g)].map(([, seconds]) => Number(seconds));
    assert(delays.length > 3 && Math.max(...delays) < 4.9, "nothing moves for longer than five seconds");
  });

  Deno.test(`docs/images/${name} holds no token, port, path or time of the run`, async () => {
    const text = linesOf(await read(`docs/images/${name}`)).join("\n");
    assertFalse(/[\w-]{24,}/.test(text), text);
    assertFalse(/localhost|127\.0\.0\.1|:\/\/[^/\s]+:\d+/.test(text), text);
    assertFalse(/(^|[\s'"])\/\w/.test(text), text);
    for (const [moment] of text.matchAll(/\d{4}-\d\d-\d\dT\S+Z/g)) assertEquals(moment, "2026-01-01T12:00:00Z");
  });

  Deno.test(`docs/images/${name} shows commands that there are`, async () => {
    const known = commandNames(appOf({ name: "fief-auth" }, "0"));
    const typed = linesOf(await read(`docs/images/${name}`)).filter((line) => line.startsWith("$ "));
    const used = typed.flatMap((line) => [...line.matchAll(/fief-auth ([a-z-]+)/g)].map(([, command]) => command!));
    assert(used.length >= 3, `${used}`);
    for (const command of used) assert(known.includes(command), command);
  });
}

Deno.test("docs/images/session.svg ends with what the CLI says to whoever is not signed in", async () => {
  await using directory = await temporaryDirectory();
  const { status, stderr } = await runCli(["hello"], {
    credentials: `${directory.path}/credentials.json`,
    env: { FIEF_BASE_URL: "https://example.fief.dev", FIEF_CLIENT_ID: "cli" },
  });
  assertEquals(status, 3);
  const lines = linesOf(await read("docs/images/session.svg"));
  assertEquals(lines.slice(-2), stderr.trimEnd().split("\n"));
});

Deno.test("docs/images/refresh.svg shows twenty times the same token, and one refresh", async () => {
  const lines = linesOf(await read("docs/images/refresh.svg"));
  assertEquals(lines.filter((line) => /^ +\d+ eyJ/.test(line)).map((line) => line.trim().split(" ")[0]), ["20"]);
  assert(lines.includes("# refreshes that the server saw: 1"));
});

Deno.test("every picture of the documentation is small, and is there and described where a page shows it", async () => {
  const shown = new Set<string>();
  for (const page of ["README.md", "docs/sign-in-pages.md"]) {
    for (const [tag, name] of (await read(page)).matchAll(/<(?:img|source)[^>]*images\/([\w-]+\.\w+)[^>]*>/g)) {
      if (tag.startsWith("<img")) assertMatch(tag, /alt="[^"]{20,}"/);
      shown.add(name!);
    }
  }
  const there = [...Deno.readDirSync(new URL("docs/images/", ROOT))].map(({ name }) => name);
  assertEquals([...shown].sort(), there.sort());
  for (const name of there) assert((await Deno.stat(new URL(`docs/images/${name}`, ROOT))).size < 60_000, name);
});

Deno.test("screenLines() shows what is left when lines are colored, written over and erased", () => {
  const spinner = "\x1b[36m|\x1b[0m Waiting\r\x1b[K";
  assertEquals(screenLines(`${spinner}\x1b[1;31mno:\x1b[0m x\r\n\r\nlast\r\n`), [
    [{ text: "no:", look: "1;31" }, { text: " x", look: "" }],
    [],
    [{ text: "last", look: "" }],
  ]);
  assertEquals(screenLines("\x1b[?25lab\rc"), [[{ text: "cb", look: "" }]]);
});

Deno.test("terminalSvg() is well-formed when its text is not", () => {
  const span = { text: "$ <a & b>", look: "1;31" };
  const svg = terminalSvg("<&>", [{ kind: "command", lines: [[span]] }], 20);
  assertWellFormed(svg);
  assertEquals(linesOf(svg), [span.text]);
  assertStringIncludes(svg, '<tspan class="bold red command">&lt;a');
});
