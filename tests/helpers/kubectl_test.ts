// kubectl itself asks `credential kubectl`: v1 as the machine's own does, v1beta1 as Debian's 1.20 does.
import { assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import { cliCommand, cliEnvironment } from "../support/cli.ts";
import { type CliSession, startCliSession } from "../support/cli_session.ts";
import {
  debianKubectl,
  type ExecPlugin,
  kubeconfig,
  machineKubectl,
  startKubernetesApi,
} from "../support/helpers/kubectl.ts";
import { requireProgram, runScript } from "../support/helpers/programs.ts";
import { hasTerminal, inTerminal } from "../support/terminal.ts";

await requireProgram("openssl", "version");

const GROUP = "client.authentication.k8s.io";
const mine = await machineKubectl();
const versions: [version: string, kubectl: string | undefined][] = [
  [`${GROUP}/v1`, mine],
  [`${GROUP}/v1beta1`, await debianKubectl()],
];
if (mine === undefined) console.log("This machine has no kubectl from 1.22 on: v1 is not tried");

/** A signed-in user, a cluster, and a kubeconfig between them. */
async function startScene(plugin: Omit<ExecPlugin, "command">, options: { named?: boolean; signedIn?: boolean } = {}) {
  const session = await startCliSession();
  if (options.signedIn !== false) await session.signIn();
  const token = async () => (await session.run(["token"])).stdout.trim();
  let accepted = options.signedIn === false ? "" : await token();
  const api = await startKubernetesApi(session.directory, () => accepted);
  const named = options.named === false ? [] : ["--api-origin", api.origin];
  const setup = { credentials: session.credentials, providerOrigin: session.provider.issuer };
  const command = cliCommand(["credential", "kubectl", ...named], setup);
  const config = `${session.directory}/kubeconfig`;
  await Deno.writeTextFile(config, kubeconfig(api, { ...plugin, command }));
  return {
    session,
    api,
    token,
    accept: (token: string) => accepted = token,
    config,
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]();
      await session[Symbol.asyncDispose]();
    },
  };
}

const ask = (kubectl: string, { session, config }: { session: CliSession; config: string }) =>
  runScript(`${kubectl} get --raw /version`, session, { KUBECONFIG: config });

for (const [apiVersion, kubectl] of versions) {
  const test = (name: string, fn: (kubectl: string) => Promise<void>, ignore = false) =>
    Deno.test({
      name: `kubectl with ${apiVersion} ${name}`,
      ignore: kubectl === undefined || ignore,
      fn: () => fn(kubectl!),
    });

  test("sends the token, and a new one after a refresh", async (kubectl) => {
    await using scene = await startScene({ apiVersion });
    const { status, stdout, stderr } = await ask(kubectl, scene);
    assertEquals([status, stdout], [0, '{"gitVersion":"v0.0.0-castles"}'], stderr);
    const first = await scene.token();
    const second = (await scene.session.run(["token", "--min-valid", "99999"])).stdout.trim();
    assertFalse(first === second);
    scene.accept(second);
    assertEquals((await ask(kubectl, scene)).status, 0);
    // A kubectl that chooses among several versions of itself asks once more, to know which one.
    assertEquals([...new Set(scene.api.seen)], [`Bearer ${first}`, `Bearer ${second}`]);
  });

  test("gets nothing for a cluster that nobody named", async (kubectl) => {
    await using scene = await startScene({ apiVersion }, { named: false });
    const { status, stderr } = await ask(kubectl, scene);
    assertEquals([status === 0, scene.api.seen], [false, []]);
    assertStringIncludes(stderr, `--api-origin ${scene.api.origin}`);
  });

  test("is told how to say which cluster it asks for", async (kubectl) => {
    await using scene = await startScene({ apiVersion, provideClusterInfo: false });
    const { status, stderr } = await ask(kubectl, scene);
    assertEquals([status === 0, scene.api.seen], [false, []]);
    assertStringIncludes(stderr, "provideClusterInfo: true");
  });

  test(
    "shows where to sign in when nobody is, and waits for nothing although a person could answer",
    async (kubectl) => {
      const mode = apiVersion.endsWith("/v1") ? "IfAvailable" : "Never";
      await using scene = await startScene({ apiVersion, interactiveMode: mode }, { signedIn: false });
      const env = { ...cliEnvironment({ credentials: scene.session.credentials }), KUBECONFIG: scene.config };
      const terminal = inTerminal([kubectl, "get", "--raw", "/version"], env, 200);
      assertFalse(await terminal.ended() === 0);
      assertMatch(terminal.shown(), /fief-auth:.* Not signed in\r?\nSign in with: fief-auth login/);
    },
    !hasTerminal(),
  );
}

Deno.test("kubectl 1.20 is told in words that v1alpha1 is not known", async () => {
  await using scene = await startScene({ apiVersion: `${GROUP}/v1alpha1` });
  const { status, stderr } = await ask(await debianKubectl(), scene);
  assertEquals([status === 0, scene.api.seen], [false, []]);
  assertStringIncludes(stderr, `"${GROUP}/v1alpha1" is no version of kubectl's credentials that is known here`);
});
