import { parseArgs } from "@std/cli/parse-args";
import { FiefError } from "../errors.ts";
import type { OptionDefinition, OptionDefinitions, OptionValues } from "./command.ts";

/** Options that every command has. */
export const GLOBAL_OPTIONS = {
  credentials: { kind: "text", value: "PATH", help: "Use this credentials file" },
  profile: { kind: "text", value: "NAME", help: "Use the credentials file of this profile", values: "profiles" },
  ca: { kind: "text", value: "FILE", help: "Trust the certificate authorities in this PEM file too" },
  json: { kind: "flag", help: "Print the result, or the error, as one JSON object" },
  quiet: { kind: "flag", short: "q", help: "Print no messages, only the result and errors" },
  debug: {
    kind: "flag",
    help:
      "Tell on standard error what happens, in order, with the milliseconds since the start; secrets show as their length",
  },
  "no-color": { kind: "flag", help: "Print without colors" },
  plain: { kind: "flag", help: "Print lines only: nothing moves, nothing is drawn (for screen readers)" },
  help: { kind: "flag", short: "h", help: "Explain the command" },
  version: { kind: "flag", help: "Print the version" },
} as const satisfies OptionDefinitions;

/** Values of the global options. */
export type GlobalOptions = OptionValues<typeof GLOBAL_OPTIONS>;

/** Where the command stands: the first word that is no option, nor the value of one. */
export function commandIndex(args: string[]): number {
  const valued = ["--credentials", "--profile", "--ca"];
  const at = args.findIndex((word, index) =>
    word === "--" || (!word.startsWith("-") && !valued.includes(args[index - 1] ?? ""))
  );
  return at < 0 || args[at] === "--" ? args.length : at;
}

/** What a part of a command line says. */
export interface Parsed {
  values: Record<string, unknown>;
  /** What is no option. */
  rest: string[];
}

/**
 * Reads options. All values are text (`--client-id 0123` keeps its zero), and nothing unknown passes.
 *
 * @param args The words of the command line.
 * @param definitions The options there are.
 * @param toTheEnd Whether the first word that is no option takes all that follows along: it is a command line of another program.
 * @throws {FiefError} `usage_invalid` for an unknown option, a value that is missing or wrong, a value that a flag does not take.
 */
export function parseOptions(args: string[], definitions: OptionDefinitions, toTheEnd = false): Parsed {
  const kinds = Object.entries(definitions);
  const valued = kinds.filter(([, { kind }]) => kind !== "flag").map(([name]) => name);
  const parsed = parseArgs(canonical(args, definitions, toTheEnd), {
    boolean: kinds.filter(([, { kind }]) => kind === "flag").map(([name]) => name),
    string: ["_", ...valued],
    collect: kinds.filter(([, { kind }]) => kind === "texts").map(([name]) => name),
    unknown: (word, key) => {
      if (key !== undefined) throw unknownOption(word, key);
    },
  });
  const values: Record<string, unknown> = {};
  for (const [name, definition] of kinds) values[name] = valueOf(name, definition, parsed[name]);
  return { values, rest: parsed._.map(String) };
}

/** An option that nobody defined; the caller adds the nearest one that exists. */
export class UnknownOptionError extends FiefError {
  /** The option as it was typed, without a value. */
  readonly option: string;

  /**
   * Makes the error.
   *
   * @param option The option as it was typed, without a value.
   * @param hint What to do next.
   */
  constructor(option: string, hint = "See --help") {
    super("usage_invalid", `There is no option "${option}"`, hint);
    this.option = option;
  }
}

function unknownOption(word: string, key: string): UnknownOptionError {
  return new UnknownOptionError(word.startsWith("--") ? word.replace(/=.*$/s, "") : `-${key}`);
}

/**
 * The words with long names, and with every value and argument where parseArgs finds it: it knows no empty value, takes a value that
 * starts with a dash for the next option, `-XPOST` for five flags, any word after a flag's `=` for true, and `true` after a flag for
 * the flag's value. So each value comes behind `==`, of which the second one is taken off again, and all arguments behind `--`.
 */
function canonical(args: string[], definitions: OptionDefinitions, toTheEnd: boolean): string[] {
  const longNames = new Map(Object.entries(definitions).flatMap(([name, { short }]) => short ? [[short, name]] : []));
  const words: string[] = [];
  const rest: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    if (word === "--") {
      rest.push(...args.slice(i + 1));
      break;
    }
    const flags = flagGroup(word, longNames, definitions);
    if (flags !== undefined) {
      words.push(...flags);
      continue;
    }
    const { name, inline } = splitOption(word, longNames, definitions);
    const definition = name === undefined ? undefined : definitions[name];
    if (definition === undefined) {
      if (/^-./s.test(word)) words.push(word);
      else if (toTheEnd) {
        rest.push(...args.slice(i));
        break;
      } else rest.push(word);
    } else if (definition.kind === "flag") {
      if (inline !== undefined) {
        throw new FiefError("usage_invalid", `The option "--${name}" takes no value`, "Leave the value out");
      }
      words.push(`--${name}`);
    } else {
      const value = inline ?? args[++i];
      const next = inline === undefined && value !== undefined
        ? splitOption(value, longNames, definitions).name
        : undefined;
      if (value === undefined || (next !== undefined && Object.hasOwn(definitions, next))) {
        const form = `--${name} ${definition.value ?? "VALUE"}`;
        throw new FiefError("usage_invalid", `The option "--${name}" needs a value`, `Write it as ${form}`);
      }
      words.push(`--${name}==${value}`);
    }
  }
  return [...words, "--", ...rest];
}

/** `-iq` is `-i -q`, where both are flags. */
function flagGroup(word: string, longNames: Map<string, string>, definitions: OptionDefinitions): string[] | undefined {
  if (!/^-[A-Za-z]{2,}$/.test(word)) return undefined;
  const names = [...word.slice(1)].map((letter) => longNames.get(letter));
  if (names.some((name) => name === undefined || definitions[name]?.kind !== "flag")) return undefined;
  return names.map((name) => `--${name}`);
}

function splitOption(
  word: string,
  longNames: Map<string, string>,
  definitions: OptionDefinitions,
): { name?: string | undefined; inline?: string | undefined } {
  if (word.startsWith("--")) {
    const equals = word.indexOf("=");
    return equals < 0 ? { name: word.slice(2) } : { name: word.slice(2, equals), inline: word.slice(equals + 1) };
  }
  if (!/^-[A-Za-z]/.test(word)) return {};
  const name = longNames.get(word[1]!);
  if (word.length === 2) return { name };
  // `-XPOST` is `-X POST`.
  return name !== undefined && definitions[name]?.kind !== "flag" ? { name, inline: word.slice(2) } : {};
}

function valueOf(name: string, definition: OptionDefinition, value: unknown): unknown {
  if (definition.kind === "flag") return value === true;
  if (definition.kind === "texts") return Array.isArray(value) ? value.map((each) => String(each).slice(1)) : [];
  if (typeof value !== "string") return undefined;
  const text = value.slice(1);
  if (definition.kind === "text") return text;
  const seconds = Number(text);
  if (text.trim() === "" || !Number.isFinite(seconds) || seconds < 0) {
    throw new FiefError(
      "usage_invalid",
      `The option "--${name}" takes a number of seconds, not "${text}"`,
      `Write it as --${name} 60`,
    );
  }
  return seconds;
}
