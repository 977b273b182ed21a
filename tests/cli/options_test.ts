import { assertEquals, assertThrows } from "@std/assert";
import { commandIndex, parseOptions, UnknownOptionError } from "../../lib/cli/options.ts";
import type { OptionDefinitions } from "../../lib/cli/command.ts";
import { FiefError } from "../../lib/errors.ts";

const definitions = {
  "client-id": { kind: "text", value: "ID", help: "" },
  param: { kind: "texts", value: "K=V", help: "" },
  request: { kind: "text", short: "X", help: "" },
  header: { kind: "texts", short: "H", help: "" },
  data: { kind: "text", short: "d", help: "" },
  include: { kind: "flag", short: "i", help: "" },
  quiet: { kind: "flag", short: "q", help: "" },
  json: { kind: "flag", help: "" },
  "no-browser": { kind: "flag", help: "" },
  timeout: { kind: "seconds", help: "" },
} as const satisfies OptionDefinitions;

const NOTHING = {
  "client-id": undefined,
  param: [],
  request: undefined,
  header: [],
  data: undefined,
  include: false,
  quiet: false,
  json: false,
  "no-browser": false,
  timeout: undefined,
};

const accepted: [
  name: string,
  args: string[],
  values: Partial<Record<keyof typeof NOTHING, unknown>>,
  rest?: string[],
][] = [
  ["nothing", [], {}],
  ["text that looks like a number", ["--client-id", "0123"], { "client-id": "0123" }],
  ["text that looks like a number after =", ["--client-id=1e3"], { "client-id": "1e3" }],
  ["text that looks like a hexadecimal number", ["--client-id", "0x10"], { "client-id": "0x10" }],
  ["text with an = in it", ["--param=a=b=c"], { param: ["a=b=c"] }],
  ["text over two lines", ["--data", "a\nb=c"], { data: "a\nb=c" }],
  ["an empty text", ["--data", ""], { data: "" }],
  ["an empty text after =", ["--data="], { data: "" }],
  ["an empty text among others", ["--param", "", "--param", "a"], { param: ["", "a"] }],
  ["a text that starts with =", ["--data", "=a"], { data: "=a" }],
  ["two dashes as a value", ["--data", "--", "a"], { data: "--" }, ["a"]],
  ["a value that starts with a dash", ["--param", "-x"], { param: ["-x"] }],
  ["a value that starts with two dashes", ["--data", "--- a"], { data: "--- a" }],
  ["a dash as a value", ["--data", "-"], { data: "-" }],
  ["the last of two values", ["--client-id", "a", "--client-id", "b"], { "client-id": "b" }],
  ["all values of a repeated option", ["-H", "A: 1", "--header", "B: 2"], { header: ["A: 1", "B: 2"] }],
  ["a short option with its value in the same word", ["-XPOST"], { request: "POST" }],
  ["a short option with an = in its value", ["-da=b"], { data: "a=b" }],
  ["a short option with a file as its value", ["-d", "@-"], { data: "@-" }],
  ["two short flags in one word", ["-iq"], { include: true, quiet: true }],
  ["a flag whose name starts with no-", ["--no-browser"], { "no-browser": true }],
  ["a number of seconds", ["--timeout", "1.5"], { timeout: 1.5 }],
  ["options on both sides of an argument", ["-i", "https://a.example", "--json"], { include: true, json: true }, [
    "https://a.example",
  ]],
  ["an argument that looks like a number", ["007"], {}, ["007"]],
  ["an argument that says true after a flag", ["--json", "true"], { json: true }, ["true"]],
  ["an empty argument", [""], {}, [""]],
  ["arguments before and after --", ["a", "--json", "--", "b"], { json: true }, ["a", "b"]],
  ["arguments after --", ["--", "--json", "-x"], {}, ["--json", "-x"]],
];
for (const [name, args, values, rest = []] of accepted) {
  Deno.test(`parseOptions() reads ${name}`, () => {
    assertEquals(parseOptions(args, definitions), { values: { ...NOTHING, ...values }, rest });
  });
}

const commands: [args: string[], index: number][] = [
  [[], 0],
  [["token"], 0],
  [["--json", "token"], 1],
  [["--profile", "token", "hello"], 2],
  [["--credentials=a", "hello"], 1],
  [["-q", "--debug"], 2],
  [["--", "token"], 2],
];
for (const [args, index] of commands) {
  Deno.test(`commandIndex() is ${index} when the words are ${JSON.stringify(args)}`, () =>
    assertEquals(commandIndex(args), index));
}

const refused: [name: string, args: string[], message: string][] = [
  ["an unknown option", ["--clientid", "x"], 'There is no option "--clientid"'],
  ["an unknown option with a value", ["--clientid=x"], 'There is no option "--clientid"'],
  ["an unknown letter", ["-z"], 'There is no option "-z"'],
  ["an option with a dot", ["--a.b", "c"], 'There is no option "--a.b"'],
  ["the negation of a flag", ["--no-json"], 'There is no option "--no-json"'],
  ["a missing value at the end", ["--client-id"], 'The option "--client-id" needs a value'],
  ["a missing value before another option", ["--client-id", "--json"], 'The option "--client-id" needs a value'],
  ["a value for a flag", ["--json=yes"], 'The option "--json" takes no value'],
  [
    "words where seconds are due",
    ["--timeout", "soon"],
    'The option "--timeout" takes a number of seconds, not "soon"',
  ],
  ["negative seconds", ["--timeout", "-5"], 'The option "--timeout" takes a number of seconds, not "-5"'],
  ["endless seconds", ["--timeout", "Infinity"], 'The option "--timeout" takes a number of seconds, not "Infinity"'],
  ["no seconds", ["--timeout", ""], 'The option "--timeout" takes a number of seconds, not ""'],
];
for (const [name, args, message] of refused) {
  Deno.test(`parseOptions() refuses ${name}`, () => {
    const error = assertThrows(() => parseOptions(args, definitions), FiefError);
    assertEquals([error.code, error.message], ["usage_invalid", message]);
  });
}

Deno.test("parseOptions() names the unknown option without its value, which may be a secret", () => {
  const error = assertThrows(() => parseOptions(["--tokne=s3cret"], definitions), UnknownOptionError);
  assertEquals(error.option, "--tokne");
});
