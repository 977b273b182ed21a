import { FiefError } from "../errors.ts";

/** The end of all waiting: the time is up, or a signal says so. */
export interface TimeLimit extends Disposable {
  /** The work, or the end where that comes first. Work that is not begun yet is not begun after the end. */
  race<T>(work: () => Promise<T>): Promise<T>;
}

/** The longest time that a timer can take; with more it would fire at once. */
const LONGEST = 2 ** 31 - 1;

/**
 * Begins to count.
 *
 * @param timeout Milliseconds until `sign_in_timed_out`.
 * @param signal Its abort is `interrupted`, or its reason where that is a {@linkcode FiefError}.
 */
export function timeLimit(timeout: number, signal: AbortSignal | undefined): TimeLimit {
  const end = Promise.withResolvers<never>();
  end.promise.catch(() => {}); // nobody may be waiting just then
  const timer = setTimeout(() => {
    const met = `Nobody signed in within ${Math.round(timeout / 1000)} s`;
    end.reject(new FiefError("sign_in_timed_out", met, "Sign in again"));
  }, Math.min(timeout, LONGEST));
  const interrupted = () =>
    signal?.reason instanceof FiefError
      ? signal.reason
      : new FiefError("interrupted", "The sign-in was interrupted", "Sign in again");
  const abort = () => end.reject(interrupted());
  signal?.addEventListener("abort", abort, { once: true });
  return {
    async race(work) {
      if (signal?.aborted) throw interrupted();
      return await Promise.race([work(), end.promise]);
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    },
  };
}
