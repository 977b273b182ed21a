// The first thing that the Worker loads. What goes wrong in it is told as a message, and not printed with a stack; and the ways to code that is
// not in the Worker's own modules are closed.
import { plainOf } from "./plain_error.ts";

for (const type of ["error", "unhandledrejection"] as const) {
  self.addEventListener(type, (event) => {
    event.preventDefault();
    const error = event instanceof ErrorEvent ? event.error : (event as PromiseRejectionEvent).reason;
    (self as unknown as Pick<Worker, "postMessage">).postMessage(
      JSON.stringify({ type: "broken", error: plainOf(error) }),
    );
  });
}

// A compiled program loads a module of any file without asking, in a Worker that may read none; `import()` itself is taken out of it as it is
// compiled (tools/compile/bundle.ts). These lead to one that is not.
for (const name of ["Worker", "process", "eval", "caches"]) Reflect.deleteProperty(globalThis, name);

function refuse(): never {
  throw new EvalError("No code is made of text here");
}
refuse.prototype = Function.prototype;
Object.defineProperty(globalThis, "Function", { value: refuse });
for (const kind of [() => {}, async () => {}, function* () {}, async function* () {}]) {
  Object.defineProperty(Object.getPrototypeOf(kind), "constructor", {
    value: refuse,
    writable: false,
    configurable: false,
  });
}
