import * as errors from "../../errors.ts";
import { EXIT_STATUS, FiefError, type FiefErrorCode } from "../../errors.ts";
import { readable } from "../../readable.ts";
import { NotSentError, UnansweredError } from "../../provider/requests.ts";

/** An error as data. */
export interface PlainError {
  name: string;
  message: string;
  /** Of a {@linkcode FiefError}. */
  code?: string;
  hint?: string;
  /** What some of them tell beside: {@linkcode FiefRequestError}, {@linkcode NotSentError}. */
  status?: number;
  detail?: string;
  part?: string;
}

/** The classes that whoever catches an error tells apart; any other one comes back as its base. */
const CLASSES: Record<string, { prototype: FiefError }> = {
  ...Object.fromEntries(
    Object.entries(errors).flatMap(([name, value]) =>
      typeof value === "function" && value.prototype instanceof FiefError ? [[name, value as typeof FiefError]] : []
    ),
  ),
  NotSentError,
  UnansweredError,
};

/** An error as data, to be sent. Nothing of its stack or its cause goes along. */
export function plainOf(error: unknown): PlainError {
  if (!(error instanceof Error)) return { name: "Error", message: "what was thrown is no error" };
  const { name, message } = error;
  const { code, hint, status, detail, part } = error as Partial<PlainError>;
  return {
    name,
    message,
    ...typeof code === "string" ? { code } : {},
    ...hint === undefined ? {} : { hint },
    ...status === undefined ? {} : { status },
    ...detail === undefined ? {} : { detail },
    ...part === undefined ? {} : { part },
  };
}

/** The same error again, of the same class. Whatever was sent, it is an error, and a terminal can show it. */
export function errorFrom(plain: Partial<PlainError> | undefined): Error {
  const { code, status, detail, part } = plain ?? {};
  const [name, message] = [textOf(plain?.name, "Error"), textOf(plain?.message)];
  if (name === "NotCapable") return new Deno.errors.NotCapable(message);
  if (typeof code !== "string" || !Object.hasOwn(EXIT_STATUS, code)) return Object.assign(new Error(message), { name });
  const error = new FiefError(code as FiefErrorCode, message, textOf(plain?.hint));
  if (Object.hasOwn(CLASSES, name)) Object.setPrototypeOf(error, CLASSES[name]!.prototype);
  return Object.assign(error, {
    name,
    ...typeof status === "number" ? { status } : {},
    ...typeof detail === "string" ? { detail: textOf(detail) } : {},
    ...typeof part === "string" ? { part: textOf(part) } : {},
  });
}

function textOf(value: unknown, otherwise = ""): string {
  return typeof value === "string" ? readable(value) : otherwise;
}
