import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { FiefError } from "../../lib/errors.ts";
import { listenOnLoopback } from "../../lib/signin/loopback.ts";
import { hasIPv6, quietPort } from "../support/loopback.ts";
import { send } from "./raw.ts";

const hello = () => new Response("hello");

Deno.test({
  name: "listenOnLoopback() answers at both addresses when the host is localhost",
  ignore: !hasIPv6(),
  async fn() {
    const listener = await listenOnLoopback(new URL("http://localhost:0/"), hello);
    for (const host of ["127.0.0.1", "[::1]"]) {
      assertEquals(await (await fetch(`http://${host}:${listener.port}/`)).text(), "hello");
    }
    await listener.close();
  },
});

for (const [host, other] of [["127.0.0.1", "[::1]"], ["[::1]", "127.0.0.1"]] as const) {
  Deno.test({
    name: `listenOnLoopback() answers at ${host} alone when that is the host`,
    ignore: !hasIPv6(),
    async fn() {
      const listener = await listenOnLoopback(new URL(`http://${host}:${quietPort()}/`), hello);
      assertEquals(await (await fetch(`http://${host}:${listener.port}/`)).text(), "hello");
      await assertRejects(() => fetch(`http://${other}:${listener.port}/`), TypeError);
      await listener.close();
    },
  });
}

for (const [hostname, other] of [["127.0.0.1", "::1"], ["::1", "127.0.0.1"]] as const) {
  Deno.test({
    name: `listenOnLoopback() rejects with redirect_port_taken and lets go when only ${hostname} is taken`,
    ignore: !hasIPv6(),
    async fn() {
      using taken = Deno.listen({ hostname, port: quietPort() });
      const uri = new URL(`http://localhost:${taken.addr.port}/callback`);
      const error = await assertRejects(() => listenOnLoopback(uri, hello), FiefError);
      assertEquals(error.code, "redirect_port_taken");
      assertStringIncludes(error.message, `"${uri}"`);
      Deno.listen({ hostname: other, port: taken.addr.port }).close(); // it is free again
    },
  });
}

Deno.test({
  name: "listenOnLoopback() names the flag when Deno allows no listening",
  permissions: { net: false },
  async fn() {
    for (
      const [uri, flag] of [
        ["http://localhost:51562/callback", "--allow-net=127.0.0.1:51562,[::1]:51562"],
        ["http://localhost:0/callback", "--allow-net=127.0.0.1,[::1]"],
        ["http://localhost/callback", "--allow-net=127.0.0.1:80,[::1]:80"],
        ["http://[::1]:51562/callback", "--allow-net=[::1]:51562"],
      ] as const
    ) {
      const error = await assertRejects(() => listenOnLoopback(new URL(uri), hello), FiefError);
      assertEquals([error.code, error.hint], ["permission_missing", `Add this flag to deno run: ${flag}`]);
    }
  },
});

Deno.test("listenOnLoopback() answers with status 500 and nothing of the error when the handler throws", async () => {
  const listener = await listenOnLoopback(new URL("http://127.0.0.1:0/"), () => {
    throw new Error("secret");
  });
  const response = await fetch(`http://127.0.0.1:${listener.port}/`);
  assertEquals([response.status, await response.text()], [500, "That failed\n"]);
  await listener.close();
});

Deno.test("listenOnLoopback() gives answers that are under way their time, and no more", async () => {
  const [fast, slow] = [Promise.withResolvers<Response>(), Promise.withResolvers<Response>()];
  const both = Promise.withResolvers<void>();
  let count = 0;
  const listener = await listenOnLoopback(new URL("http://127.0.0.1:0/"), (request) => {
    if (++count === 2) both.resolve();
    return request.url.endsWith("/slow") ? slow.promise : fast.promise;
  });
  const answered = fetch(`http://127.0.0.1:${listener.port}/fast`).then((response) => response.text());
  const connection = await send(listener.port, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  await both.promise;
  const started = performance.now();
  const closed = listener.close();
  fast.resolve(new Response("in time"));
  assertEquals(await answered, "in time");
  await closed;
  const took = performance.now() - started;
  assertEquals(took > 1_900 && took < 4_000, true, `${took} ms`);
  await connection.readable.pipeTo(new WritableStream()).catch(() => {}); // it was ended
  slow.resolve(new Response());
});
