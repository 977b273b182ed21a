// Stand-in for parseArgs of @std/cli where JSR cannot be reached: the options that this project uses, with the same signature and results.
// Plain TypeScript without imports, because a cached `token` loads it.

/** What the words said: values by name, and in `_` what is no option. */
export interface Args {
  [name: string]: unknown;
  _: string[];
}

/** The options of `parseArgs` that are used here. */
export interface ParseOptions {
  boolean?: readonly string[];
  string?: readonly string[];
  collect?: readonly string[];
  stopEarly?: boolean;
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

export function parseArgs(args: readonly string[], options: ParseOptions = {}): Args {
  const { boolean = [], string = [], collect = [], stopEarly = false, unknown = () => true } = options;
  const known = (name: string) => boolean.includes(name) || string.includes(name) || collect.includes(name);
  const result: Args = { _: [] };
  for (const name of boolean) result[name] = false;
  for (const name of collect) result[name] = [];
  const set = (name: string, value: unknown, word: string) => {
    if (!known(name) && unknown(word, name, value) === false) return;
    const before = result[name];
    if (!collect.includes(name)) result[name] = value;
    else if (Array.isArray(before)) before.push(value);
  };

  for (let i = 0; i < args.length; i++) {
    const word = args[i] as string;
    if (word === "--") {
      result._.push(...args.slice(i + 1));
      break;
    }
    const [, dashes, name, value] = /^(--?)(.+?)(?:=(.+?))?$/s.exec(word) ?? [];
    if (dashes === undefined || name === undefined) {
      if (unknown(word) !== false) result._.push(word);
      if (!stopEarly) continue;
      result._.push(...args.slice(i + 1));
      break;
    }
    const next = args[i + 1];
    if (value !== undefined) set(name, boolean.includes(name) ? value !== "false" : value, word);
    else if (boolean.includes(name) || next === undefined || next.startsWith("-")) {
      set(name, string.includes(name) ? "" : true, word);
    } else {
      set(name, next, word);
      i++;
    }
  }
  return result;
}
