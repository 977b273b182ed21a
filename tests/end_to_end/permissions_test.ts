// The table of permissions, line by line, on real runs of every command: what it grants is enough, is used, and is missed where it is taken
// away.
import { assertEquals, assertMatch } from "@std/assert";
import { PERMISSION_TABLE } from "../../lib/cli/permission_table.ts";
import { flagsOf, grantsFor } from "../../lib/cli/permissions.ts";
import { sourceTest } from "../support/cli.ts";
import { quietPort } from "../support/loopback.ts";
import { exactFacts } from "../support/own_place.ts";
import { casesOf, inParallel, nameOf, runExactly, runWithout, startWorld } from "../support/permission_checks.ts";
import { PERMISSION_SCENES, type PermissionScene, prepareRun } from "../support/permission_scenes.ts";

/** Looked at where a terminal shows the run: there is a test of its own for it. */
const OF_TERMINALS = ["env TERM", "env LC_ALL", "env LC_CTYPE", "env LANG"];

sourceTest("its permissions are fixed", {
  name: "every command works with exactly its flags, uses nothing else, uses each, and fails by name without it",
  ignore: Deno.build.os !== "linux", // the scenes have a Linux home
  async fn(t) {
    await using world = await startWorld();
    const commands = new Set(PERMISSION_TABLE.flatMap((row) => row.commands.map((name) => name.split(" ")[0])));
    assertEquals(
      [...commands].filter((name) => !["own", "doctor"].includes(name!)).sort(),
      Object.keys(PERMISSION_SCENES).sort(),
    );
    const tried = new Set<string>();
    for (const [command, all] of Object.entries(PERMISSION_SCENES)) {
      await t.step(command, async () => {
        const scenes = all.filter(({ needsAuthority }) => !needsAuthority || world.authority !== undefined);
        const runs = await inParallel(scenes, (scene) => runExactly(scene, world));
        const granted = new Set(runs.flatMap((run) => run.granted));
        const used = new Set(runs.flatMap((run) => [...run.used]));
        const unused = [...granted].filter((name) => !used.has(name) && !OF_TERMINALS.includes(name));
        assertEquals(unused, [], `${command} is granted what no run of it uses`);
        const cases = casesOf(runs, tried);
        await inParallel(cases, ([name, index]) => runWithout(name, scenes[index]!, world, runs[index]!.result));
      });
    }
  },
});

sourceTest("its permissions are fixed", {
  name: "doctor works with exactly its flags, uses nothing else, and tells of each flag that is taken away",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using world = await startWorld();
    const scene: PermissionScene = {
      name: "of a session",
      args: ["doctor", "--json", "--redirect-uri", "http://localhost:PORT/callback"],
      env: { BROWSER: "DIR/browser" },
      session: "half written",
    };
    const { used, granted } = await runExactly(scene, world);
    // What it does not use is what a login writes and starts: it is looked up, not done.
    const looked = granted.filter((name) => !used.has(name) && !OF_TERMINALS.includes(name));
    assertEquals(
      looked.filter((name) => !/^(write|run|env SSH|env USER|env CI|env [A-Z]*DISPLAY|env WSL)/.test(name)),
      [],
    );
    await inParallel(granted, async (name) => {
      await using run = await prepareRun(scene, world, quietPort());
      const grants = grantsFor(await exactFacts(run.args, run.env));
      const gone = grants.find((grant) => nameOf(grant, run.directory) === name)!;
      const { status, stdout, stderr } = await run.run({ flags: flagsOf(grants.filter((grant) => grant !== gone)) });
      const title = `doctor without ${name}: status ${status}: ${stdout}${stderr}`;
      if (gone.row.without === undefined) {
        assertEquals(status, 2, title);
        assertMatch(stdout + stderr, new RegExp(`--allow-${gone.kind}=\\S*`), title);
      } else assertEquals(status, 0, title);
    });
  },
});
