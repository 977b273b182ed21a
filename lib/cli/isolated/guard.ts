// The first thing that the Worker loads. What goes wrong in it is told as a message, and not printed with a stack; and of what Deno gives a Worker
// only what is needed here stays.
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

/**
 * What stays beside the language itself: what our modules and the packages use. Much of the rest needs no permission, and a part of it can run an
 * `import()` that is not in this file, which a compiled program obeys for any file, whatever the Worker may read: a text given to a timer, say.
 */
const KEPT = [
  ...["self", "name", "close", "onmessage", "onerror", "onunhandledrejection", "postMessage", "navigator", "console"],
  ...["WorkerGlobalScope", "DedicatedWorkerGlobalScope", "WorkerNavigator"],
  ...["fetch", "Request", "Response", "Headers", "FormData", "Blob", "File", "URL", "URLSearchParams"],
  ...["AbortController", "AbortSignal", "DOMException", "QuotaExceededError", "Event", "EventTarget", "CustomEvent"],
  ...["ErrorEvent", "MessageEvent", "CloseEvent", "ProgressEvent", "PromiseRejectionEvent"],
  ...["TextDecoder", "TextEncoder", "atob", "btoa", "structuredClone", "queueMicrotask", "performance"],
  ...["ReadableStream", "ReadableStreamDefaultReader", "ReadableStreamBYOBReader", "ReadableStreamBYOBRequest"],
  ...["ReadableStreamDefaultController", "ReadableByteStreamController", "WritableStream", "TransformStream"],
  ...["crypto", "Crypto", "CryptoKey", "SubtleCrypto", "clearTimeout", "clearInterval"],
];
/** What ECMA-262 has on its global object, but for ways to run a text. */
const LANGUAGE = [
  ...["Object", "Array", "Number", "parseFloat", "parseInt", "Infinity", "NaN", "undefined", "Boolean", "String"],
  ...["Symbol", "Date", "Promise", "RegExp", "Error", "AggregateError", "EvalError", "RangeError", "ReferenceError"],
  ...["SyntaxError", "TypeError", "URIError", "SuppressedError", "globalThis", "JSON", "Math", "Intl", "Temporal"],
  ...["ArrayBuffer", "SharedArrayBuffer", "Atomics", "DataView", "Map", "Set", "WeakMap", "WeakSet", "WeakRef"],
  ...["Uint8Array", "Int8Array", "Uint16Array", "Int16Array", "Uint32Array", "Int32Array", "Uint8ClampedArray"],
  ...["BigUint64Array", "BigInt64Array", "Float16Array", "Float32Array", "Float64Array", "BigInt", "Iterator"],
  ...["Proxy", "Reflect", "FinalizationRegistry", "DisposableStack", "AsyncDisposableStack"],
  ...["decodeURI", "decodeURIComponent", "encodeURI", "encodeURIComponent", "escape", "unescape", "isFinite", "isNaN"],
];

function refuse(): never {
  throw new EvalError("No code is made of text here");
}
refuse.prototype = Function.prototype; // for `instanceof Function`
for (const kind of [() => {}, async () => {}, function* () {}, async function* () {}]) {
  replace(Object.getPrototypeOf(kind), "constructor", refuse);
}

const { createHttpClient, errors, build } = Deno;
const { setTimeout, setInterval } = globalThis;
const stays = new Set([...KEPT, ...LANGUAGE]);
for (const name of Object.getOwnPropertyNames(globalThis)) {
  if (!stays.has(name) && !Reflect.deleteProperty(globalThis, name)) throw new Error(`"${name}" stays in the Worker`);
}
replace(globalThis, "Function", refuse);
// Of a client's options only ours: with others it speaks to another host at the same address.
replace(globalThis, "Deno", {
  createHttpClient: ({ caCerts = [], poolMaxIdlePerHost = 0 }: Deno.CreateHttpClientOptions) =>
    createHttpClient({ caCerts, poolMaxIdlePerHost }),
  errors,
  build,
});
replace(globalThis, "setTimeout", functionsOnly(setTimeout));
replace(globalThis, "setInterval", functionsOnly(setInterval));

/** The same timer, which takes no text. */
function functionsOnly(timer: (handler: () => void, delay?: number) => unknown) {
  return (handler: unknown, delay?: number, ...args: unknown[]) =>
    typeof handler === "function" ? timer(() => handler(...args), delay) : refuse();
}

function replace(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, writable: false, enumerable: false, configurable: false });
}
