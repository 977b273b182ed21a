import { copyFile, mkdir } from "node:fs/promises";
import { systemOf, TARGETS } from "../compile/options.ts";
import { NOTICES, thirdPartyNotices } from "./notices.ts";

/** The name of a program in its archive. */
export function programName(target: string): string {
  return systemOf(target) === "windows" ? "fief-auth.exe" : "fief-auth";
}

/** The name of an archive; install.sh and install.ps1 know it too. */
export function archiveName(version: string, target: string): string {
  return `fief-auth-${version}-${target}.tar.gz`;
}

/**
 * Makes the files of a release: an archive for each target, the scripts that install, and `SHA256SUMS` of them all. The same programs give
 * the same bytes. It takes GNU tar.
 *
 * @param root The repository.
 * @param programs Where the programs are, each in a directory that has the name of its target.
 * @param cache The npm packages that they were compiled with, as `deno task compile` leaves them.
 * @param output Directory for the files; it must not be there.
 */
export async function pack(
  root: string,
  version: string,
  programs: string,
  cache: string,
  output: string,
): Promise<void> {
  const notices = await thirdPartyNotices(root, cache);
  await mkdir(output, { recursive: false });
  for (const target of TARGETS) {
    const stage = await Deno.makeTempDir({ prefix: "fief-auth-release-" });
    try {
      const name = programName(target);
      await copyFile(`${programs}/${target}/${name}`, `${stage}/${name}`);
      await Deno.chmod(`${stage}/${name}`, 0o755);
      await copyFile(`${root}/LICENSE`, `${stage}/LICENSE`);
      await Deno.writeTextFile(`${stage}/${NOTICES}`, notices);
      for (const text of ["LICENSE", NOTICES]) await Deno.chmod(`${stage}/${text}`, 0o644);
      const same = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0", "--format=ustar"];
      const archive = `${output}/${archiveName(version, target)}`;
      await tar([...same, "-I", "gzip -9n", "-cf", archive, "-C", stage, name, "LICENSE", NOTICES]);
    } finally {
      await Deno.remove(stage, { recursive: true });
    }
  }
  for (const script of ["install.sh", "install.ps1"]) await copyFile(`${root}/${script}`, `${output}/${script}`);
  await Deno.writeTextFile(`${output}/SHA256SUMS`, await sumsOf(output));
}

/** As sha256sum prints it. */
async function sumsOf(directory: string): Promise<string> {
  const names = [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
  const lines = [];
  for (const name of names) {
    const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(`${directory}/${name}`));
    const sum = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    lines.push(`${sum}  ${name}\n`);
  }
  return lines.join("");
}

async function tar(args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("tar", { args, stdin: "null" }).output();
  if (!success) throw new Error(`tar failed: ${new TextDecoder().decode(stderr)}`);
}
