import { startCliSession } from "../../tests/support/cli_session.ts";
import { expire } from "../../tests/support/expire.ts";
import { median } from "./arithmetic.ts";
import type { Limit } from "./arithmetic.ts";
import type { Measurement } from "./measurement.ts";
import { slowness } from "./pace.ts";
import { signInOnce } from "./sign_in.ts";

const LIMIT: Limit = { kind: "at most", value: 50 };
const [WITH, WITHOUT] = ["with_worker.ts", "without_worker.ts"].map((name) =>
  decodeURIComponent(new URL(name, import.meta.url).pathname)
);

/** Milliseconds by which one takes longer than the other: the median of the differences within a round. */
async function difference(rounds: number, one: () => Promise<number>, other: () => Promise<number>): Promise<number> {
  const all: number[] = [];
  for (let round = 0; round < rounds; round++) all.push((await one() - await other()) / await slowness());
  return median(all);
}

export const isolation: Measurement = {
  name: "isolation",
  about: "what it costs that all that touches the provider runs in a Worker: whole processes with it and without",
  rows: [
    { name: "login", limit: LIMIT, unit: "ms" },
    { name: "token with a refresh", limit: LIMIT, unit: "ms" },
  ],
  async measure({ rounds }) {
    const few = Math.min(rounds, 10);
    const signIn = (program: string) => async () => (await signInOnce(program)).whole;
    const atSignIn = await difference(few, signIn(WITH!), signIn(WITHOUT!));
    await using session = await startCliSession();
    await session.signIn();
    const refresh = (program: string) => async () => {
      expire(session.credentials);
      const started = performance.now();
      const { status, stderr } = await session.run(["token"], { program });
      if (status !== 0) throw new Error(stderr);
      return performance.now() - started;
    };
    await refresh(WITH!)();
    return [atSignIn, await difference(few, refresh(WITH!), refresh(WITHOUT!))];
  },
};
