// The same as permissions_test.ts with a compiled binary, whose permissions are inside. (Deno writes no record of those that it used.)
import { assertEquals } from "@std/assert";
import { flagsOf, grantsFor } from "../../lib/cli/permissions.ts";
import { BakedBinary, compiledPermissions, runtime } from "../support/baked_binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { quietPort } from "../support/loopback.ts";
import { exactFacts } from "../support/own_place.ts";
import { casesOf, inParallel, runExactly, type RunWith, runWithout, startWorld } from "../support/permission_checks.ts";
import { PERMISSION_SCENES, prepareRun } from "../support/permission_scenes.ts";

Deno.test({
  name: "every command of a binary works with exactly what is baked in, and fails by name without any of it",
  ignore: Deno.build.os !== "linux" || runtime() === undefined,
  async fn(t) {
    await using world = await startWorld();
    await using directory = await temporaryDirectory();
    const first = await BakedBinary.compile(`${directory.path}/first`);
    const free = await Promise.all(["a", "b", "c"].map((name) => first.copy(`${directory.path}/${name}`)));
    const baked: RunWith = async (flags, run) => {
      const binary = free.pop()!;
      try {
        return await run.run({ binary: binary.bake(flags) });
      } finally {
        free.push(binary);
      }
    };

    await t.step("what is written into it is what deno compile writes", async () => {
      const flags = ["--allow-read=/a,/b c", "--allow-net=[::1]:1,example.com:443", "--allow-env=A,B", "--allow-run=x"];
      const written = await compiledPermissions(`${directory.path}/other`, flags);
      const lists = ["read", "write", "net", "env", "run"].map((kind) => written[`allow_${kind}`]);
      assertEquals(lists, [["/a", "/b c"], null, ["[::1]:1", "example.com:443"], ["A", "B"], ["x"]]);
    });

    const tried = new Set<string>();
    for (const [command, all] of Object.entries(PERMISSION_SCENES)) {
      await t.step(command, async () => {
        const scenes = all.filter(({ needsAuthority }) => !needsAuthority || world.authority !== undefined);
        // From source, Deno tells which run uses what.
        const runs = await inParallel(scenes, (scene) => runExactly(scene, world));
        const results = await inParallel(scenes, async (scene) => {
          await using run = await prepareRun(scene, world, quietPort());
          const facts = await exactFacts(run.args, run.env);
          const result = await baked(flagsOf(grantsFor({ ...facts, sources: [] })), run);
          assertEquals(result.status, scene.status ?? 0, `${run.args.join(" ")} (${scene.name}): ${result.stderr}`);
          return result;
        });
        const cases = casesOf(runs, tried).filter(([name]) => !name.endsWith("/lib/"));
        await inParallel(cases, ([name, index]) => runWithout(name, scenes[index]!, world, results[index]!, baked));
      });
    }
  },
});
