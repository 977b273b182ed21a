// The binary for Linux on arm64, in an emulator.
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { CliResult } from "../support/cli.ts";
import { startCliSession } from "../support/cli_session.ts";
import { compileCli } from "../support/compiled.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { expire } from "../support/expire.ts";
import { qemuForArm64 } from "../support/qemu.ts";

/** A sign-in; again where the program has no patience with a machine that is busy beside an emulator. */
async function signInSlowly(signIn: () => Promise<CliResult>): Promise<CliResult> {
  for (let left = 3;; left--) {
    try {
      return await signIn();
    } catch (error) {
      if (left === 0 || !(error instanceof Error) || !error.message.includes("did not answer within 10 s")) throw error;
    }
  }
}

Deno.test("for arm64 it says its version, signs in, gives a cached token, and refreshes it", async () => {
  await using directory = await temporaryDirectory();
  const binary = `${directory.path}/fief-auth`;
  const [emulator, made] = await Promise.all([
    qemuForArm64(),
    compileCli(["--target", "aarch64-unknown-linux-gnu", "--output", binary]),
  ]);
  assertEquals([made.status, made.stderr], [0, ""]);
  await using session = await startCliSession();
  const setup = { through: emulator, binary };
  const version = await session.run(["--version"], setup);
  assertEquals([version.status, version.stderr], [0, ""]);
  assertMatch(version.stdout, /^fief-auth \d+\.\d+\.\d+ \(Deno 2\.6\.10, aarch64-unknown-linux-gnu\b/);
  assertMatch((await session.run(["--help"], setup)).stdout, /^ {2}login /m);
  const login = await signInSlowly(() => session.signIn(["--redirect-uri", "http://localhost:0/callback"], setup));
  assertEquals(login.status, 0, login.stderr);
  const requests = session.provider.requestsTo(session.provider.tokenPath);
  const cached = await session.run(["token"], setup);
  assertEquals([cached.status, session.provider.requestsTo(session.provider.tokenPath)], [0, requests]);
  expire(session.credentials);
  const refreshed = await session.run(["token"], setup);
  assertEquals([refreshed.status, refreshed.stderr], [0, ""]);
  assert(refreshed.stdout !== cached.stdout);
  assertEquals(session.provider.requestsTo(session.provider.tokenPath), requests + 1);
});
