// Runs programs for another processor, by the emulator of Debian's packages: they are unpacked, not installed.
const CACHE = decodeURIComponent(new URL("../../.cache/qemu/", import.meta.url).pathname);
const PACKAGES = ["qemu-user-static", "libc6-arm64-cross", "libgcc-s1-arm64-cross"];

/** The words in front of a program for Linux on arm64. */
export async function qemuForArm64(): Promise<string[]> {
  const [emulator, libraries] = [`${CACHE}usr/bin/qemu-aarch64-static`, `${CACHE}usr/aarch64-linux-gnu`];
  if (!await exists(emulator) || !await exists(`${libraries}/lib/libgcc_s.so.1`)) {
    const download = await Deno.makeTempDir();
    try {
      await must("apt-get", ["download", "-q", ...PACKAGES], download);
      for await (const { name } of Deno.readDir(download)) {
        await must("dpkg", ["-x", `${download}/${name}`, CACHE], download);
      }
    } finally {
      await Deno.remove(download, { recursive: true });
    }
  }
  return [emulator, "-L", libraries];
}

async function must(command: string, args: string[], cwd: string): Promise<void> {
  const output = await new Deno.Command(command, { args, cwd, stdin: "null" }).output().catch((error) => error);
  if (output.success) return;
  const met = output instanceof Error ? output.message : new TextDecoder().decode(output.stderr);
  throw new Error(
    `There is no emulator for arm64 programs, which this suite asks: ${met}\nRun apt-get update, or unpack the packages ${
      PACKAGES.join(", ")
    } into .cache/qemu`,
  );
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
