// One server for all tests of a process.
import { type FiefServer, startFief } from "../support/fief/server.ts";

let server: FiefServer | undefined;

/** Starts it before the first test, and ends it after the last one. */
export function withTheServer(): void {
  Deno.test.beforeAll(async () => {
    server = await startFief();
  });
  Deno.test.afterAll(async () => await server?.[Symbol.asyncDispose]());
}

/** The server, within a test. */
export function theServer(): FiefServer {
  return server!;
}
