// One server for all tests of a process.
import { type Keycloak, startKeycloak } from "../support/keycloak/server.ts";

let server: Keycloak | undefined;

/** Starts it before the first test, and ends it after the last one. */
export function withTheServer(): void {
  Deno.test.beforeAll(async () => {
    server = await startKeycloak();
  });
  Deno.test.afterAll(async () => await server?.[Symbol.asyncDispose]());
}

/** The server, within a test. */
export function theServer(): Keycloak {
  return server!;
}
