// What hands the token to other programs, with secrets that are known: they are where they belong, and nowhere else.
import { assert, assertEquals } from "@std/assert";
import { BINARY, type CliSetup } from "../support/cli.ts";
import { startSecretScene } from "../support/secret_scene.ts";

/** Processes are watched through /proc. */
const ignore = Deno.build.os !== "linux";

Deno.test({
  name: "no secret is where it does not belong when exec and credential hand the token on, or fail to",
  ignore,
  async fn() {
    await using scene = await startSecretScene({}, ({ headers }) => {
      const sent = headers.get("authorization")?.slice(7);
      const challenge = `Bearer error="insufficient_user_authentication", acr_values="gold", realm="${sent}"`;
      return new Response(null, { status: 401, headers: { "www-authenticate": challenge } });
    });
    const { hunt, api } = scene;
    const host = new URL(api.origin).host;
    const { tokens } = await scene.session() as { tokens: Record<string, string> };
    const asks = (server: string, apiVersion = "client.authentication.k8s.io/v1") => ({
      KUBERNETES_EXEC_INFO: JSON.stringify({ kind: "ExecCredential", apiVersion, spec: { cluster: { server } } }),
    });
    const git = (at: string, rest = "") => `protocol=http\nhost=${at}\nusername=oauth2\n${rest}\n`;
    const refused = `password=${tokens["access_token"]}\n`;
    const runs: [args: string[], status: number, setup?: Partial<CliSetup>][] = [
      [["exec", "--debug", "--", "sh", "-c", "sleep 0.2"], 0, { facts: { program: "sh" } }],
      [["exec", "--debug", "--env", "A B", "--", "sh"], 125],
      [["exec", "--debug", "--", "no-such-program"], 127, { flags: ["-A"] }],
      [["exec", "--debug", "--", "/etc/passwd"], 126, { flags: ["-A"] }],
      [["exec", "--debug", "--json", "--", "sh", "-c", "exit 1"], BINARY === undefined ? 125 : 1],
      [["token", "--debug", "--header"], 0],
      [["credential", "--debug", "curl", api.origin], 0],
      [["credential", "--debug", "curl", "https://other.example"], 2],
      [["credential", "--debug", "kubectl"], 0, { env: asks(api.origin) }],
      [["credential", "--debug", "kubectl"], 2, { env: asks("https://other.example") }],
      [["credential", "--debug", "kubectl"], 2, { env: asks(api.origin, "v1alpha1") }],
      [["credential", "--debug", "git", "get"], 0, { stdin: git(host) }],
      [["credential", "--debug", "git", "get"], 0, { stdin: git("other.example", refused) }],
      [["credential", "--debug", "git", "store"], 0, { stdin: git(host, refused) }],
      [["credential", "--debug", "git", "get"], 2, { stdin: git(`${host}\r`, refused) }],
      [["credential", "--debug", "git", "get"], 2, { stdin: git(host, `${refused}${refused}`) }],
      [["credential", "--debug", "git", "get"], 2, { stdin: git(host, tokens["access_token"]) }],
      [["credential", "--debug", "git", "erase"], 0, { stdin: git(host, refused) }],
      [["call-api", "--debug", api.origin], 0],
    ];
    for (const [args, expected, setup] of runs) {
      const { status, stderr } = await scene.run(args, setup);
      assertEquals([args, status], [args, expected], stderr);
    }
    for (const what of ["access token", "refresh token"]) {
      assert(hunt.known(what) > 1, `no other ${what} was ever seen`);
    }
    assertEquals(hunt.hunt(), []);
  },
});

Deno.test({
  name: "no secret leaks when erase meets a server that repeats the request",
  ignore,
  async fn() {
    const faults = [
      { status: 400, error: "invalid_grant" },
      { status: 503, error: "server_error" },
    ];
    for (const { status, error } of faults) {
      await using scene = await startSecretScene({
        token: ({ sent }) => Response.json({ error, error_description: sent }, { status }),
      });
      const { tokens } = await scene.session() as { tokens: Record<string, string> };
      const stdin = `protocol=http\nhost=${new URL(scene.api.origin).host}\npassword=${tokens["access_token"]}\n\n`;
      const result = await scene.run(["credential", "--debug", "git", "erase"], { stdin });
      assertEquals([result.status, result.stdout], [status === 400 ? 3 : 5, ""]);
      assertEquals(scene.hunt.hunt(), []);
    }
  },
});
