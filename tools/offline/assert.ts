// Stand-in for @std/assert where JSR cannot be reached: the functions that this project uses, with the same signatures.
import nodeAssert from "node:assert";

/** As the real one: what every assertion throws. */
export class AssertionError extends Error {
  override name = "AssertionError";
}

function failed(message: string, extra: string | undefined): never {
  throw new AssertionError(extra ? `${message}: ${extra}` : message);
}

function show(value: unknown): string {
  return Deno.inspect(value, {
    depth: 20,
    sorted: true,
    trailingComma: true,
    compact: false,
    iterableLimit: Infinity,
    strAbbreviateSize: Infinity,
  });
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

export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!same(actual, expected)) {
    failed(`Values are not equal.\n  actual:   ${show(actual)}\n  expected: ${show(expected)}\n`, msg);
  }
}

export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (same(actual, expected)) failed(`Expected another value than ${show(actual)}`, msg);
}

export function assertStrictEquals<T>(actual: unknown, expected: T, msg?: string): asserts actual is T {
  if (!Object.is(actual, expected)) failed(`Values are not strictly equal: ${show(actual)} and ${show(expected)}`, msg);
}

export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  if (actual === undefined || actual === null) failed(`Expected a value, got ${actual}`, msg);
}

export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (!expected.test(actual)) failed(`Expected ${show(actual)} to match ${expected}`, msg);
}

export function assertNotMatch(actual: string, expected: RegExp, msg?: string): void {
  if (expected.test(actual)) failed(`Expected ${show(actual)} not to match ${expected}`, msg);
}

export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (!actual.includes(expected)) failed(`Expected ${show(actual)} to contain ${show(expected)}`, msg);
}

// deno-lint-ignore no-explicit-any -- as the real one
type Constructor<T> = abstract new (...args: any[]) => T;

export function assertInstanceOf<T>(actual: unknown, expectedType: Constructor<T>, msg = ""): asserts actual is T {
  if (!(actual instanceof expectedType)) {
    failed(`Expected an instance of ${expectedType.name}, got ${show(actual)}`, msg);
  }
}

function order(word: string, holds: boolean, actual: unknown, expected: unknown, msg?: string): void {
  if (!holds) failed(`Expected ${show(actual)} to be ${word} ${show(expected)}`, msg);
}

export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  order("greater than", actual > expected, actual, expected, msg);
}

export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  order("at least", actual >= expected, actual, expected, msg);
}

export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  order("less than", actual < expected, actual, expected, msg);
}

export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void {
  order("at most", actual <= expected, actual, expected, msg);
}

function checkError<E extends Error>(
  error: unknown,
  type: Constructor<E> | undefined,
  text: string | undefined,
  msg?: string,
): E {
  if (!(error instanceof Error)) failed(`Expected an Error to be thrown, got ${show(error)}`, msg);
  if (type && !(error instanceof type)) failed(`Expected ${type.name}, got ${error.name}: ${error.message}`, msg);
  if (text !== undefined && !error.message.includes(text)) {
    failed(`Expected the message to contain ${show(text)}, got ${show(error.message)}`, msg);
  }
  return error as E;
}

export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass?: Constructor<E>,
  msgIncludes?: string,
  msg?: string,
): E {
  let value: unknown;
  try {
    value = fn();
  } catch (error) {
    return checkError(error, ErrorClass, msgIncludes, msg);
  }
  return failed(`Expected the function to throw, it returned ${show(value)}`, msg);
}

export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass?: Constructor<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E> {
  let value: unknown;
  try {
    value = await fn();
  } catch (error) {
    return checkError(error, ErrorClass, msgIncludes, msg);
  }
  return failed(`Expected the function to reject, it resolved to ${show(value)}`, msg);
}
