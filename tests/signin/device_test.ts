// Sleep is a list of what was slept: no test waits.
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { FiefError } from "../../lib/errors.ts";
import { codeChallengeOf } from "../../lib/provider/pkce.ts";
import { type DeviceSignInOptions, signInByDevice } from "../../lib/signin/device.ts";
import { describeEvent, type SignInEvent } from "../../lib/signin/events.ts";
import { recordedOutput, testHost } from "../support/host.ts";

const DEVICE = {
  device_code: "device-code-that-nobody-sees",
  user_code: "WDJB-MJHT",
  verification_uri: "https://example.com/device",
  verification_uri_complete: "https://example.com/device?user_code=WDJB-MJHT",
  expires_in: 600,
  interval: 5,
};
const SERVER = "accounts.example.com";

const unreachable = () => new FiefError("provider_unreachable", "Nobody listens", "Try again");

/** A sign-in where the server gives these answers in turn, and the clock goes on by what is slept. */
function begin(
  answers: (string | FiefError)[],
  device: Partial<typeof DEVICE> = {},
  options: Partial<DeviceSignInOptions<string>> = {},
) {
  const slept: number[] = [];
  const events: SignInEvent[] = [];
  const asked: [deviceCode: string, codeVerifier: string][] = [];
  let challenge = "";
  let now = 1_000_000;
  const host = testHost({
    now: () => now,
    sleep: (milliseconds: number) => {
      slept.push(milliseconds / 1000);
      if (slept.length > 1000) throw new Error("It never ends");
      now += milliseconds;
      return Promise.resolve();
    },
  });
  const result = signInByDevice<string>({
    begin: (codeChallenge) => {
      challenge = codeChallenge;
      return Promise.resolve({ ...DEVICE, ...device });
    },
    ask: (...question) => {
      asked.push(question);
      const answer = answers.shift() ?? "authorization_pending";
      return answer instanceof FiefError ? Promise.reject(answer) : Promise.resolve(answer);
    },
    server: SERVER,
    onEvent: (event) => void events.push(event),
    host,
    ...options,
  });
  return { result, slept, events, asked, challenge: () => challenge };
}

Deno.test("signInByDevice() shows code and address, waits before each question, and gives what the last one gave", async () => {
  const { result, slept, events, asked, challenge } = begin(["authorization_pending", "authorization_pending", "anne"]);
  assertEquals(await result, "anne");
  assertEquals(slept, [5, 5, 5]);
  assertEquals(events, [
    {
      type: "code_to_enter",
      server: SERVER,
      userCode: "WDJB-MJHT",
      url: DEVICE.verification_uri,
      completeUrl: DEVICE.verification_uri_complete,
      expiresIn: 600,
    },
    { type: "waiting" },
  ]);
  assertEquals(new Set(asked.map(([code]) => code)), new Set([DEVICE.device_code]));
  // RFC 7636: who asks is who began.
  assertEquals(await codeChallengeOf(asked[0]![1]), challenge());
});

Deno.test("slow_down adds 5 s for all questions from then on, each time", async () => {
  const { result, slept } = begin(
    ["slow_down", "authorization_pending", "slow_down", "authorization_pending", "anne"],
    {
      interval: 2,
    },
  );
  assertEquals(await result, "anne");
  assertEquals(slept, [2, 7, 7, 12, 12]);
});

Deno.test("a server that does not answer is asked half as often each time, at least once a minute, and as before when it does", async () => {
  const down = Array.from({ length: 5 }, unreachable);
  const { result, slept, events } = begin([...down, "authorization_pending", "slow_down", unreachable(), "anne"]);
  assertEquals(await result, "anne");
  assertEquals(slept, [5, 10, 20, 40, 60, 60, 5, 10, 20]);
  const notices = events.filter(({ type }) => type === "notice").map(describeEvent);
  assertEquals(notices[0], "Nobody listens: asking again in 10 s");
  assertEquals(notices.length, 6);
});

Deno.test("an interval of more than a minute is kept also when the server does not answer", async () => {
  const { result, slept } = begin([unreachable(), "anne"], { interval: 90 });
  await result;
  assertEquals(slept, [90, 90]);
});

