// Fief's own Python client, on the same files.
import type { FiefServer } from "./server.ts";

/** Milliseconds that a program may take: Python's client waits without end for a browser, and for a server. */
const LONGEST_RUN = 150_000;

/** How a Python program ended. */
export interface PythonResult {
  status: number;
  stdout: string;
  stderr: string;
}

/**
 * Runs a program with Fief's Python client.
 *
 * @param program Python. `args` are its arguments.
 */
export async function python(fief: Pick<FiefServer, "python">, program: string, args: string[]): Promise<PythonResult> {
  const { code, stdout, stderr } = await new Deno.Command(fief.python, {
    args: ["-c", `import sys\nargs = sys.argv[1:]\n${program}`, ...args],
    stdin: "null",
    signal: AbortSignal.timeout(LONGEST_RUN),
  }).output();
  const text = new TextDecoder();
  return { status: code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** Makes `auth`, a `FiefAuth`, of the first three arguments: base URL, client id and path. */
const FIEF_AUTH = `
import json
from fief_client import Fief, FiefAccessTokenExpired
from fief_client.integrations.cli import FiefAuth, FiefAuthError
auth = FiefAuth(Fief(args[0], args[1]), args[2])
`;

/** Runs a program that has `auth`, Python's `FiefAuth` on this file, and gives what it prints as JSON. */
export async function withFiefAuth(
  fief: Pick<FiefServer, "python">,
  { client, credentials }: { client: { baseUrl: string; clientId: string }; credentials: string },
  program: string,
): Promise<unknown> {
  const result = await python(fief, FIEF_AUTH + program, [client.baseUrl, client.clientId, credentials]);
  if (result.status !== 0) throw new Error(result.stderr);
  return JSON.parse(result.stdout);
}

/**
 * Lets Python sign in: it opens its browser at the server, and waits at the redirect URI. The browser is this process, which gets the
 * address on standard error.
 */
export async function signInWithPython(
  fief: Pick<FiefServer, "python">,
  { client, credentials }: {
    client: { baseUrl: string; clientId: string; redirectUri: string };
    credentials: string;
  },
  visit: (url: string) => Promise<unknown>,
): Promise<void> {
  const program = `import sys
args = sys.argv[1:]
${FIEF_AUTH}
import http.server, webbrowser
# It opens the browser before it listens: a browser that is quick finds nobody. Here the address is told once it listens.
opened = []
webbrowser.open = opened.append
class Telling(http.server.ThreadingHTTPServer):
    def serve_forever(self, *more):
        print(opened[0], file=sys.stderr, flush=True)
        super().serve_forever(*more)
import fief_client.integrations.cli as cli
cli.CallbackHTTPServer = Telling
auth.authorize(("localhost", int(args[3])), "/callback")
`;
  const { port } = new URL(client.redirectUri);
  const child = new Deno.Command(fief.python, {
    args: ["-c", program, client.baseUrl, client.clientId, credentials, port],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    signal: AbortSignal.timeout(LONGEST_RUN),
  }).spawn();
  let said = "";
  let visited: Promise<unknown> | undefined;
  for await (const chunk of child.stderr.pipeThrough(new TextDecoderStream())) {
    said += chunk;
    const url = said.match(/^(http\S+)\n/m)?.[1];
    if (url === undefined) continue;
    if (visited !== undefined) continue;
    visited = visit(url);
    visited.catch(() => child.kill("SIGTERM")); // nobody comes back to it
  }
  await visited;
  if (!(await child.status).success) throw new Error(said);
}
