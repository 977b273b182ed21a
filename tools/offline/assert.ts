// Stand-in for @std/assert where JSR cannot be reached: the functions that this project uses, with the same signatures.
// What passes here passes there; assertEquals is a little stricter: it tells -0 from 0, and errors by their message.
import nodeAssert from "node:assert";

/** As the real one: what every assertion throws. */
export class AssertionError extends Error {
  override name = "AssertionError";
}

function failed(message: string, extra: string | undefined): never {
  throw new AssertionError(extra ? `${message}: ${extra}` : message);
}

function show(value: unknown): string {
  const full = { iterableLimit: Infinity, strAbbreviateSize: Infinity };
  return Deno.inspect(value, { depth: 20, sorted: true, trailingComma: true, compact: false, ...full });
}

export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg || "Assertion failed");
}

export function assertFalse(expr: unknown, msg = ""): void {
  if (expr) throw new AssertionError(msg || `Expected a falsy value, got ${show(expr)}`);
}

function same(actual: unknown, expected: unknown): boolean {
  try {
    nodeAssert.deepStrictEqual(actual, expected);
    return true;
  } catch {
    return false;
  }
}

/** Both values line by line, those lines marked that the other one lacks. */
function difference(actual: unknown, expected: unknown): string {
  const [left, right] = [show(actual).split("\n"), show(expected).split("\n")];
  const mark = (lines: string[], others: string[], sign: string) =>
    lines.map((line) => `  ${others.includes(line) ? " " : sign} ${line}`).join("\n");
  return `actual:\n${mark(left, right, "-")}\nexpected:\n${mark(right, left, "+")}\n`;
}

export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!same(actual, expected)) failed(`Values are not equal, ${difference(actual, expected)}`, msg);
}

export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (same(actual, expected)) failed(`Expected another value than ${show(actual)}`, msg);
}

export function assertStrictEquals<T>(actual: unknown, expected: T, msg?: string): asserts actual is T {
  if (!Object.is(actual, expected)) failed(`Values are not strictly equal: ${show(actual)} and ${show(expected)}`, msg);
}

export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (!expected.test(actual)) failed(`Expected ${show(actual)} to match ${expected}`, msg);
}

export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (!actual.includes(expected)) failed(`Expected ${show(actual)} to contain ${show(expected)}`, msg);
}

// deno-lint-ignore no-explicit-any -- as the real one
type ErrorClass<E extends Error> = new (...args: any[]) => E;

/** Without a class anything may be thrown, an error or not. */
function assertError(error: unknown, type: ErrorClass<Error> | undefined, text: string | undefined, msg?: string) {
  if (type === undefined) return;
  if (!(error instanceof Error)) failed(`Expected an Error to be thrown, got ${show(error)}`, msg);
  if (!(error instanceof type)) failed(`Expected ${type.name}, got ${show(error)}`, msg);
  if (text !== undefined && !error.message.includes(text)) {
    failed(`Expected the message to contain ${show(text)}, got ${show(error.message)}`, msg);
  }
}

export function assertThrows(fn: () => unknown): unknown;
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(fn: () => unknown, type?: ErrorClass<Error>, text?: string, msg?: string): unknown {
  let value: unknown;
  try {
    value = fn();
  } catch (error) {
    assertError(error, type, text, msg);
    return error;
  }
  return failed(`Expected the function to throw, it returned ${show(value)}`, msg);
}

export function assertRejects(fn: () => PromiseLike<unknown>): Promise<unknown>;
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  type?: ErrorClass<Error>,
  text?: string,
  msg?: string,
): Promise<unknown> {
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch (error) {
    return failed(`Expected the function to reject, it threw ${show(error)}`, msg);
  }
  if (typeof promise?.then !== "function") failed(`Expected a promise, got ${show(promise)}`, msg);
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    assertError(error, type, text, msg);
    return error;
  }
  return failed(`Expected the function to reject, it resolved to ${show(value)}`, msg);
}