for (const code of ["provider_failed", "provider_busy"] as const) {
  Deno.test(`${code} is waited out`, async () => {
    assertEquals(await begin([new FiefError(code, "No", "Wait"), "anne"]).result, "anne");
  });
}

for (
  const code of [
    "sign_in_denied",
    "sign_in_timed_out",
    "sign_in_failed",
    "provider_answer_invalid",
    "credentials_unwritable",
  ] as const
) {
  Deno.test(`${code} ends the sign-in at once`, async () => {
    const { result, slept } = begin([new FiefError(code, "No", "Sign in again"), "anne"]);
    assertEquals((await assertRejects(() => result, FiefError)).code, code);
    assertEquals(slept, [5]);
  });
}

Deno.test("a code that is expired is not asked about any more", async () => {
  const { result, slept, asked } = begin([], { expires_in: 12 });
  const error = await assertRejects(() => result, FiefError, "before the code expired");
  assertEquals([error.code, error.exitStatus], ["sign_in_timed_out", 4]);
  assertEquals([slept, asked.length], [[5, 5, 2], 2]);
});

Deno.test("a code that expires while nobody answers fails with what was the matter", async () => {
  const { result } = begin(Array.from({ length: 9 }, unreachable), { expires_in: 100 });
  assertEquals((await assertRejects(() => result, FiefError)).code, "provider_unreachable");
});

Deno.test("a server that never says anything else is left after the code's life, however long the interval", async () => {
  const { result, slept, asked } = begin([], { interval: 1e9 });
  assertEquals((await assertRejects(() => result, FiefError)).code, "sign_in_timed_out");
  assertEquals([slept, asked.length], [[600], 0]);
});

/** A sleep that ends with its signal only. */
function sleepless() {
  const signals: AbortSignal[] = [];
  const asleep = Promise.withResolvers<void>();
  return {
    signals,
    asleep: asleep.promise,
    host: testHost({
      sleep: (_: number, signal: AbortSignal) => {
        signals.push(signal);
        asleep.resolve();
        return new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      },
    }),
  };
}

Deno.test("the time limit ends the wait, and the sleep with it", async () => {
  const { host, signals } = sleepless();
  const { result } = begin([], {}, { host, timeout: 1 });
  assertEquals((await assertRejects(() => result, FiefError)).code, "sign_in_timed_out");
  assertEquals(signals.map(({ aborted }) => aborted), [true]);
});

Deno.test("a signal ends the wait, and the sleep with it", async () => {
  const { host, signals, asleep } = sleepless();
  const controller = new AbortController();
  const { result, events } = begin([], {}, { host, signal: controller.signal });
  await asleep;
  assertEquals(events.length, 2);
  controller.abort();
  assertEquals((await assertRejects(() => result, FiefError)).code, "interrupted");
  assertEquals(signals.map(({ aborted }) => aborted), [true]);
});

Deno.test("a question under way is not cut off by a signal: what it brings counts", async () => {
  const controller = new AbortController();
  const ask = () => {
    controller.abort();
    return Promise.resolve("anne");
  };
  assertEquals(await begin([], {}, { ask, signal: controller.signal }).result, "anne");
});

Deno.test("nothing is shown where there is another way to sign in", async () => {
  const { result, events, slept } = begin([], {}, { begin: () => Promise.resolve(undefined) });
  assertEquals([await result, events, slept], [undefined, [], []]);
});

Deno.test("without anybody to tell, the words go to standard error, with the server's name, and without the device code", async () => {
  const stderr = recordedOutput();
  const host = testHost({ stderr, sleep: () => Promise.resolve() });
  await begin(["anne"], {}, { host, onEvent: undefined as never, reason: "there is no display" }).result;
  assertEquals(
    stderr.text,
    `To sign in at accounts.example.com, open this address in a browser on any device (there is no display):

https://example.com/device

Or this one, which has the code in it:

https://example.com/device?user_code=WDJB-MJHT

Your code, good for 10 minutes:

WDJB-MJHT

Waiting for you in the browser
`,
  );
  assert(!stderr.text.includes(DEVICE.device_code));
});

Deno.test("a code that is good for less than two minutes is counted in seconds", async () => {
  const { result, events } = begin(["anne"], { expires_in: 90.5 });
  await result;
  assertMatch(describeEvent(events[0]!), /^Your code, good for 90 s:$/m);
});
