import { assertEquals, assertFalse, assertMatch } from "@std/assert";
import { errorOf, framesOf } from "../../lib/cli/failure.ts";

const SECRET = "s3cret0123456789abcdefgh";

Deno.test("errorOf() tells of what nobody foresaw by its name and what in its words cannot be a secret", () => {
  const { code, message, exitStatus } = errorOf(new RangeError(`Not valid: ${SECRET}`));
  assertEquals([code, exitStatus], ["unforeseen", 1]);
  assertEquals(message, "Something unforeseen went wrong: RangeError: Not valid: ...");
});

Deno.test("errorOf() shows nothing of what was thrown and is no error", () => {
  for (const thrown of [SECRET, { SECRET, toString: () => SECRET }, null, undefined, 42n, Symbol(SECRET)]) {
    assertEquals(errorOf(thrown).message, "Something unforeseen went wrong: what was thrown is no error");
  }
});

Deno.test("errorOf() names no flag where there is none: for what Deno keeps for programs that may do everything", () => {
  const message = 'Requires all access to "/dev/full", run again with the --allow-all flag';
  const error = errorOf(new Deno.errors.NotCapable(message));
  assertEquals([error.code, error.message], ["permission_missing", 'Deno does not allow access to "/dev/full"']);
  assertFalse(error.hint.includes("--allow"));
});

Deno.test("framesOf() gives where an error comes from, and nothing of its message", () => {
  const error = new Error(`${SECRET}\n    at ${SECRET} (file:///x.ts:1:1)`);
  const frames = framesOf(error);
  assertMatch(frames[0]!, /^at .*failure_test\.ts:\d+:\d+\)?$/);
  assertFalse(frames.join("\n").includes(SECRET));
});

for (const thrown of ["text", null, undefined, {}, Object.assign(new Error("a"), { stack: undefined })]) {
  Deno.test(`framesOf() is empty when ${Deno.inspect(thrown).split("\n")[0]} has no stack`, () => {
    assertEquals(framesOf(thrown), []);
  });
}

Deno.test("framesOf() is empty when the stack is not that of the message", () => {
  const error = new Error("first");
  error.message = SECRET;
  error.stack = `Error: other\n    at ${SECRET} (x)`;
  assertFalse(framesOf(error).join().includes(SECRET));
});
