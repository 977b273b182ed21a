// Runs a Fief server and its Redis until standard input ends: whatever becomes of the tests, nothing is left behind. Each line on standard
// input, `start` or `stop`, is answered with one line on standard output when the server is up, or gone.
//
//     serve.ts DIRECTORY PORT REDIS_PORT FIEF REDIS      the environment of the server is this one's

const [directory = "", port = "", redisPort = "", fief = "", redis = ""] = Deno.args;
const LOG = `${directory}/fief.log`;

/** A program whose output goes to a file. */
function spawn(program: string, args: string[]): Deno.ChildProcess {
  const script = 'log=$1; shift; exec "$@" >>"$log" 2>&1';
  return new Deno.Command("sh", { args: ["-c", script, "sh", LOG, program, ...args], cwd: directory, stdin: "null" })
    .spawn();
}

async function end(child: Deno.ChildProcess | undefined): Promise<void> {
  if (child === undefined) return;
  try {
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 5_000); // a connection that is open would hold it
    await child.status;
    clearTimeout(timer);
  } catch {
    // it has ended
  }
}

/** Milliseconds for the server to come up, on a machine that is busy. */
const LONGEST_START = 120_000;

async function isUp(child: Deno.ChildProcess): Promise<boolean> {
  let ended = false;
  void child.status.then(() => ended = true);
  for (const end = Date.now() + LONGEST_START; !ended && Date.now() < end;) {
    try {
      const signal = AbortSignal.timeout(10_000);
      const response = await fetch(`http://localhost:${port}/.well-known/openid-configuration`, { signal });
      await response.body?.cancel();
      if (response.ok) return true;
    } catch {
      // not yet
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

const queue = spawn(redis, ["--port", redisPort, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
let server: Deno.ChildProcess | undefined;
try {
  // Whoever writes a line waits for the answer: two never come at once.
  for await (const line of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    await end(server);
    server = line === "start\n" ? spawn(fief, ["run-server", "--host", "127.0.0.1", "--port", port]) : undefined;
    console.log(server === undefined ? "stopped" : await isUp(server) ? "started" : "failed");
  }
} finally {
  await end(server);
  await end(queue);
}
