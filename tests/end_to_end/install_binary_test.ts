// install.sh with the real program, where `deno task test:binary` has compiled one. (tests/tools has all the rest, with small ones.)
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { VERSION } from "../../lib/version.ts";
import { BINARY } from "../support/cli.ts";
import { makeComputer, startReleases } from "../support/release.ts";

Deno.test({
  name: "install.sh installs the compiled program, and replaces it while it runs",
  ignore: BINARY === undefined,
  fn: async () => {
    await using releases = startReleases();
    await using computer = await makeComputer();
    await releases.add(VERSION, await Deno.readFile(BINARY!));
    const env = { FIEF_AUTH_RELEASES: releases.url };
    const install = async () => {
      const { code, stdout, stderr } = await computer.install(["sh"], [], env);
      assertEquals([code, stderr], [0, ""]);
      assertStringIncludes(stdout, `fief-auth ${VERSION} is in ${computer.program}\n`);
    };
    await install();

    // Linux writes to no program that runs: it has to be another file.
    const running = new Deno.Command(computer.program, {
      args: ["exec", "--", "cat"],
      clearEnv: true,
      env: { HOME: computer.home, PATH: Deno.env.get("PATH")!, FIEF_ACCESS_TOKEN: "token" },
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const writer = running.stdin.getWriter();
    await writer.write(new TextEncoder().encode("it runs\n"));
    const reader = running.stdout.pipeThrough(new TextDecoderStream()).getReader();
    assertEquals((await reader.read()).value, "it runs\n");
    await Deno.remove(computer.record); // so that it is not said to be there already
    await install();
    await writer.close();
    assertEquals((await running.status).code, 0);
    await reader.cancel();

    const { stdout } = await new Deno.Command(computer.program, { args: ["--version"] }).output();
    assertMatch(new TextDecoder().decode(stdout), new RegExp(`^fief-auth ${VERSION} \\(Deno `));
    assertEquals((await computer.install(["sh"], ["--uninstall"], env)).code, 0);
    assertEquals(computer.files().filter((name) => name.includes("bin/")), [".local/bin/"]);
  },
});
