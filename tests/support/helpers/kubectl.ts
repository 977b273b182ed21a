// kubectl in the versions that matter, and an API server for it to ask.
import { makeAuthority } from "../authority.ts";
import { run } from "../child.ts";
import { temporaryDirectory } from "../directory.ts";

const ROOT = decodeURIComponent(new URL("../../../", import.meta.url).pathname);
const CACHE = `${ROOT}.cache/helpers`;

/** The machine's kubectl; `undefined` where there is none, or one from before 1.22, which does not know v1. */
export async function machineKubectl(): Promise<string | undefined> {
  try {
    const { code, stdout } = await run(["kubectl", "version", "--client", "--output=json"]);
    const minor = code === 0 ? Number(JSON.parse(stdout).clientVersion.minor.replace(/\D+$/, "")) : 0;
    return minor >= 22 ? "kubectl" : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * Debian's kubectl 1.20, which knows v1beta1 and no v1: unpacked into `.cache/helpers`, because installing it clashes with other packages
 * of the same name.
 *
 * @throws Where it cannot be had: the message says what to do.
 */
export async function debianKubectl(): Promise<string> {
  await Deno.mkdir(CACHE, { recursive: true });
  using lock = await Deno.open(`${CACHE}/lock`, { create: true, write: true });
  await lock.lock(true);
  const path = `${CACHE}/kubernetes-client/usr/bin/kubectl`;
  if (await Deno.stat(path).then(({ isFile }) => isFile, () => false)) return path;
  await using download = await temporaryDirectory();
  await must(["apt-get", "download", "-q", "kubernetes-client"], download.path);
  const [file] = [...Deno.readDirSync(download.path)].filter(({ name }) => name.endsWith(".deb"));
  await must(["dpkg", "-x", file!.name, `${CACHE}/unpacked`], download.path);
  await Deno.rename(`${CACHE}/unpacked`, `${CACHE}/kubernetes-client`); // last: half of it is not there
  return path;
}

async function must([program, ...args]: string[], cwd: string): Promise<void> {
  const what = "Debian's kubectl 1.20 cannot be had, which this suite asks";
  try {
    const { success, stderr } = await new Deno.Command(program!, { args, cwd }).output();
    if (success) return;
    const hint = "run apt-get update, or unpack the package kubernetes-client into .cache/helpers/kubernetes-client";
    throw new Error(`${what}: ${hint}. ${new TextDecoder().decode(stderr).trim().slice(-1_000)}`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`${what}: there is no ${program}`);
  }
}

/** An API server that answers whoever has the token. */
export interface KubernetesApi extends AsyncDisposable {
  /** `https://localhost:PORT`: kubectl sends no token over plain http, not even here. */
  readonly origin: string;
  /** Its authority's certificate: a PEM file. */
  readonly authority: string;
  /** The `Authorization` of each request in order. */
  readonly seen: (string | null)[];
}

export async function startKubernetesApi(directory: string, accepts: () => string): Promise<KubernetesApi> {
  const authority = await makeAuthority(directory, ["localhost"]);
  const seen: (string | null)[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {}, ...authority.server }, (request) => {
    const header = request.headers.get("authorization");
    seen.push(header);
    if (header === `Bearer ${accepts()}`) return Response.json({ gitVersion: "v0.0.0-castles" });
    return Response.json({ kind: "Status", status: "Failure", reason: "Unauthorized", code: 401 }, { status: 401 });
  });
  return {
    origin: `https://localhost:${server.addr.port}`,
    authority: authority.file,
    seen,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** What a kubeconfig says beside the cluster. */
export interface ExecPlugin {
  apiVersion: string;
  command: string[];
  provideClusterInfo?: boolean;
  interactiveMode?: string;
}

/** A kubeconfig; JSON is YAML. */
export function kubeconfig(
  api: KubernetesApi,
  { apiVersion, command: [command, ...args], ...rest }: ExecPlugin,
): string {
  const { provideClusterInfo = true, interactiveMode = "Never" } = rest;
  // Before 1.22 there was no interactiveMode; who does not know it leaves it.
  const exec = { apiVersion, command, args, provideClusterInfo, interactiveMode };
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "castles",
    contexts: [{ name: "castles", context: { cluster: "castles", user: "anne" } }],
    clusters: [{ name: "castles", cluster: { server: api.origin, "certificate-authority": api.authority } }],
    users: [{ name: "anne", user: { exec } }],
  });
}
