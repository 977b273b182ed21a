// What the release workflow asks for: deno task release check TAG | targets | pack | notes. See docs/releasing.md.
import { TARGETS } from "../compile/options.ts";
import { ROOT } from "../compile/root.ts";
import { releaseFaults, releaseNotes } from "./check.ts";
import { pack } from "./pack.ts";

const USAGE = "deno task release check TAG | targets | pack | notes";

/** Runs one of the steps. Gives the exit status. */
async function release(step: string | undefined, args: string[]): Promise<number> {
  const text = (name: string) => Deno.readTextFile(`${ROOT}/${name}`);
  const version: string = JSON.parse(await text("deno.json")).version;
  const [argument, ...more] = args;
  if (more.length > 0 || (step === "check") !== (argument !== undefined)) return wrongUsage();
  switch (step) {
    case "check": {
      const repository = Deno.env.get("GITHUB_REPOSITORY");
      const scripts = { "install.sh": await text("install.sh"), "install.ps1": await text("install.ps1") };
      const changelog = await text("CHANGELOG.md");
      const faults = releaseFaults({ tag: argument!, version, changelog, repository, scripts });
      for (const fault of faults) console.error(fault);
      return faults.length > 0 ? 1 : 0;
    }
    case "targets":
      console.log(TARGETS.join("\n"));
      return 0;
    case "pack":
      await pack(ROOT, version, `${ROOT}/dist`, `${ROOT}/.cache/compile/npm`, `${ROOT}/dist/release`);
      console.log(await text("dist/release/SHA256SUMS"));
      return 0;
    case "notes":
      console.log(releaseNotes(await text("CHANGELOG.md"), version));
      return 0;
    default:
      return wrongUsage();
  }
}

function wrongUsage(): number {
  console.error(USAGE);
  return 2;
}

if (import.meta.main) Deno.exit(await release(Deno.args[0], Deno.args.slice(1)));
