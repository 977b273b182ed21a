import { assert, assertEquals } from "@std/assert";
import { errorFrom, type PlainError, plainOf } from "../../../lib/cli/isolated/plain_error.ts";
import * as errors from "../../../lib/errors.ts";
import { NotSentError } from "../../../lib/provider/requests.ts";

const crossed = (error: unknown) => errorFrom(JSON.parse(JSON.stringify(plainOf(error))));

Deno.test("errorFrom() gives each error back as its own class, with all that it tells", () => {
  const each = [
    new errors.FiefError("provider_failed", "It failed", "Try again"),
    new errors.FiefRequestError(404, "Not here", "Look elsewhere"),
    new errors.FiefIdTokenInvalid("Wrong", "Sign in"),
    new errors.FiefAccessTokenExpired(),
    new errors.FiefAccessTokenMissingScope("castles:read"),
    new errors.FiefAuthRefreshTokenMissingError(),
    new NotSentError("tls", "No TLS", "Check it"),
  ];
  for (const error of each) {
    const again = crossed(error);
    assert(again instanceof errors.FiefError && again instanceof error.constructor, error.name);
    const told = (
      { name, message, code, hint, exitStatus }: errors.FiefError,
    ) => [name, message, code, hint, exitStatus];
    assertEquals(told(again), told(error));
  }
  assertEquals((crossed(each[1]) as errors.FiefRequestError).status, 404);
  assertEquals((crossed(each[1]) as errors.FiefRequestError).detail, "Not here");
  assertEquals((crossed(each[6]) as NotSentError).part, "tls");
});

Deno.test("errorFrom() gives a missing permission back as what it is, so that its flag is named", () => {
  assert(crossed(new Deno.errors.NotCapable("Requires net access to")) instanceof Deno.errors.NotCapable);
});

Deno.test("plainOf() takes neither stack nor cause along", () => {
  const cause = new Error("s3cret");
  const text = JSON.stringify(plainOf(new errors.FiefError("unforeseen", "m", "h", { cause })));
  assert(!text.includes("s3cret") && !text.includes(" at "), text);
});

Deno.test("errorFrom() makes an error of whatever it is given", () => {
  for (const plain of [undefined, {}, { name: "constructor", code: "toString", message: "x" }, { name: "__proto__" }]) {
    const error = errorFrom(plain);
    assert(error instanceof Error);
    assert(!(error instanceof errors.FiefError));
  }
  for (const text of ["name", "message", "hint", "code"]) {
    assert(errorFrom(JSON.parse(`{"${text}":{"toString":1,"valueOf":1}}`)) instanceof Error, text);
  }
});

Deno.test("errorFrom() leaves in no text what a terminal would obey", () => {
  const text = "red\x1b[31m\nfief: done\u202e";
  const shown = "red [31m fief: done";
  const plain = { message: text, hint: text, detail: text, part: text };
  for (const name of ["FiefRequestError", "NotSentError", "NoSuchClass"]) {
    const { message, hint, detail, part } = errorFrom({ ...plain, name, code: "provider_failed" }) as
      & PlainError
      & Error;
    assertEquals({ message, hint, detail, part }, { message: shown, hint: shown, detail: shown, part: shown });
  }
  assertEquals(errorFrom({ ...plain, name: text }).message, shown);
  assertEquals(errorFrom({ ...plain, name: text }).name, shown);
  assertEquals(errorFrom({ ...plain, name: "NotCapable" }).message, shown);
});
