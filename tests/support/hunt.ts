// A hunt for secrets: in every form that a secret may take on its way into a text.

/** Characters of a piece that count as found: half a token is a leak too. */
const PIECE = 20;

/** A secret that was found where it does not belong. */
export interface Find {
  /** What was found: `access token`. */
  what: string;
  /** Where: `standard error of login`. */
  where: string;
}

/** Knows secrets, and looks for them. */
export class SecretHunt {
  readonly #pieces = new Map<string, string>();
  readonly #whats = new Map<string, number>();
  readonly #texts: { where: string; text: string }[] = [];
  readonly #later: { where: string; text: () => string }[] = [];

  /** A secret of this kind. Shorter ones than {@linkcode PIECE} count as a whole only. */
  know(what: string, secret: string): void {
    if (secret.length < 16) throw new Error(`The ${what} is too short to be told from other text`);
    this.#whats.set(what, (this.#whats.get(what) ?? 0) + 1);
    for (const form of formsOf(secret)) {
      const size = Math.min(PIECE, form.length);
      for (let at = 0; at + size <= form.length; at++) this.#pieces.set(form.slice(at, at + size), what);
    }
  }

  /** How many secrets of this kind are known. */
  known(what: string): number {
    return this.#whats.get(what) ?? 0;
  }

  /** A text to look through: secrets that become known later are looked for as well. */
  look(where: string, text: string): void {
    if (text !== "") this.#texts.push({ where, text });
  }

  /** A text that is still being written. */
  later(where: string, text: () => string): void {
    this.#later.push({ where, text });
  }

  /** Looks through all texts: what is where it does not belong. */
  hunt(): Find[] {
    const finds: Find[] = [];
    const sizes = new Set([...this.#pieces.keys()].map((piece) => piece.length));
    const later = this.#later.map(({ where, text }) => ({ where, text: text() }));
    for (const { where, text } of [...this.#texts, ...later]) {
      const seen = new Set<string>();
      for (const reading of readingsOf(text)) {
        for (const size of sizes) {
          for (let at = 0; at + size <= reading.length; at++) {
            const what = this.#pieces.get(reading.slice(at, at + size));
            if (what !== undefined) seen.add(what);
          }
        }
      }
      finds.push(...[...seen].map((what) => ({ what, where })));
    }
    return finds;
  }
}

/** What encoders make of a secret: none of them can be undone without knowing where it begins. */
function formsOf(secret: string): Set<string> {
  const bytes = new TextEncoder().encode(secret);
  const forms = new Set([secret]);
  // Behind other text, Base64 takes up a secret at any of three places of its rhythm; what it makes of the ends depends on the neighbours.
  for (let skip = 0; skip < 3; skip++) {
    const base64 = btoa(String.fromCharCode(...bytes.subarray(skip))).replaceAll("=", "").slice(0, -2);
    forms.add(base64).add(base64.replaceAll("+", "-").replaceAll("/", "_"));
  }
  forms.add([...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(""));
  // As numbers, `Deno.inspect()` of bytes say.
  forms.add([...bytes].join(","));
  forms.add([...secret].reverse().join(""));
  return new Set([...forms].map((form) => form.toLowerCase()));
}

/** A text as it is, without what may stand between two halves of a secret, and with its escapes undone. */
function readingsOf(text: string): Set<string> {
  const readings = new Set<string>();
  const add = (reading: string) => readings.add(reading.replaceAll(/[\s\p{Cc}]+/gu, "").toLowerCase());
  const plain = text.replaceAll("\0", " ");
  for (const each of [plain, unescaped(plain), withoutAnsi(plain)]) {
    let reading = each;
    add(reading);
    for (let times = 0; times < 3; times++) {
      reading = percentDecoded(reading);
      add(reading);
    }
    // Quotes, commas and plus signs between lines of a literal: "abc" + "def".
    add(reading.replaceAll(/["'`,+\\|]/g, ""));
  }
  return readings;
}

function percentDecoded(text: string): string {
  return text.replaceAll(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
}

/** JSON's and JavaScript's escapes, and those of HTML. */
function unescaped(text: string): string {
  return text.replaceAll(/\\u([0-9a-f]{4})|\\x([0-9a-f]{2})/gi, (_, four, two) => char(four ?? two))
    .replaceAll(/&#x([0-9a-f]+);/gi, (_, hex) => char(hex))
    .replaceAll(/&#(\d+);/g, (_, number) => String.fromCharCode(Number(number)))
    .replaceAll(/\\[nrt]/g, " ").replaceAll(/\\(.)/g, "$1");
}

function char(hex: string): string {
  return String.fromCharCode(parseInt(hex, 16));
}

function withoutAnsi(text: string): string {
  // deno-lint-ignore no-control-regex -- control sequences (ECMA-48 section 5.4) are what is looked for
  return text.replaceAll(/\x1b\[[0-?]*[ -/]*[@-~]/g, "");
}

/** All that an error tells: printed deeply, as JSON, its stack, every property, and the same of its causes. */
export function everythingOf(error: unknown): string {
  const told = [Deno.inspect(error, { depth: 9, strAbbreviateSize: Infinity, iterableLimit: Infinity })];
  for (let each = error, depth = 0; each instanceof Object && depth < 9; depth++) {
    told.push(String(each), JSON.stringify(each) ?? "", Deno.inspect(each, { showHidden: true, depth: 9 }));
    for (const name of Object.getOwnPropertyNames(each)) {
      told.push(`${name}: ${String((each as Record<string, unknown>)[name])}`);
    }
    each = (each as { cause?: unknown }).cause;
  }
  return told.join("\n");
}
