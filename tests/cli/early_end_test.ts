// Who is done at once waits for nobody: to listen for signals would cost a saved token more than reading its file does.
import { assertEquals } from "@std/assert";
import { denoRunFlags } from "../support/cli.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { saveSession } from "../support/saved_session.ts";

const PROGRAM = `
import { cli } from "${new URL("../../lib/cli/mod.ts", import.meta.url)}";
Deno.addSignalListener = () => Deno.exit(99);
Deno.exit(await cli({ name: "fief-auth", isolated: true }));
`;

Deno.test("a saved token is printed before anything listens for signals, whatever options it has, in the program as in a CLI", async () => {
  await using directory = await temporaryDirectory();
  const [program, credentials] = [`${directory.path}/program.ts`, `${directory.path}/credentials.json`];
  await saveSession(credentials, { accessToken: "saved" });
  for (const isolated of [true, false]) {
    await Deno.writeTextFile(program, PROGRAM.replace("isolated: true", `isolated: ${isolated}`));
    for (const args of [["token"], ["token", "--quiet"], ["token", "--credentials", credentials]]) {
      const { code, stdout } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-q", "-A", ...denoRunFlags().filter((flag) => !flag.startsWith("--allow")), program, ...args],
        env: { FIEF_CREDENTIALS: credentials },
      }).output();
      assertEquals([code, new TextDecoder().decode(stdout)], [0, "saved\n"], `${args.join(" ")}, ${isolated}`);
    }
  }
});
