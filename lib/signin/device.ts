import { FiefError } from "../errors.ts";
import type { Host } from "../host.ts";
import type { StillWaiting } from "../provider/device.ts";
import type { DeviceAuthorization } from "../provider/device_authorization.ts";
import { deviceCodeExpired } from "../provider/device_code_expired.ts";
import { codeChallengeOf, randomText } from "../provider/pkce.ts";
import { describeEvent, type SignInEvent } from "./events.ts";
import { timeLimit } from "./time_limit.ts";

/** How one sign-in without a browser of its own goes. */
export interface DeviceSignInOptions<T> {
  /** Asks the server for a user code; `undefined` where another way to sign in is to be taken. */
  begin(codeChallenge: string): Promise<DeviceAuthorization | undefined>;
  /** Asks once whether the user has signed in, and saves where that is so. */
  ask(deviceCode: string, codeVerifier: string): Promise<T | StillWaiting>;
  /** Host name of the server, for the user to see whose code this is. */
  server: string;
  /** Why no browser is opened, where nobody has chosen that. */
  reason?: string | undefined;
  /** Milliseconds to wait for the user. By default the code's own life, half an hour at most. */
  timeout?: number;
  /** Ends the sign-in early, but not a question that is under way: tokens are given once. */
  signal?: AbortSignal;
  /** Told what happens; by default it goes to standard error in words. */
  onEvent?: (event: SignInEvent) => void;
  /** The outside world. */
  host: Pick<Host, "now" | "sleep" | "stderr" | "debug">;
}

/** Milliseconds that a code is waited for where nobody says: no person needs more, whatever the server would grant. */
const LONGEST = 1_800_000;
/** RFC 8628 section 3.5: seconds that `slow_down` adds for all questions from then on. */
const SLOWER = 5;
/** Seconds between questions to a server that does not answer: not more, so that the user need not wait long when it does again. */
const LONGEST_PAUSE = 60;
/** Failures that may pass: the code is still good then. */
const PASSING = ["provider_unreachable", "provider_failed", "provider_busy"];

/**
 * One sign-in by a code that the user enters in a browser, on any machine.
 *
 * @returns What `ask` gave; `undefined` where `begin` gave nothing.
 * @throws {FiefError} Of exit status 4 where it failed, was denied or timed out; `interrupted`; what `begin` and `ask` throw.
 * @see RFC 8628
 */
export async function signInByDevice<T>(options: DeviceSignInOptions<T>): Promise<T | undefined> {
  const { host, signal, server, reason } = options;
  const emit = options.onEvent ??
    ((event: SignInEvent) => void host.stderr.write(`${describeEvent(event)}\n`).catch(() => {}));
  using limit = timeLimit(options.timeout ?? LONGEST, signal);
  const codeVerifier = randomText();
  const device = await limit.race(async () => await options.begin(await codeChallengeOf(codeVerifier)));
  if (device === undefined) return undefined;
  const expiry = host.now() + device.expires_in * 1000;
  host.debug?.(`the code is good for ${device.expires_in} s, and may be asked about every ${device.interval} s`);
  emit({
    type: "code_to_enter",
    server,
    userCode: device.user_code,
    url: device.verification_uri,
    ...device.verification_uri_complete === undefined ? {} : { completeUrl: device.verification_uri_complete },
    expiresIn: device.expires_in,
    ...reason === undefined ? {} : { reason },
  });
  emit({ type: "waiting" });
  const asleep = new AbortController();
  let { interval } = device;
  let failures = 0;
  let failure: FiefError | undefined;
  try {
    for (;;) {
      const pause = pauseAfter(failures, interval);
      if (failure) emit({ type: "notice", message: `${failure.message}: asking again in ${pause} s` });
      await limit.race(() => host.sleep(Math.min(pause * 1000, expiry - host.now()), asleep.signal));
      if (host.now() >= expiry) throw failure ?? deviceCodeExpired();
      try {
        const answer = await options.ask(device.device_code, codeVerifier);
        if (!isStillWaiting(answer)) return answer;
        if (answer === "slow_down") interval += SLOWER;
        [failure, failures] = [undefined, 0];
      } catch (error) {
        if (!(error instanceof FiefError) || !PASSING.includes(error.code)) throw error;
        [failure, failures] = [error, failures + 1];
      }
    }
  } finally {
    asleep.abort();
  }
}

/** RFC 8628 section 3.5: twice as long after each time that no answer came. */
function pauseAfter(failures: number, interval: number): number {
  return Math.max(interval, Math.min(interval * 2 ** failures, LONGEST_PAUSE));
}

function isStillWaiting(answer: unknown): answer is StillWaiting {
  return answer === "authorization_pending" || answer === "slow_down";
}
