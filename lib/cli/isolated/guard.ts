// The first thing that the Worker loads: what goes wrong in it is told as a message, and not printed with a stack.
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
