// A contract for each stand-in under tools/offline, which the real module must keep too: it is asked under its own name, which leads to
// the real one where JSR answers.
import {
  assertEquals,
  assertMatch,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import * as assertNamed from "@std/assert";
import { parseArgs as namedParseArgs } from "@std/cli/parse-args";
import { ProgressBar as NamedProgressBar } from "@std/cli/unstable-progress-bar";
import { Spinner as NamedSpinner } from "@std/cli/unstable-spinner";
import { STATUS_TEXT as namedStatusText } from "@std/http/status";
import * as pathNamed from "@std/path";
import * as assertStandIn from "../../tools/offline/assert.ts";
import { parseArgs as standInParseArgs } from "../../tools/offline/cli_parse_args.ts";
import { ProgressBar as StandInProgressBar } from "../../tools/offline/cli_progress_bar.ts";
import { Spinner as StandInSpinner } from "../../tools/offline/cli_spinner.ts";
import { STATUS_TEXT as standInStatusText } from "../../tools/offline/http_status.ts";
import * as pathStandIn from "../../tools/offline/path.ts";
import { importMap, STAND_INS } from "../../tools/offline_map.ts";

const OPTIONS = { boolean: ["json", "no-browser"], string: ["_", "data", "param"], collect: ["param"] };
const parsed: [args: string[], values: Record<string, unknown>][] = [
  [[], {}],
  [["--json"], { json: true }],
  [["--no-browser"], { "no-browser": true }],
  [["--data", "0123"], { data: "0123" }],
  [["--data=0123"], { data: "0123" }],
  [["--data=a=b"], { data: "a=b" }],
  [["--data=a\nb"], { data: "a\nb" }],
  // What surprises: no empty value, a word that a flag takes, and an = that stays.
  [["--data", ""], { data: "", _: [""] }],
  [["--json", "true"], { json: true }],
  [["--json", "false", "x"], { json: false, _: ["x"] }],
  [["--json=no"], { json: true }],
  [["--json=false"], { json: false }],
  [["--data=="], { data: "=" }],
  [["--data==-x"], { data: "=-x" }],
  [["--data", "true"], { data: "true" }],
  [["--data", "-"], { data: "", _: ["-"] }],
  [["--data", "--json"], { data: "", json: true }],
  [["--data"], { data: "" }],
  [["--data", "a", "--data", "b"], { data: "b" }],
  [["--param", "a", "--param", "b"], { param: ["a", "b"] }],
  [["a", "--json", "007"], { json: true, _: ["a", "007"] }],
  [["a", "--", "--json", "-x"], { _: ["a", "--json", "-x"] }],
  [["a", "--json", "--", "b", "--", "c"], { json: true, _: ["a", "b", "--", "c"] }],
  [["--data", "--", "a"], { data: "", _: ["a"] }],
  [["-", ""], { _: ["-", ""] }],
];
for (
  const [name, parseArgs] of [["the real or mapped one", namedParseArgs], ["the stand-in", standInParseArgs]] as const
) {
  for (const [args, values] of parsed) {
    Deno.test(`parseArgs(), ${name}, reads ${JSON.stringify(args)}`, () => {
      const { _, ...rest } = parseArgs(args, OPTIONS as never) as Record<string, unknown>;
      const expected = { json: false, "no-browser": false, param: [], _: [], ...values };
      assertEquals<Record<string, unknown>>({ ...rest, _ }, expected);
    });
  }

  for (
    const [args, expected] of [
      [["x", "--frobnicate=7"], [["x", undefined], ["--frobnicate=7", "frobnicate"]]],
      [["--frobnicate", "7"], [["--frobnicate", "frobnicate"]]],
      [["--data="], [["--data=", "data="]]],
      [["--no-json"], [["--no-json", "no-json"]]],
      [["--a.b"], [["--a.b", "a.b"]]],
      [["-z"], [["-z", "z"]]],
      [["-zjson"], [["-zjson", "z"]]],
      [["-z=1"], [["-z=1", "z"]]],
      [["-5"], [["-5", "5"]]],
    ] as const
  ) {
    Deno.test(`parseArgs(), ${name}, asks about ${JSON.stringify(args)}, which it does not know`, () => {
      const met: unknown[] = [];
      const unknown = (word: string, key?: string) => {
        met.push([word, key]);
        if (key !== undefined) throw new Error("unknown");
      };
      assertThrows(() => parseArgs([...args], { ...OPTIONS, unknown } as never), Error, "unknown");
      assertEquals<unknown>(met, expected);
    });
  }
}

const ASSERTS: [name: string, std: typeof assertStandIn][] = [["the real or mapped one", assertNamed], [
  "the stand-in",
  assertStandIn,
]];
for (const [name, each] of ASSERTS) {
  const std: typeof assertStandIn = each;
  const fails = (work: () => void) => void assertThrows(work, std.AssertionError);
  const refuses = async (work: () => Promise<unknown>) => void await assertRejects(work, std.AssertionError);
  Deno.test(`@std/assert, ${name}, lets what holds pass and throws for what does not`, async () => {
    std.assert(true);
    fails(() => std.assert(0));
    std.assertFalse("");
    fails(() => std.assertFalse("x"));
    std.assertEquals({ a: [1, new Date(0), /x/g] }, { a: [1, new Date(0), /x/g] });
    for (
      const [a, b] of [
        [1, 2],
        [1, "1"],
        [[1], [1, 2]],
        [{ a: 1 }, { a: 1, b: undefined }],
        [new Set([1]), new Set([2])],
        [null, undefined],
        [NaN, 0],
      ]
    ) {
      fails(() => std.assertEquals(a, b as never));
      std.assertNotEquals(a, b as never);
    }
    std.assertStrictEquals(NaN, NaN);
    fails(() => std.assertStrictEquals({}, {}));
    fails(() => std.assertNotEquals({ a: [1] }, { a: [1] }));
    assertMatch(
      assertThrows(() => std.assertEquals("is", "was", "the tense"), std.AssertionError).message,
      /the tense/,
    );
    std.assertMatch("abc", /b/);
    fails(() => std.assertMatch("abc", /x/));
    std.assertStringIncludes("abc", "b");
    fails(() => std.assertStringIncludes("abc", "x"));
    const error = std.assertThrows(
      () => {
        throw new TypeError("wrong type");
      },
      TypeError,
      "wrong",
    );
    assertEquals(error.message, "wrong type");
    fails(() => void std.assertThrows(() => {}));
    fails(() =>
      void std.assertThrows(() => {
        throw new Error("a");
      }, TypeError)
    );
    fails(() =>
      void std.assertThrows(
        () => {
          throw new Error("a");
        },
        Error,
        "b",
      )
    );
    assertEquals(
      std.assertThrows(() => {
        throw "no error";
      }),
      "no error",
    );
    fails(() =>
      void std.assertThrows(() => {
        throw "no error";
      }, Error)
    );
    const rejected = await std.assertRejects(() => Promise.reject(new TypeError("wrong type")), TypeError, "wrong");
    assertEquals(rejected.message, "wrong type");
    assertEquals(await std.assertRejects(() => Promise.reject("no error")), "no error");
    await refuses(() => std.assertRejects(() => Promise.resolve(7)));
    await refuses(() => std.assertRejects(() => Promise.reject(new Error("a")), TypeError));
    await refuses(() => std.assertRejects(() => Promise.reject(new Error("a")), Error, "b"));
    await refuses(() => std.assertRejects(() => Promise.reject("no error"), Error));
    // A throw is no rejection, and what is no promise cannot reject.
    await refuses(() =>
      std.assertRejects(() => {
        throw new Error("thrown");
      })
    );
    await refuses(() => std.assertRejects(() => 7 as never));
  });
}

for (const [name, Spinner] of [["the real or mapped one", NamedSpinner], ["the stand-in", StandInSpinner]] as const) {
  Deno.test(`Spinner, ${name}, shows its message in one line and takes it away`, () => {
    let text = "";
    const writeSync = (data: Uint8Array) => (text += new TextDecoder().decode(data), data.length);
    const writable = { locked: false };
    const output = { writeSync, writable, isTerminal: () => true } as unknown as typeof Deno.stderr;
    const spinner = new Spinner({ message: "waiting", color: "cyan", output });
    spinner.start();
    spinner.start();
    spinner.stop();
    const frame = Deno.noColor ? "⠋" : "\x1b[36m⠋\x1b[0m";
    assertEquals(text, `\r\x1b[K${frame} waiting\r\x1b[K`);
    spinner.stop();
    writable.locked = true;
    spinner.start();
    assertEquals(text, `\r\x1b[K${frame} waiting\r\x1b[K`);
  });

  Deno.test(`Spinner, ${name}, turns the frames that it is given`, () => {
    let text = "";
    const writeSync = (data: Uint8Array) => (text += new TextDecoder().decode(data), data.length);
    const output = { writeSync, writable: { locked: false } } as unknown as typeof Deno.stderr;
    const spinner = new Spinner({ message: "waiting", spinner: ["|", "/"], color: "cyan", output });
    spinner.start();
    spinner.stop();
    assertStringIncludes(text, Deno.noColor ? "| waiting" : "\x1b[36m|\x1b[0m waiting");
  });
}

for (
  const [name, ProgressBar] of [["the real or mapped one", NamedProgressBar], [
    "the stand-in",
    StandInProgressBar,
  ]] as const
) {
  Deno.test(`ProgressBar, ${name}, shows how far it is and takes it away`, async () => {
    let text = "";
    const writable = new WritableStream<Uint8Array>({ write: (data) => void (text += new TextDecoder().decode(data)) });
    const bar = new ProgressBar({ max: 2_000_000, writable, clear: true, barLength: 10 });
    bar.value = 1_000_000;
    await bar.stop();
    assertMatch(text, /\[-{10}\] \[0(\.00)?\/1\.91 MiB\]/);
    // deno-lint-ignore no-control-regex -- that is what it writes
    assertMatch(text, /\r\x1b\[K$/);
  });
}

Deno.test("STATUS_TEXT of the stand-in says what the real one does", () => {
  assertEquals<Record<string, string>>({ ...standInStatusText }, { ...namedStatusText });
});

for (const [name, path] of [["the real or mapped one", pathNamed], ["the stand-in", pathStandIn]] as const) {
  Deno.test(`@std/path, ${name}, joins and parts paths`, () => {
    assertEquals(path.join("/a/b", "../c"), "/a/c");
    assertEquals(path.join("a", "", "b/"), "a/b/");
    assertEquals(path.dirname("/a/b/c.json"), "/a/b");
    assertEquals(path.dirname("c.json"), ".");
    assertEquals(path.fromFileUrl("file:///a/b%20c"), "/a/b c");
    assertThrows(() => path.fromFileUrl("https://a.example/b"), TypeError);
  });
}

Deno.test("importMap() maps our own and npm's packages as deno.json does, and @std to stand-ins that exist", async () => {
  const { imports } = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  const map = importMap(imports, true).imports;
  assertEquals([map["jose"], map["@fief/auth"]], [imports["jose"], "../lib/mod.ts"]);
  assertEquals(Object.values(map).some((target) => target.startsWith("jsr:")), false);
  for (const file of Object.values(STAND_INS)) {
    assertStrictEquals((await Deno.stat(new URL(`../../tools/offline/${file}`, import.meta.url))).isFile, true);
  }
});

Deno.test("@std is pinned to exact versions, and so is npm", async () => {
  const { imports } = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  for (const [name, target] of Object.entries<string>(imports)) {
    if (!target.startsWith("./")) assertMatch(target, /@\d+\.\d+\.\d+$/, name);
  }
});
