// The program from an address, as JSR has it: `deno install -g jsr:...` leaves modules in Deno's cache that no permission to read reaches.
import { assertEquals } from "@std/assert";
import { flagsOf, grantsFor } from "../../lib/cli/permissions.ts";
import { writeImportMap } from "../../tools/find_std.ts";
import { run } from "../support/child.ts";
import { denoRunFlags } from "../support/cli.ts";
import { startCliSession } from "../support/cli_session.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { expire } from "../support/expire.ts";
import { exactFacts } from "../support/own_place.ts";
import { serve } from "../support/server.ts";

const ROOT = decodeURIComponent(new URL("../../", import.meta.url).pathname);

Deno.test({
  name:
    "from an address the exact flags are enough, no file of the program among them, and the Worker starts there too",
  ignore: Deno.build.os === "windows", // links to directories are for few there
  async fn() {
    await using session = await startCliSession();
    await using directory = await temporaryDirectory();
    await using source = serve(async (request) => {
      const text = await Deno.readTextFile(`${ROOT}${new URL(request.url).pathname.slice(1)}`).catch(() => undefined);
      if (text === undefined) return new Response("Not here", { status: 404 });
      return new Response(text, { headers: { "content-type": "application/typescript" } });
    });
    // JSR writes full names into what it serves; here an import map has them.
    const own = await writeImportMap("compile_import_map.json", denoRunFlags().includes("--import-map"));
    const { imports } = JSON.parse(await Deno.readTextFile(own)) as { imports: Record<string, string> };
    const absolute = Object.entries(imports).map((
      [name, to],
    ) => [name, to.replace(/^(\.\.?\/)+/, `${source.origin}/`)]);
    const importMap = `${directory.path}/map.json`;
    await Deno.writeTextFile(importMap, JSON.stringify({ imports: Object.fromEntries(absolute) }));
    // A cache of its own, as the address is used once; the npm packages are those that are there.
    const { denoDir } = JSON.parse((await run([Deno.execPath(), "info", "--json"])).stdout);
    await Deno.symlink(`${denoDir}/npm`, `${directory.path}/npm`);
    const env = { DENO_DIR: directory.path };
    const from = ["--no-config", "--no-lock", `--allow-import=${new URL(source.origin).host},jsr.io:443`];
    const program = `${source.origin}/main.ts`;
    const modules = [program, `${source.origin}/lib/cli/isolated/worker.ts`];
    const cached = await new Deno.Command(Deno.execPath(), {
      args: ["cache", "-q", "--import-map", importMap, ...from, ...modules],
      env,
    }).output();
    assertEquals(new TextDecoder().decode(cached.stderr), "");

    assertEquals((await session.signIn()).status, 0);
    expire(session.credentials);
    const words = ["token", "--credentials", session.credentials];
    const grants = grantsFor({ ...await exactFacts(words, {}), sources: [] });
    const flags = [...flagsOf(grants), "--unstable-worker-options", ...from];
    const { status, stderr } = await session.run(words, { program, importMap, flags, env });
    assertEquals([status, stderr], [0, ""]);
    assertEquals(session.provider.requestsTo(session.provider.tokenPath), 2); // the code exchange and one refresh
  },
});
