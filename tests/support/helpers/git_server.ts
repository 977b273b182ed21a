// A git server on loopback: git's own http-backend, behind a token.
import { temporaryDirectory } from "../directory.ts";

/** A git server that runs. */
export interface GitServer extends AsyncDisposable {
  /** Where its only repository is. */
  readonly url: string;
  readonly host: string;
  /** The `Authorization` of each request in order; `null` where there was none. */
  readonly seen: (string | null)[];
}

/**
 * Starts one with an empty repository that takes pushes.
 *
 * @param accepts Whether this user and password may come in; with the scheme Bearer the user is empty, and the password is the token.
 * @param scheme What the server asks for.
 */
export async function startGitServer(
  accepts: (username: string, password: string) => boolean,
  scheme: "Basic" | "Bearer" = "Basic",
): Promise<GitServer> {
  const root = await temporaryDirectory();
  const [backend, ...lines] = [
    `${await output(["git", "--exec-path"])}/git-http-backend`,
    ["git", "init", "-q", "--bare", "--initial-branch=main", `${root.path}/castles.git`],
    ["git", "-C", `${root.path}/castles.git`, "config", "http.receivepack", "true"],
  ] as [string, ...string[][]];
  for (const line of lines) await output(line);
  const seen: (string | null)[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const header = request.headers.get("authorization");
    seen.push(header);
    const [, given = ""] = header?.match(`^${scheme} (.+)`) ?? [];
    const [username, password] = scheme === "Basic" ? split(atob(given)) : ["", given];
    if (!accepts(username, password)) {
      await request.body?.cancel();
      return new Response("no", { status: 401, headers: { "www-authenticate": `${scheme} realm="castles"` } });
    }
    return await cgi(backend, root.path, username, request);
  });
  const host = `127.0.0.1:${server.addr.port}`;
  return {
    url: `http://${host}/castles.git`,
    host,
    seen,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await root[Symbol.asyncDispose]();
    },
  };
}

function split(pair: string): [string, string] {
  const colon = pair.indexOf(":");
  return [pair.slice(0, colon), pair.slice(colon + 1)];
}

/** One request by way of a program. @see RFC 3875 */
async function cgi(program: string, root: string, user: string, request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const child = new Deno.Command(program, {
    clearEnv: true,
    env: {
      PATH: Deno.env.get("PATH") ?? "",
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      GIT_CONFIG_COUNT: "1", // whoever runs the tests may be another user than the directory's
      GIT_CONFIG_KEY_0: "safe.directory",
      GIT_CONFIG_VALUE_0: "*",
      REQUEST_METHOD: request.method,
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      CONTENT_TYPE: request.headers.get("content-type") ?? "",
      HTTP_CONTENT_ENCODING: request.headers.get("content-encoding") ?? "",
      GIT_PROTOCOL: request.headers.get("git-protocol") ?? "",
      REMOTE_USER: user,
      REMOTE_ADDR: "127.0.0.1",
    },
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new Uint8Array(await request.arrayBuffer()));
  await writer.close();
  const answer = new Uint8Array((await child.output()).stdout);
  const end = new TextDecoder("latin1").decode(answer).indexOf("\r\n\r\n");
  const lines = new TextDecoder().decode(answer.subarray(0, end)).split("\r\n");
  const headers = new Headers(lines.map((line) => line.split(/: ?(.*)/s).slice(0, 2) as [string, string]));
  const status = Number(headers.get("status")?.slice(0, 3) ?? 200);
  headers.delete("status");
  return new Response(answer.subarray(end + 4), { status, headers });
}

async function output([program, ...args]: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program!, { args }).output();
  const text = new TextDecoder();
  if (!success) throw new Error(`${program} ${args[0]}: ${text.decode(stderr)}`);
  return text.decode(stdout).trim();
}
