// Stand-in for parseArgs of @std/cli where JSR cannot be reached: the options that this project uses, with the results of the real one,
// its oddities included. Plain TypeScript without imports, because a cached `token` loads it.

/** What the words said: values by name, and in `_` what is no option. */
export interface Args {
  [name: string]: unknown;
  _: (string | number)[];
}

/** The options of `parseArgs` that are used here. All of `_` is text: `string` has to name it. */
export interface ParseOptions {
  boolean?: readonly string[];
  string: readonly string[];
  collect?: readonly string[];
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

export function parseArgs(args: string[], options: ParseOptions): Args {
  const { boolean = [], string, collect = [], unknown = () => true } = options;
  const result: Args = { _: [] };
  for (const name of boolean) result[name] = false;
  for (const name of collect) result[name] = [];
  const set = (name: string, value: unknown, word: string) => {
    if (!boolean.includes(name) && !string.includes(name) && unknown(word, name, value) === false) return;
    const before = result[name];
    if (collect.includes(name) && Array.isArray(before)) before.push(value);
    else result[name] = value;
  };

  const end = args.indexOf("--");
  const words = end < 0 ? args : args.slice(0, end);
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    const [, dashes, name, value] = /^(--?)(.+?)(?:=(.+?))?$/s.exec(word) ?? [];
    const next = words[i + 1];
    if (dashes === undefined || name === undefined) {
      if (unknown(word) !== false) result._.push(word);
    } else if (dashes === "-") {
      set(word.charAt(1), true, word); // a group of letters: nothing here has a short name that gets so far
    } else if (value !== undefined) {
      set(name, boolean.includes(name) ? value !== "false" : value, word);
    } else if (boolean.includes(name) ? next === "true" || next === "false" : next && !next.startsWith("-")) {
      set(name, boolean.includes(name) ? next === "true" : next, word);
      i++;
    } else {
      set(name, string.includes(name) ? "" : true, word);
    }
  }
  if (end >= 0) result._.push(...args.slice(end + 1));
  return result;
}
