// A server that fails while many processes want new tokens: one of them asks, and all are told what came of it.
import { assertEquals, assertStringIncludes } from "@std/assert";
import type { FiefError } from "../../lib/errors.ts";
import { startSession, type TestSession } from "../support/session.ts";

/** Holds an answer back until this many wait for the lock that whoever has asked holds. */
class Crowd {
  readonly #complete = Promise.withResolvers<void>();
  #waiting = 0;

  constructor(readonly size: number) {}

  /** One of them. */
  join(session: TestSession): ReturnType<TestSession["another"]> {
    const debug = (line: string) => {
      if (line.startsWith("waiting for the lock") && ++this.#waiting === this.size) this.#complete.resolve();
    };
    return session.another({}, { debug });
  }

  async whenComplete(answer: Response): Promise<Response> {
    await this.#complete.promise;
    return answer;
  }
}

/** What calls come to, as texts: a token, or the code of an error. */
async function outcomes(calls: Promise<string>[]): Promise<string[]> {
  const settled = await Promise.allSettled(calls);
  return settled.map((each) => each.status === "fulfilled" ? each.value : (each.reason as FiefError).code);
}

for (
  const [code, answer] of [
    ["provider_failed", () => new Response(null, { status: 503 })],
    ["provider_busy", () => new Response(null, { status: 429 })],
    ["provider_answer_invalid", () => new Response("<h1>Welcome</h1>")],
  ] as const
) {
  Deno.test(`twenty who want new tokens of a server that fails with ${code} ask it as often as one does`, async () => {
    const crowd = new Crowd(19);
    let failing: "no" | "at once" | "late" = "no";
    await using session = await startSession({
      accessTokenLifetime: 60,
      intercept: ({ path }) => {
        if (failing === "no" || path !== "/api/token") return undefined;
        return failing === "late" ? crowd.whenComplete(answer()) : answer();
      },
    });
    await session.signIn();
    session.clock.now += 61_000;
    failing = "at once";
    const before = session.file();
    const alone = await outcomes([session.auth.accessToken()]);
    const one = session.tokenRequests() - 1;
    failing = "late";
    const all = await outcomes(Array.from({ length: 20 }, () => crowd.join(session).accessToken()));
    assertEquals([alone, all], [[code], Array(20).fill(code)]);
    assertEquals(session.tokenRequests(), 1 + one + one);
    assertEquals(session.file(), before);
    // Whoever comes later asks anew.
    failing = "no";
    assertEquals(typeof await session.another().accessToken(), "string");
    assertEquals(session.tokenRequests(), 1 + one + one + 1);
  });
}

Deno.test("whoever is told of a failure reads whose it was, and that the session is kept", async () => {
  const crowd = new Crowd(1);
  let failing = false;
  await using session = await startSession({
    accessTokenLifetime: 60,
    intercept: ({ path }) =>
      failing && path === "/api/token" ? crowd.whenComplete(new Response(null, { status: 503 })) : undefined,
  });
  await session.signIn();
  session.clock.now += 61_000;
  failing = true;
  const settled = await Promise.allSettled([0, 1].map(() => crowd.join(session).accessToken()));
  const errors = settled.map((each) => (each as PromiseRejectedResult).reason as FiefError);
  const told = errors.find(({ message }) => message.includes("another process"))!;
  assertEquals([told.code, told.exitStatus], ["provider_failed", 5]);
  assertStringIncludes(told.hint, "The session is kept");
});

Deno.test("a failure that another process met is no matter for whoever has a token that is still good", async () => {
  const crowd = new Crowd(5);
  let failing = false;
  await using session = await startSession({
    intercept: ({ path }) =>
      failing && path === "/api/token" ? crowd.whenComplete(new Response(null, { status: 503 })) : undefined,
  });
  await session.signIn();
  const good = await session.auth.accessToken();
  failing = true;
  const calls = [
    crowd.join(session).accessToken({ refused: good }),
    ...Array.from({ length: 5 }, () => crowd.join(session).accessToken({ minValid: 7200 })),
  ];
  const [refused, ...rest] = await outcomes(calls);
  assertEquals([refused, rest], ["provider_failed", Array(5).fill(good)]);
});
