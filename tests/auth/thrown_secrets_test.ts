// What the library throws, with causes, stacks and hidden properties: no secret, whatever the server or the platform says.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Fief, FiefAuth } from "../../lib/mod.ts";
import type { Host } from "../../lib/host.ts";
import { everythingOf } from "../support/hunt.ts";
import { recordedOutput } from "../support/host.ts";
import { type SecretScene, startSecretScene } from "../support/secret_scene.ts";
import { CLIENT, type Faults, type Told } from "../support/telling_provider.ts";

/** A session of the library, whose host may be another in part. */
function authOf(scene: SecretScene, host: Partial<Host> = {}): FiefAuth {
  const stderr = recordedOutput();
  const told: string[] = [];
  scene.hunt.later("notices", () => stderr.text);
  scene.hunt.later("debug", () => told.join("\n"));
  const all = { stderr, debug: (line: string) => void told.push(line), ...host };
  return new FiefAuth(new Fief(scene.provider.issuer, CLIENT, { host: all }), scene.credentials, {
    apiOrigins: [scene.api.origin],
  });
}

async function throws(scene: SecretScene, call: () => Promise<unknown>, code: string): Promise<void> {
  const error = await assertRejects(call, Error);
  assertEquals((error as { code?: string }).code, code, everythingOf(error));
  scene.hunt.look(`the error ${code}`, everythingOf(error));
}

/** A sign-in whose browser goes all the way, and whose events are looked at. */
async function signIn(scene: SecretScene, auth: FiefAuth): Promise<unknown> {
  let browsed: Promise<string> | undefined;
  try {
    return await auth.authorize({
      serverAddress: ["localhost", 0],
      browser: "never",
      onEvent: (event) => {
        if (event.type === "url_to_open") browsed = scene.browse(event.url);
        else scene.hunt.look("an event", JSON.stringify(event));
      },
    });
  } finally {
    await browsed;
  }
}

const repeat = (status: number) => ({ sent }: Told) =>
  Response.json({ error: sent, error_description: sent, detail: [{ loc: [sent], msg: sent }] }, { status });
const faults: [name: string, faults: Faults, login: string, refresh: string, logout: string][] = [
  [
    "503",
    {
      token: repeat(503),
      userinfo: repeat(503),
      revocation: repeat(503),
    },
    "provider_failed",
    "provider_failed",
    "failed",
  ],
  [
    "400",
    {
      token: repeat(400),
      userinfo: repeat(400),
      revocation: repeat(400),
    },
    "provider_answer_invalid",
    "provider_answer_invalid",
    "failed",
  ],
  [
    "200",
    {
      token: ({ sent }) =>
        Response.json({ access_token: [sent], token_type: { sent }, refresh_token: 1, scope: [sent] }),
      userinfo: ({ sent }) => Response.json({ sub: [sent] }),
      revocation: ({ sent }) =>
        new Response(sent, { status: 302, headers: { location: `https://a.example/?${sent}` } }),
    },
    "provider_answer_invalid",
    "provider_answer_invalid",
    "failed",
  ],
];
for (const [status, fault, login, refresh, logout] of faults) {
  Deno.test(`no error of the library holds a secret when the server repeats with status ${status} what it was sent`, async () => {
    await using scene = await startSecretScene(fault);
    const auth = authOf(scene);
    await throws(scene, () => signIn(scene, auth), login);
    await scene.session();
    await throws(
      scene,
      () => auth.currentUser({ refresh: true }),
      status === "200" ? "provider_answer_invalid" : "request_refused",
    );
    await scene.session({ expired: true });
    await throws(scene, () => auth.accessToken(), refresh);
    await throws(scene, () => auth.fetch(scene.api.origin), refresh);
    const ended = await auth.logout();
    assertEquals(ended.server, logout);
    scene.hunt.look("the result of a logout", JSON.stringify(ended));
    assertEquals(scene.hunt.hunt(), []);
  });
}

Deno.test("no error of the library holds a secret when the platform's error holds the whole request", async () => {
  await using scene = await startSecretScene();
  const fetch: Host["fetch"] = async (input, init) => {
    const { url, headers } = new Request(input, { ...init, body: null, method: "GET" });
    const sent = `${init?.body ? await new Response(init.body).text() : ""} ${[...headers]} ${url}`;
    throw Object.assign(new TypeError(`error sending request ${sent}`, { cause: new Error(sent) }), { sent, init });
  };
  const auth = authOf(scene, { fetch });
  await throws(scene, () => signIn(scene, auth), "provider_unreachable");
  await scene.session();
  await throws(scene, () => auth.currentUser({ refresh: true }), "provider_unreachable");
  await throws(scene, () => auth.fetch(`${scene.api.origin}/?token=x`), "api_unreachable");
  scene.hunt.look("the result of a logout", JSON.stringify(await auth.logout()));
  await scene.session({ expired: true });
  await throws(scene, () => auth.accessToken(), "provider_unreachable");
  assertEquals(scene.hunt.hunt(), []);
});

Deno.test("no error of the library holds a secret when the credentials file is broken or cannot be written", async () => {
  await using scene = await startSecretScene();
  const auth = authOf(scene);
  const text = JSON.stringify(await scene.session({ expired: true }));
  for (const broken of [text.slice(0, -1), text.replace('"access_token":"', '"access_token":"\\n'), `[${text}]`]) {
    await Deno.writeTextFile(scene.credentials, broken);
    await throws(scene, () => auth.accessToken(), "credentials_invalid");
  }
  await Deno.writeTextFile(scene.credentials, text);
  await Deno.mkdir(`${scene.credentials}.tmp/x`, { recursive: true }); // not even root can remove it
  await throws(scene, () => auth.accessToken(), "credentials_unwritable");
  assertEquals(scene.provider.requests, []);
  assertEquals(scene.hunt.hunt(), []);
});

Deno.test("neither events nor debug nor notices of a good session hold a secret", async () => {
  await using scene = await startSecretScene();
  const auth = authOf(scene);
  await signIn(scene, auth);
  await auth.accessToken({ minValid: 99_999 });
  await auth.currentUser({ refresh: true });
  await (await auth.fetch(scene.api.origin)).body?.cancel();
  await auth.logout();
  assert(scene.hunt.known("refresh token") >= 2);
  assertEquals(scene.hunt.hunt(), []);
});
