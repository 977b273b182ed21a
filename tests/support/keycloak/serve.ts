// Runs a Keycloak until standard input ends: whatever becomes of the tests, nothing is left behind. It says `started`, or `failed`, in one
// line on standard output.
//
//     serve.ts HOME PORT LOG

const [home = "", port = "", log = ""] = Deno.args;

const script = 'log=$1; shift; exec "$@" >>"$log" 2>&1';
const server = new Deno.Command("sh", {
  args: [
    ...["-c", script, "sh", log, "bash", `${home}/bin/kc.sh`, "start-dev", "--db", "dev-mem"],
    // Without it the database is gone when nobody has used it for a while.
    ...["--db-url-properties", ";DB_CLOSE_DELAY=-1"],
    ...["--http-host", "127.0.0.1", "--http-port", port, "--hostname", `http://localhost:${port}`],
  ],
  stdin: "null",
  detached: true, // what it starts to get ready is in its process group, and ends with it
}).spawn();
let ended = false;
const end = server.status.then(() => ended = true);

/** Milliseconds for the server to come up, on a machine that is busy. */
const LONGEST_START = 180_000;

async function isUp(): Promise<boolean> {
  for (const limit = Date.now() + LONGEST_START; !ended && Date.now() < limit;) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/realms/master`, { signal: AbortSignal.timeout(10_000) });
      await response.body?.cancel();
      if (response.ok) return true;
    } catch {
      // not yet
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return false;
}

function signalGroup(signal: Deno.Signal): void {
  try {
    Deno.kill(-server.pid, signal);
  } catch {
    // it has ended
  }
}

try {
  const input = Deno.stdin.readable.pipeTo(new WritableStream()).catch(() => {});
  const up = await Promise.race([isUp(), input.then(() => false)]);
  console.log(up ? "started" : "failed");
  await Promise.race([input, end]);
} finally {
  // Nothing in it is worth waiting for: its database is in its memory.
  signalGroup("SIGKILL");
  await end;
}
