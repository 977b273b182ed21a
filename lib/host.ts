/**
 * The outside world in one object. Nothing else in lib/ touches `Deno.env`, the clock or the global `fetch`; only
 * credentials/ touches files.
 *
 * @module
 */

/** Where text for people or results for programs go. */
export interface Output {
  /** Whether a person reads along. */
  isTerminal(): boolean;
  /** Width in columns; 80 where there is no terminal. */
  columns(): number;
  /** Height in rows; 24 where there is no terminal. */
  rows(): number;
  /**
   * Writes all of it, and rejects where that cannot be done (`Deno.errors.BrokenPipe` where nobody reads any more).
   *
   * @param blocking Whether it may hold up everything else until it is read: much is written faster so.
   */
  write(data: string | Uint8Array<ArrayBuffer>, blocking?: boolean): Promise<void>;
}

/** Where a person types, or a program sends a request body. */
export interface Input {
  /** Whether a person types. */
  isTerminal(): boolean;
  /** The bytes. Whoever takes it has it alone. */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Raw mode with cbreak: no echo, no limit on a line's length, Ctrl-C still interrupts. */
  setRaw(on: boolean): void;
}

/** The outside world. A part takes `Pick<Host, "fetch" | "now">`, not all of it. */
export interface Host {
  /** As the global one. Never follows where this package says `redirect: "manual"`. */
  fetch: typeof globalThis.fetch;
  /** Epoch milliseconds. */
  now(): number;
  /** Resolves after so many milliseconds, or as soon as the signal aborts. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** A variable, `undefined` where it is not set or empty. Throws `Deno.errors.NotCapable` where Deno does not allow it. */
  env(name: string): string | undefined;
  /** The operating system. */
  readonly os: typeof Deno.build.os;
  /** Standard input. */
  readonly stdin: Input;
  /** Standard output: results only. */
  readonly stdout: Output;
  /** Standard error: everything that people read. */
  readonly stderr: Output;
  /**
   * Starts a program without a shell, without its output and, where it may see all variables, without those of the loader
   * (`LD_*`, `DYLD_*`), and resolves to whether it went well: false for a status other than zero. A program that is still running after two
   * seconds went well.
   * Rejects with `Deno.errors.NotFound`, `PermissionDenied` or `NotCapable` as `Deno.Command` does.
   *
   * @param program Name or path, never starting with `-`.
   * @param args Its arguments.
   * @param env Variables to set for it; the rest it inherits.
   */
  run(program: string, args: string[], env: Record<string, string>): Promise<boolean>;
  /** Takes the place of the search for a browser: resolves to false where no browser took the URL. */
  openBrowser?(url: string): Promise<boolean>;
  /** Where set, told of work that should be complete before the process ends: it spends what cannot be spent twice. */
  finishFirst?(work: Promise<unknown>): void;
  /** Where set, told what happens, in order. No secret ever gets in: they show as their length. */
  debug?(message: string): void;
}

/** The real world. Nothing is read or opened until it is asked for. */
export function realHost(): Host {
  return {
    fetch: realFetch(),
    now: () => Date.now(),
    sleep,
    env: (name) => Deno.env.get(name) || undefined,
    os: Deno.build.os,
    stdin: {
      isTerminal: () => Deno.stdin.isTerminal(),
      get readable() {
        return Deno.stdin.readable;
      },
      setRaw: (on) => Deno.stdin.setRaw(on, { cbreak: on && Deno.build.os !== "windows" }),
    },
    stdout: realOutput(Deno.stdout),
    stderr: realOutput(Deno.stderr),
    run,
  };
}

/**
 * `fetch` as the real world has it: through the proxies that the environment names, but never for this machine, and with each POST sent once.
 *
 * @param caCerts Certificates in PEM of authorities to trust beside the usual ones.
 */
export function realFetch(caCerts: string[] = []): Host["fetch"] {
  return (input, init) =>
    isOnThisMachine(input)
      ? fetchDirectly(input, init, caCerts)
      : fetchOnce(input, init, caCerts, (name) => Deno.env.get(name));
}

/**
 * The same for a thread that may read no variable and set none.
 *
 * @param direct A client that uses no proxy and keeps no connections, for requests to this machine.
 * @param env The variables that name proxies, for messages.
 */
export function fetchThrough(
  direct: Deno.HttpClient | undefined,
  caCerts: string[],
  env: Host["env"],
): Host["fetch"] {
  return (input, init) =>
    direct !== undefined && isOnThisMachine(input)
      ? fetch(input, { ...init, client: direct })
      : fetchOnce(input, init, caCerts, env);
}

/** What keeps requests to this machine from a proxy, behind what the variable says already. */
export function withoutProxyHere(others: string): string {
  return `${others},localhost,.localhost,127.0.0.0/8,::1`;
}

