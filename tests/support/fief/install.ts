// Gets Fief's server and its Python client into `.cache/fief`, each into an environment of its own: they need different releases of httpx.

const ROOT = decodeURIComponent(new URL("../../../", import.meta.url).pathname);
const CACHE = `${ROOT}.cache/fief`;
/** Drivers of the server and the type checker have no build for other releases. */
const PYTHON = "3.11";

/** Where the programs are. */
export interface Installed {
  /** The server's `fief`. */
  fief: string;
  /** A Python that has `fief_client`. */
  python: string;
}

/** Installs both where that is not done; at most one process does at a time. What is missing on this machine is said in one line. */
export async function installFief(): Promise<Installed> {
  await Deno.mkdir(CACHE, { recursive: true });
  using lock = await Deno.open(`${CACHE}/lock`, { create: true, write: true });
  await lock.lock(true);
  const [server, client] = await Promise.all(["server", "client"].map(environment));
  return { fief: `${server}/bin/fief`, python: `${client}/bin/python` };
}

/** Installs the Python client alone, and gives a Python that has it. */
export async function installPythonClient(): Promise<string> {
  await Deno.mkdir(CACHE, { recursive: true });
  using lock = await Deno.open(`${CACHE}/lock`, { create: true, write: true });
  await lock.lock(true);
  return `${await environment("client")}/bin/python`;
}

/** Redis, which the server wants; it is small and in every distribution. */
export async function redisServer(): Promise<string> {
  if (await runs("redis-server", "--version") !== undefined) return "redis-server";
  throw new Error("There is no redis-server, which a Fief server needs. Install it: apt-get install redis-server");
}

async function environment(name: string): Promise<string> {
  const path = `${CACHE}/${name}`;
  const wanted = `${decodeURIComponent(new URL(".", import.meta.url).pathname)}${name}-requirements.txt`;
  // Its programs name their Python by its whole path: in a copy of this checkout they would be those of the first one.
  const requirements = `# ${path}\n${await Deno.readTextFile(wanted)}`;
  const done = `${path}/installed.txt`; // written last: half an environment has none
  if (await Deno.readTextFile(done).catch(() => "") === requirements) return path;
  const python = await findPython();
  await must(python, ["-m", "venv", "--clear", path]);
  await must(`${path}/bin/python`, [
    ...["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"],
    ...["-r", wanted],
  ]);
  await Deno.writeTextFile(done, requirements);
  return path;
}

async function findPython(): Promise<string> {
  for (const name of [`python${PYTHON}`, "python3"]) {
    if ((await runs(name, "--version"))?.startsWith(`Python ${PYTHON}.`)) return name;
  }
  throw new Error(`There is no Python ${PYTHON}, which a Fief server needs. Install it with its module venv`);
}

/** What a program prints; `undefined` where there is none. */
async function runs(program: string, ...args: string[]): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command(program, { args, stderr: "null" }).output();
    return success ? new TextDecoder().decode(stdout) : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function must(program: string, args: string[]): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args }).output();
  if (success) return;
  const text = new TextDecoder();
  throw new Error(`${program} ${args.slice(0, 3).join(" ")}: ${text.decode(stdout)}${text.decode(stderr)}`.trim());
}
