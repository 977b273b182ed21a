import { assertEquals, assertRejects } from "@std/assert";
import { FiefError, type FiefErrorCode } from "../../lib/errors.ts";
import { Keys } from "../../lib/provider/keys.ts";
import { fakeKeys, sign } from "../support/fake_provider.ts";
import { serve } from "../support/server.ts";

async function withServer(
  work: (keys: Keys, asked: () => number, clock: { now: number; rotated: boolean }) => Promise<void>,
): Promise<void> {
  const clock = { now: 0, rotated: true };
  await using server = serve(async () => Response.json(clock.rotated ? (await fakeKeys()).jwks : { keys: [] }));
  await work(
    new Keys(() => Promise.resolve(server.origin), { fetch, now: () => clock.now }),
    () => server.requests.length,
    clock,
  );
}

Deno.test("verify() fetches the keys once for any number of tokens, at once or one after the other", () =>
  withServer(async (keys, asked) => {
    const token = await sign({ sub: "anne" });
    await Promise.all([keys.load(), keys.verify(token), keys.verify(token)]);
    assertEquals((await keys.verify(token)).ok, true);
    assertEquals(asked(), 1);
  }));

Deno.test("verify() does not ask again for the token that the keys were fetched for", () =>
  withServer(async (keys, asked, clock) => {
    clock.rotated = false;
    assertEquals((await keys.verify(await sign({ sub: "anne" }))).ok, false);
    assertEquals(asked(), 1);
  }));

Deno.test("verify() fetches the keys again when a key id is unknown, also a moment after the first time, and then at most once a minute", () =>
  withServer(async (keys, asked, clock) => {
    const [token, unknown] = [await sign({ sub: "anne" }), await sign({}, { header: { kid: "unknown" } })];
    clock.rotated = false;
    await keys.load();
    clock.rotated = true;
    clock.now = 1_000;
    assertEquals((await keys.verify(token)).ok, true);
    assertEquals(asked(), 2);
    clock.now = 60_999;
    assertEquals((await keys.verify(unknown)).ok, false);
    assertEquals(asked(), 2);
    clock.now = 61_000;
    assertEquals((await keys.verify(unknown)).ok, false);
    assertEquals(asked(), 3);
  }));

const faults: [name: string, answer: () => Response, code?: FiefErrorCode][] = [
  ["a web page", () => new Response("<html>")],
  ["status 500", () => Response.json({ keys: [] }, { status: 500 }), "provider_failed"],
  ["status 429", () => new Response(null, { status: 429 }), "provider_busy"],
  ["a list of lists", () => Response.json({ keys: [[]] })],
  ["no list of keys", () => Response.json({ keys: "none" })],
  ["a list of texts", () => Response.json({ keys: ["a"] })],
  ["nothing", () => new Response(null)],
];
for (const [name, answer, code = "provider_answer_invalid"] of faults) {
  Deno.test(`verify() rejects when the keys are ${name}`, async () => {
    await using server = serve(answer);
    const keys = new Keys(() => Promise.resolve(server.origin), { fetch, now: () => 0 });
    const error = await assertRejects(async () => keys.verify(await sign({})), FiefError);
    assertEquals(error.code, code);
  });
}

Deno.test("verify() asks again when the first answer failed", async () => {
  let good = false;
  await using server = serve(async () =>
    good ? Response.json((await fakeKeys()).jwks) : new Response("no", { status: 404 })
  );
  const keys = new Keys(() => Promise.resolve(server.origin), { fetch, now: () => 0 });
  await assertRejects(() => keys.load(), FiefError);
  good = true;
  assertEquals((await keys.verify(await sign({}))).ok, true);
});

Deno.test("verify() asks once for twenty tokens with a key id that nobody knows, and goes on with the keys at hand when no newer can be had", async () => {
  let down = false;
  const clock = { now: 0 };
  await using server = serve(async () =>
    down ? new Response(null, { status: 503 }) : Response.json((await fakeKeys()).jwks)
  );
  const keys = new Keys(() => Promise.resolve(server.origin), { fetch, now: () => clock.now });
  const [good, unknown] = [await sign({ sub: "anne" }), await sign({}, { header: { kid: "unknown" } })];
  await keys.load();
  down = true;
  clock.now = 60_000;
  const results = await Promise.all(Array.from({ length: 20 }, () => keys.verify(unknown)));
  assertEquals(results.map(({ ok }) => ok), Array.from({ length: 20 }, () => false));
  assertEquals(server.requests.length, 3); // the first, and one more that is sent twice because it is a GET
  assertEquals((await keys.verify(good)).ok, true);
});

Deno.test("verify() says why when the token is signed with a secret and not with a key pair", () =>
  withServer(async (keys) => {
    const token = await sign({}, { key: new TextEncoder().encode("s".repeat(32)), header: { alg: "HS256" } });
    assertEquals(
      await keys.verify(token).then((result) => "why" in result && result.why),
      "is not signed with a key pair",
    );
  }));

Deno.test("verify() does not fetch the keys again for a wrong signature", () =>
  withServer(async (keys, asked, clock) => {
    await keys.load();
    clock.now = 3_600_000;
    assertEquals((await keys.verify(await sign({}, { key: (await fakeKeys()).stranger }))).ok, false);
    assertEquals(asked(), 1);
  }));

const damages: [name: string, damage: Record<string, unknown>][] = [
  ["lacks a coordinate", { x: undefined }],
  ["has a coordinate that is a number", { x: 7 }],
  ["is on a curve that nobody knows", { crv: "P-9" }],
  ["is a secret", { kty: "oct", k: "AAAA" }],
  ["is for encryption", { use: "enc" }],
];
for (const [name, damage] of damages) {
  Deno.test(`verify() is not ok, and does not throw, when the published key ${name}`, async () => {
    const [good] = (await fakeKeys()).jwks.keys;
    await using server = serve(() => Response.json({ keys: [{ ...good, ...damage }] }));
    const keys = new Keys(() => Promise.resolve(server.origin), { fetch, now: () => 0 });
    assertEquals((await keys.verify(await sign({}))).ok, false);
  });
}

for (const header of [{ crit: ["exp2"], exp2: 1 }, { crit: ["b64"], b64: true }, { crit: [] }]) {
  Deno.test(`verify() is not ok when the header is ${JSON.stringify(header)} (RFC 7515 section 4.1.11)`, () =>
    withServer(async (keys) => {
      const [, payload, signature] = (await sign({})).split(".");
      const start = btoa(JSON.stringify({ alg: "ES256", kid: "published", ...header }));
      const result = await keys.verify(`${start.replaceAll("=", "")}.${payload}.${signature}`);
      assertEquals("why" in result && result.why, 'demands what is not known here (header "crit")');
    }));
}