/** Whether a request stays here: the rule of provider/base_url.ts, which this room does not know. */
function isOnThisMachine(input: string | URL | Request): boolean {
  const hostname = URL.parse(input instanceof Request ? input.url : String(input))?.hostname ?? "";
  return /^((.*\.)?localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

/**
 * Not through a proxy, which Deno would use for this machine too: it reads these variables when a client is made. The usual client may have
 * been made long ago, at the first request of the program.
 */
async function fetchDirectly(
  input: string | URL | Request,
  init: RequestInit | undefined,
  caCerts: string[],
): Promise<Response> {
  const before = Deno.env.get("NO_PROXY");
  const others = before ?? Deno.env.get("no_proxy") ?? "";
  Deno.env.set("NO_PROXY", withoutProxyHere(others));
  let client: Deno.HttpClient;
  try {
    client = Deno.createHttpClient({ caCerts });
  } finally {
    if (before === undefined) Deno.env.delete("NO_PROXY");
    else Deno.env.set("NO_PROXY", before);
  }
  using _ = client; // the answer is read to its end all the same
  return await fetch(input, { ...init, client });
}

/**
 * As the global one, but a POST is sent once. On a connection that had served before and breaks under the request, Deno 2.9 sends it again
 * by itself, whatever its method: a refresh token would be spent twice. A connection of its own is never an old one.
 *
 * @see RFC 9110 section 9.2.2
 */
async function fetchOnce(
  input: string | URL | Request,
  init: RequestInit | undefined,
  caCerts: string[],
  env: Host["env"],
): Promise<Response> {
  const method = init?.method ?? (input instanceof Request ? input.method : "GET");
  try {
    // The usual client trusts the usual authorities only.
    if (/^(GET|HEAD|OPTIONS)$/i.test(method) && caCerts.length === 0) return await fetch(input, init);
    using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0, caCerts }); // the answer is read to its end all the same
    return await fetch(input, { ...init, client });
  } catch (error) {
    throw error instanceof TypeError ? await proxyError(error, input, env) ?? error : error;
  }
}

/** What failed, where that was a proxy: the platform tells of it as of the server. */
async function proxyError(
  error: TypeError,
  input: string | URL | Request,
  env: Host["env"],
): Promise<Error | undefined> {
  const url = URL.parse(input instanceof Request ? input.url : String(input));
  if (url === null) return undefined;
  const { proxyErrorOf } = await import("./proxy.ts");
  return proxyErrorOf(error, url, (name) => {
    try {
      return env(name) || undefined;
    } catch {
      return undefined; // Deno does not allow reading it
    }
  });
}

function realOutput(stream: typeof Deno.stdout): Output {
  return {
    isTerminal: () => stream.isTerminal(),
    columns: () => sizeOf(stream)?.columns || 80,
    rows: () => sizeOf(stream)?.rows || 24,
    async write(data, blocking = false) {
      let bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
      // What fits into a pipe is written at once: a message is out before the process may end.
      if (blocking || bytes.length <= 4096) bytes = bytes.subarray(writeNow(stream, bytes));
      while (bytes.length > 0) bytes = bytes.subarray(await writeSoon(stream, bytes));
    },
  };
}

/** The size of the terminal; `undefined` where there is none, or where standard input is no terminal: then it is not known. */
function sizeOf(stream: typeof Deno.stdout): { columns: number; rows: number } | undefined {
  try {
    return stream.isTerminal() ? Deno.consoleSize() : undefined;
  } catch {
    return undefined;
  }
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) return Promise.resolve();
  const end = () => {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
    resolve();
  };
  const timer = setTimeout(end, Math.min(milliseconds, 2 ** 31 - 1)); // with more it would fire at once
  signal.addEventListener("abort", end);
  return promise;
}

/** The variables without those of the loader; `undefined` where Deno does not let us see all: then a program inherits what there is. */
function environment(): Record<string, string> | undefined {
  if (Deno.permissions.querySync({ name: "env" }).state !== "granted") return undefined;
  return Object.fromEntries(Object.entries(Deno.env.toObject()).filter(([name]) => !/^(LD|DYLD)_/.test(name)));
}

function writeNow(stream: typeof Deno.stdout, bytes: Uint8Array): number {
  try {
    return stream.writeSync(bytes);
  } catch (error) {
    if (error instanceof Deno.errors.WouldBlock) return 0;
    throw error;
  }
}

/** Somebody else may have made it a stream that does not wait: then we do. */
async function writeSoon(stream: typeof Deno.stdout, bytes: Uint8Array): Promise<number> {
  try {
    return await stream.write(bytes);
  } catch (error) {
    if (!(error instanceof Deno.errors.WouldBlock)) throw error;
    await new Promise((resolve) => setTimeout(resolve, 10));
    return 0;
  }
}

async function run(program: string, args: string[], variables: Record<string, string>): Promise<boolean> {
  const inherited = environment();
  const env = { ...inherited, ...variables };
  const clearEnv = inherited !== undefined;
  const child = new Deno.Command(program, { args, env, clearEnv, stdin: "null", stdout: "null", stderr: "null" })
    .spawn();
  child.unref(); // a browser that stays open must not keep us
  let timer: ReturnType<typeof setTimeout> | undefined;
  const still = new Promise<boolean>((resolve) => timer = setTimeout(() => resolve(true), 2_000));
  try {
    return await Promise.race([child.status.then((status) => status.success), still]);
  } finally {
    clearTimeout(timer);
  }
}
