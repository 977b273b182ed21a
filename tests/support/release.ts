// A release on a file server of this machine, and a computer with few programs on which install.sh runs.
import { temporaryDirectory } from "./directory.ts";
import type { Ended } from "./child.ts";

const SCRIPT = new URL("../../install.sh", import.meta.url).pathname;

/** What install.sh calls, beside what downloads and what sums up. */
const PROGRAMS = "cat chmod dirname getconf gzip id ldd mkdir mktemp mv rm rmdir sed sh tar uname".split(" ");

/** A program that says its version as ours does. */
export function fakeProgram(version: string): string {
  return `#!/bin/sh\necho "fief-auth ${version} (Deno 2.9.6, ${TARGET})"\n`;
}

/** The program that sums up here: some macOS has the second one only. */
export const SUMMER: string = pathOf("sha256sum") === undefined ? "shasum" : "sha256sum";

/** The target of this machine, as releases name it. */
export const TARGET = Deno.build.target;

/** Releases as they lie on GitHub: `latest/download/FILE` and `download/vVERSION/FILE`. */
export interface Releases extends AsyncDisposable {
  /** For `FIEF_AUTH_RELEASES`. */
  readonly url: string;
  /** Paths that were asked for, in order. */
  readonly asked: string[];
  /** What is there, by its path. A test changes it. */
  readonly files: Map<string, Uint8Array<ArrayBuffer>>;
  /** Puts a release in place, the latest from now on; `program` is what it has for this machine. */
  add(version: string, program?: string | Uint8Array): Promise<void>;
  /** Archives end half-way: the connection breaks there, or nothing more comes until the client has gone. */
  archives: "whole" | "broken" | "stuck";
  /** Resolves when an archive is half sent. */
  halfSent(): Promise<void>;
}

/** The name of the archive for this machine. */
export function archiveName(version: string): string {
  return `fief-auth-${version}-${TARGET}.tar.gz`;
}

export function startReleases(): Releases {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const asked: string[] = [];
  let half = Promise.withResolvers<void>();
  const end = new AbortController();
  const options = { hostname: "127.0.0.1", port: 0, signal: end.signal, onListen: () => {} };
  const server = Deno.serve(options, (request) => {
    const { pathname } = new URL(request.url);
    asked.push(pathname);
    const bytes = files.get(pathname);
    if (bytes === undefined) return new Response("Not Found", { status: 404 });
    if (releases.archives === "whole" || !pathname.endsWith(".tar.gz")) return new Response(bytes);
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(bytes.subarray(0, bytes.length / 2));
        half.resolve();
      },
      pull(controller): Promise<void> | void {
        return releases.archives === "broken" ? controller.close() : new Promise(() => {});
      },
    });
    // More is promised than what comes: the server breaks the connection off.
    return new Response(body, { headers: { "content-length": `${bytes.length}` } });
  });
  const releases: Releases = {
    url: `http://127.0.0.1:${server.addr.port}`,
    asked,
    files,
    archives: "whole",
    async add(version, program = fakeProgram(version)) {
      const archive = await packed(program);
      const sums = new TextEncoder().encode(
        `${"0".repeat(64)}  fief-auth-${version}-x86_64-pc-windows-msvc.zip\n` +
          `${await sha256(archive)}  ${archiveName(version)}\n`,
      );
      files.set(`/download/v${version}/${archiveName(version)}`, archive);
      for (const place of [`download/v${version}`, "latest/download"]) files.set(`/${place}/SHA256SUMS`, sums);
    },
    halfSent: () => half.promise.then(() => void (half = Promise.withResolvers())),
    [Symbol.asyncDispose]: () => {
      end.abort(); // what hangs in the middle of an archive would hold a shutdown
      return server.finished;
    },
  };
  return releases;
}

/** `fief-auth` in a `.tar.gz`. */
async function packed(program: string | Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  await using directory = await temporaryDirectory();
  const bytes = typeof program === "string" ? new TextEncoder().encode(program) : program;
  await Deno.writeFile(`${directory.path}/fief-auth`, bytes, { mode: 0o755 });
  const args = ["--use-compress-program", "gzip -1", "-cf", "archive.tar.gz", "fief-auth"];
  await new Deno.Command("tar", { args, cwd: directory.path }).output();
  return await Deno.readFile(`${directory.path}/archive.tar.gz`);
}

/** A SHA-256 sum in hexadecimal. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A home, and the programs that there are: nothing else can be found. */
export interface Computer extends AsyncDisposable {
  readonly home: string;
  /** The place of the program, and of the record. */
  readonly program: string;
  readonly record: string;
  /** Makes a program of this computer: a link to the real one, or a script of the test's own. */
  has(program: string, script?: string): Promise<void>;
  /** Runs install.sh. `env` comes on top of HOME and PATH. */
  install(shell: string[], args: string[], env?: Record<string, string>): Promise<Ended>;
  start(shell: string[], args: string[], env?: Record<string, string>): Deno.ChildProcess;
  /** All that lies in the home, directories with a slash at the end. */
  files(): string[];
}

export async function makeComputer(): Promise<Computer> {
  const directory = await temporaryDirectory();
  const home = `${directory.path}/home`;
  const bin = `${directory.path}/bin`;
  for (const path of [home, bin]) await Deno.mkdir(path);
  const computer: Computer = {
    home,
    program: `${home}/.local/bin/fief-auth`,
    record: `${home}/.local/share/fief-auth/installed`,
    async has(program, script) {
      await Deno.remove(`${bin}/${program}`).catch(() => {});
      if (script !== undefined) return await Deno.writeTextFile(`${bin}/${program}`, script, { mode: 0o755 });
      const real = pathOf(program);
      if (real !== undefined) await Deno.symlink(real, `${bin}/${program}`);
    },
    install: async (...how) => {
      const { code, stdout, stderr } = await computer.start(...how).output();
      const text = new TextDecoder();
      return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
    },
    start: ([shell = "", ...flags], args, env = {}) =>
      new Deno.Command(pathOf(shell) ?? shell, {
        args: [...flags, SCRIPT, ...args],
        cwd: home,
        clearEnv: true,
        env: { HOME: home, PATH: bin, SHELL: "/bin/bash", ...env },
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn(),
    files: () => [...filesOf(home, "")].sort(),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
  for (const program of [...PROGRAMS, "curl", SUMMER]) await computer.has(program);
  return computer;
}

function* filesOf(root: string, under: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(`${root}/${under}`)) {
    yield `${under}${name}${isDirectory ? "/" : ""}`;
    if (isDirectory) yield* filesOf(root, `${under}${name}/`);
  }
}

/** Where a program lies on this machine; undefined where it does not. */
export function pathOf(program: string): string | undefined {
  const directories = (Deno.env.get("PATH") ?? "").split(":");
  return directories.map((path) => `${path}/${program}`).find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}
