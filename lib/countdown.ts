/** Milliseconds of a step. */
const STEP = 500;

/**
 * A time limit that counts only while this process runs. Who was stopped (Ctrl-Z), who slept with its machine or got no processor finds all its
 * timers over at once, and the answer that has come meanwhile not yet read: to give up then would be to lose what cannot be asked for twice.
 *
 * @param milliseconds The limit.
 * @param over Called at its end.
 * @returns Ends the countdown.
 */
export function countdown(milliseconds: number, over: () => void): () => void {
  let left = milliseconds;
  let timer: ReturnType<typeof setTimeout>;
  const step = () => {
    const length = left > 0 ? Math.min(STEP, left) : STEP;
    const started = performance.now();
    left -= length;
    timer = setTimeout(() => {
      const stopped = performance.now() - started > length + STEP;
      if (left > 0 || stopped) step();
      else over();
    }, length);
  };
  step();
  return () => clearTimeout(timer);
}
