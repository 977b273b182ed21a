import { type CliSession, startCliSession } from "../../tests/support/cli_session.ts";
import { expire } from "../../tests/support/expire.ts";
import type { Measurement } from "./measurement.ts";

const MANY = 100;

/** Milliseconds until the last of so many `token` processes has ended; all print the same token. */
async function lastOf(session: CliSession, count: number): Promise<number> {
  const started = performance.now();
  const results = await Promise.all(Array.from({ length: count }, () => session.run(["token"])));
  const taken = performance.now() - started;
  if (results.some(({ status, stdout }) => status !== 0 || stdout !== results[0]!.stdout)) {
    throw new Error(`Not all got the token: ${JSON.stringify(results.find(({ status }) => status !== 0)?.stderr)}`);
  }
  return taken;
}

export const manyProcesses: Measurement = {
  name: "many",
  about: `${MANY} token processes at once on one expired token, at a provider that answers at once`,
  rows: [
    { name: "refreshes", limit: { kind: "at most", value: 1 }, unit: "requests" },
    { name: `the last one, against the last of ${MANY} with a good token` },
  ],
  async measure() {
    await using session = await startCliSession();
    const { status, stderr } = await session.signIn();
    if (status !== 0) throw new Error(stderr);
    const { provider, credentials } = session;
    const cached = await lastOf(session, MANY);
    const before = provider.requestsTo(provider.tokenPath);
    expire(credentials);
    const expired = await lastOf(session, MANY);
    return [provider.requestsTo(provider.tokenPath) - before, expired / cached];
  },
};
