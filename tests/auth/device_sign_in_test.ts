// A code that is entered elsewhere, at a real provider: its pages by a scripted browser, its answers as they come.
import { assert, assertEquals, assertFalse, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { changeCredentials } from "../../lib/credentials/change.ts";
import {
  type AuthorizeOptions,
  type CodeToEnter,
  Fief,
  FiefAuth,
  FiefError,
  type Host,
  type SignInEvent,
} from "../../lib/mod.ts";
import { enterCodeAt, signInAt } from "../support/browser.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { fakeKeys, fakeMetadata, halfHash, sign, startFakeProvider } from "../support/fake_provider.ts";
import { recordedOutput } from "../support/host.ts";
import { CLIENT_ID, type ProviderOptions, startProvider } from "../support/provider.ts";

/** Seconds between questions: the real provider is asked as often as that. */
const INTERVAL = 0.05;

interface Scene extends AsyncDisposable {
  path: string;
  directory: string;
  events: SignInEvent[];
  debug: string[];
  /** Signs in; `enter` is told the code. */
  authorize(
    enter: (code: CodeToEnter) => unknown,
    options?: AuthorizeOptions,
    host?: Partial<Host>,
  ): ReturnType<FiefAuth["authorize"]>;
  file(): Record<string, Record<string, unknown>>;
}

async function sceneAt(issuer: string): Promise<Scene> {
  const directory = await temporaryDirectory();
  const path = `${directory.path}/credentials.json`;
  const events: SignInEvent[] = [];
  const debug: string[] = [];
  return {
    path,
    directory: directory.path,
    events,
    debug,
    authorize: async (enter, options = {}, host = {}) => {
      const own = { debug: (line: string) => void debug.push(line), ...host };
      const auth = new FiefAuth(new Fief(issuer, CLIENT_ID, { host: own }), path);
      let entered: unknown;
      const onEvent = (event: SignInEvent) => {
        events.push(event);
        if (event.type === "code_to_enter") entered = enter(event);
        options.onEvent?.(event);
      };
      try {
        return await auth.authorize({ device: true, ...options, onEvent });
      } finally {
        await entered; // the browser has its last page
      }
    },
    file: () => JSON.parse(Deno.readTextFileSync(path)),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

function startDeviceProvider(options: ProviderOptions = {}) {
  return startProvider({ device: { interval: INTERVAL }, ...options });
}

const anne = ({ url, userCode }: CodeToEnter) => enterCodeAt(url, userCode, "anne@example.com");

for (const strict of [false, true]) {
  Deno.test(`a code that is entered and allowed signs in, at a provider that is ${strict ? "strict" : "like Fief"}`, async () => {
    await using provider = await startDeviceProvider({ strict });
    await using scene = await sceneAt(provider.issuer);
    const { tokens, userinfo } = await scene.authorize(anne);
    assertEquals(userinfo.sub, "anne@example.com");
    assertEquals("nonce" in userinfo, false);
    const saved = scene.file();
    assertEquals(saved["tokens"], JSON.parse(JSON.stringify(tokens)));
    assert(tokens.refresh_token);
    assertEquals(tokens.scope?.split(" ").toSorted(), ["offline_access", "openid"]);
    assertEquals([saved["fief_auth"]!["base_url"], saved["fief_auth"]!["client_id"]], [provider.issuer, CLIENT_ID]);
    assertEquals(Deno.statSync(scene.path).mode! & 0o777, 0o600);
    assertEquals([...Deno.readDirSync(scene.directory)].map(({ name }) => name).toSorted(), [
      "credentials.json",
      "credentials.json.lock",
    ]);
    assertEquals(scene.events.map(({ type }) => type), ["code_to_enter", "waiting"]);
    assertEquals((scene.events[0] as CodeToEnter).server, new URL(provider.issuer).host);
  });
}

Deno.test("the session of a device is refreshed as any other", async () => {
  await using provider = await startDeviceProvider();
  await using scene = await sceneAt(provider.issuer);
  const { tokens } = await scene.authorize(anne);
  const auth = new FiefAuth(new Fief(provider.issuer, CLIENT_ID), scene.path);
  assert(await auth.accessToken({ minValid: 999_999 }) !== tokens.access_token);
});

Deno.test("the complete address has the code in it: nobody needs to type", async () => {
  await using provider = await startDeviceProvider();
  await using scene = await sceneAt(provider.issuer);
  const { userinfo } = await scene.authorize(({ completeUrl }) =>
    enterCodeAt(completeUrl!, undefined, "bob@example.com")
  );
  assertEquals(userinfo.sub, "bob@example.com");
});

Deno.test("a denial ends the sign-in, and the session that was there lives on", async () => {
  await using provider = await startDeviceProvider();
  await using scene = await sceneAt(provider.issuer);
  await scene.authorize(anne);
  const before = Deno.readTextFileSync(scene.path);
  const deny = ({ url, userCode }: CodeToEnter) => enterCodeAt(url, userCode, "bob@example.com", { deny: true });
  const error = await assertRejects(() => scene.authorize(deny), FiefError);
  assertEquals([error.code, error.exitStatus], ["sign_in_denied", 4]);
  assertEquals(Deno.readTextFileSync(scene.path), before);
});

Deno.test("the server says that the code is expired", async () => {
  await using provider = await startDeviceProvider({ device: { interval: INTERVAL, lifetime: 1 } });
  await using scene = await sceneAt(provider.issuer);
  // Here no time goes by: only the server, which counts whole seconds, knows.
  const error = await assertRejects(() => scene.authorize(() => {}, {}, { now: () => 1e12 }), FiefError);
  assertEquals([error.code, error.exitStatus], ["sign_in_timed_out", 4]);
  assert(provider.requestsTo(provider.tokenPath) >= 1);
});

Deno.test("after the code's life nobody is asked any more", async () => {
  await using provider = await startDeviceProvider();
  await using scene = await sceneAt(provider.issuer);
  let now = Date.now();
  const sleep = () => Promise.resolve(void (now += 300_000));
  const error = await assertRejects(() => scene.authorize(() => {}, {}, { now: () => now, sleep }), FiefError);
  assertEquals(error.code, "sign_in_timed_out");
  assertEquals(provider.requestsTo(provider.tokenPath), 1);
});

Deno.test("a server that asks for it is asked 5 s slower", async () => {
  const answers = ["slow_down", "slow_down"];
  await using provider = await startDeviceProvider({
    intercept: ({ path }) => {
      const error = path === "/api/token" ? answers.shift() : undefined;
      return error === undefined ? undefined : Response.json({ error }, { status: 400 });
    },
  });
  await using scene = await sceneAt(provider.issuer);
  const slept: number[] = [];
  const sleep = (milliseconds: number) => {
    slept.push(milliseconds / 1000);
    return new Promise<void>((resolve) => setTimeout(resolve, 20));
  };
  await scene.authorize(anne, {}, { sleep });
  assertEquals(slept.slice(0, 3), [INTERVAL, 5 + INTERVAL, 10 + INTERVAL]);
});

Deno.test("a connection that breaks is no end, and an answer that gets lost is told", async () => {
  await using provider = await startDeviceProvider();
  await using scene = await sceneAt(provider.issuer);
  let lost = 0;
  const { userinfo } = await scene.authorize(
    async (code) => {
      // The first question is lost while nobody has entered the code.
      await provider.untilRequests("/api/token", 1);
      await anne(code);
    },
    {},
    {
      fetch: async (input, init) => {
        const response = await fetch(input, init);
        if (!String(input).endsWith("/api/token") || lost++ > 0) return response;
        await response.body?.cancel();
        throw new TypeError("connection closed before message completed");
      },
    },
  );
  assertEquals(userinfo.sub, "anne@example.com");
  const notices = scene.events.flatMap((event) => event.type === "notice" ? [event.message] : []);
  assertMatch(notices[0]!, /^(The answer of|Cannot reach) .*: asking again in 0\.1 s$/);
});

Deno.test("others may change the file while the user is away, and what they keep there stays", async () => {
  await using provider = await startDeviceProvider();
  await using scene = await sceneAt(provider.issuer);
  await scene.authorize(async (code) => {
    await provider.untilRequests("/api/token", 2);
    await changeCredentials(scene.path, {}, { timeout: 5_000 }, async ({ prepare, save }) => {
      await prepare();
      await save({ userinfo: null, tokens: null, editor: 7 });
    });
    await anne(code);
  });
  assertEquals(scene.file()["editor"] as unknown, 7);
  assertEquals(scene.file()["userinfo"]!["sub"], "anne@example.com");
});

Deno.test("nothing is asked that could not be saved", async () => {
  await using provider = await startDeviceProvider();
  await using scene = await sceneAt(provider.issuer);
  await Deno.mkdir(`${scene.path}.tmp/in the way`, { recursive: true });
  const error = await assertRejects(() => scene.authorize(() => {}, { timeout: 10 }), FiefError);
  assertEquals([error.code, provider.requestsTo("/api/token")], ["credentials_unwritable", 0]);
});

Deno.test("a signal ends the wait, and leaves nothing", async () => {
  await using provider = await startDeviceProvider();
  await using scene = await sceneAt(provider.issuer);
  const controller = new AbortController();
  const error = await assertRejects(
    () =>
      scene.authorize(() => void provider.untilRequests("/api/token", 2).then(() => controller.abort()), {
        signal: controller.signal,
      }),
    FiefError,
  );
  assertEquals(error.code, "interrupted");
  assertEquals([...Deno.readDirSync(scene.directory)].map(({ name }) => name), ["credentials.json.lock"]);
});

Deno.test("the time limit is in seconds", async () => {
  await using provider = await startDeviceProvider({ device: { interval: 60 } });
  await using scene = await sceneAt(provider.issuer);
  const error = await assertRejects(() => scene.authorize(() => {}, { timeout: 0.1 }), FiefError, "within 0 s");
  assertEquals(error.code, "sign_in_timed_out");
});

Deno.test("whoever is told to finish first is told of each question", async () => {
  await using provider = await startDeviceProvider();
  await using scene = await sceneAt(provider.issuer);
  const works: Promise<unknown>[] = [];
  await scene.authorize(anne, {}, { finishFirst: (work) => void works.push(work) });
  assertEquals(works.length, provider.requestsTo("/api/token"));
});

Deno.test("the device code is in no event and no line of debug", async () => {
  await using provider = await startDeviceProvider();
  await using scene = await sceneAt(provider.issuer);
  let deviceCode = "";
  await scene.authorize(anne, {}, {
    fetch: async (input, init) => {
      const response = await fetch(input, init);
      if (!String(input).endsWith("/device/auth")) return response;
      const json = await response.json();
      deviceCode = json.device_code;
      return Response.json(json);
    },
  });
  assert(deviceCode.length > 20);
  assertStringIncludes(scene.debug.join("\n"), "the code is good for 600 s");
  assertFalse(`${Deno.inspect(scene.events)}\n${scene.debug.join("\n")}`.includes(deviceCode));
});

// ID tokens that a device must not take: there is no nonce, all else is checked.

interface Made {
  claims?: Record<string, unknown>;
  stranger?: boolean;
  without?: boolean;
}
const tokens: [name: string, made: Made, outcome: string][] = [
  ["without a nonce", {}, "signed in"],
  ["with the right at_hash", { claims: { at_hash: await halfHash("opaque") } }, "signed in"],
  ["of another issuer", { claims: { iss: "https://evil.example" } }, "id_token_invalid"],
  ["for another client", { claims: { aud: "other" } }, "id_token_invalid"],
  ["given to another client", { claims: { azp: "other" } }, "id_token_invalid"],
  ["that is expired", { claims: { exp: 1 } }, "id_token_invalid"],
  ["from the future", { claims: { iat: 9e9, exp: 9.1e9 } }, "id_token_invalid"],
  ["about nobody", { claims: { sub: undefined } }, "id_token_invalid"],
  ["of another access token", { claims: { at_hash: "0".repeat(22) } }, "id_token_invalid"],
  ["with a stranger's signature", { stranger: true }, "id_token_invalid"],
  ["that is missing", { without: true }, "provider_answer_invalid"],
];
for (const [name, { claims = {}, stranger = false, without = false }, outcome] of tokens) {
  Deno.test(`an ID token ${name}: ${outcome}`, async () => {
    const now = Math.floor(Date.now() / 1000);
    await using provider = startFakeProvider({
      device: (_, issuer) =>
        Response.json({
          device_code: "device-code",
          user_code: "AB-CD",
          verification_uri: `${issuer}/enter`,
          expires_in: 60,
          interval: 0.01,
        }),
      token: async (_, issuer) => {
        const { stranger: key } = await fakeKeys();
        const id_token = await sign({
          iss: issuer,
          sub: "anne",
          aud: CLIENT_ID,
          exp: now + 60,
          iat: now,
          ...claims,
        }, stranger ? { key } : {});
        return Response.json({ access_token: "opaque", token_type: "Bearer", ...without ? {} : { id_token } });
      },
    });
    await using scene = await sceneAt(provider.issuer);
    const result = await scene.authorize(() => {}).then(() => "signed in", (error: FiefError) => error.code);
    assertEquals(result, outcome);
    assertEquals(await Deno.stat(scene.path).then(() => true, () => false), outcome === "signed in");
  });
}

// By itself.

/** What a program finds around it. */
interface Around {
  variables?: Record<string, string>;
  browser?: AuthorizeOptions["browser"];
  offered?: boolean;
}
const ways: [name: string, around: Around, way: "code" | "browser"][] = [
  ["there is no display", {}, "code"],
  ["this is CI", { variables: { CI: "true", DISPLAY: ":0" } }, "code"],
  ["this is SSH", { variables: { SSH_CONNECTION: "::1 1 ::1 22" } }, "code"],
  ["there is a display", { variables: { DISPLAY: ":0" } }, "browser"],
  ["BROWSER names one", { variables: { BROWSER: "firefox" } }, "browser"],
  ["a browser is chosen", { browser: { command: "firefox" } }, "browser"],
  ["no browser is wanted: the address is", { browser: "never" }, "browser"],
  ["there is no display, and the server offers no codes", { offered: false }, "browser"],
];
for (const [name, { variables = {}, browser, offered = true }, way] of ways) {
  Deno.test(`left to itself the sign-in is by ${way} where ${name}`, async () => {
    await using provider = await startProvider(offered ? { device: { interval: INTERVAL } } : {});
    await using scene = await sceneAt(provider.issuer);
    const visited: Promise<unknown>[] = [];
    const { userinfo } = await scene.authorize(anne, {
      device: "auto",
      serverAddress: ["localhost", 0],
      ...browser === undefined ? {} : { browser },
      onEvent: (event) => {
        if (event.type === "url_to_open") visited.push(signInAt(event.url, "anne@example.com"));
      },
    }, {
      env: (name) => variables[name],
      os: "linux",
      stderr: recordedOutput(80),
      run: (_program, args) => {
        visited.push(signInAt(args.at(-1)!, "anne@example.com"));
        return Promise.resolve(true);
      },
    });
    await Promise.all(visited);
    assertEquals(userinfo.sub, "anne@example.com");
    const codes = scene.events.filter(({ type }) => type === "code_to_enter") as CodeToEnter[];
    assertEquals(codes.length, way === "code" ? 1 : 0);
    if (way === "code") assert(codes[0]!.reason);
    assertEquals(provider.requestsTo("/device/auth"), codes.length);
    assertEquals(scene.events.filter(({ type }) => type === "notice"), []);
  });
}

const refusals: [name: string, answer: () => Response, told: RegExp][] = [
  ["refuses the client", () => Response.json({ error: "unauthorized_client" }, { status: 400 }), /for this client/],
  ["fails", () => new Response("Oh", { status: 500 }), /^The server failed/],
  ["does not have it after all", () => new Response("No", { status: 404 }), /status 404/],
  [
    "gives a code that nobody can type",
    () => Response.json({ device_code: "x", user_code: "\n", verification_uri: "https://example.com", expires_in: 60 }),
    /user_code/,
  ],
];
for (const [name, answer, told] of refusals) {
  Deno.test(`where the server offers codes and ${name}, the sign-in left to itself goes on without, the other one ends`, async () => {
    await using provider = await startProvider({
      device: { interval: INTERVAL },
      intercept: ({ path }) => path === "/device/auth" ? answer() : undefined,
    });
    await using scene = await sceneAt(provider.issuer);
    const host = { env: () => undefined, os: "linux" as const, stderr: recordedOutput(80) };
    let visited: Promise<unknown> | undefined;
    await scene.authorize(() => {}, {
      device: "auto",
      serverAddress: ["localhost", 0],
      onEvent: (event) => {
        if (event.type === "url_to_open") visited = signInAt(event.url, "anne@example.com");
      },
    }, host);
    await visited;
    const notices = scene.events.flatMap((event) => event.type === "notice" ? [event.message] : []);
    assertMatch(notices[0]!, told);
    assertMatch(notices[0]!, /: going on without$/);
    await assertRejects(() => scene.authorize(() => {}), FiefError, undefined);
  });
}

Deno.test("a sign-in by code at a server without says so, with status 4, and asks nothing else", async () => {
  await using provider = startFakeProvider();
  await using scene = await sceneAt(provider.issuer);
  const error = await assertRejects(() => scene.authorize(() => {}), FiefError, "the server does not offer it");
  assertEquals([error.code, error.exitStatus], ["device_sign_in_unavailable", 4]);
  assertEquals(provider.requests.filter((request) => !request.endsWith("/keys")), [
    "GET /.well-known/openid-configuration",
  ]);
});

Deno.test("an endpoint for codes on plain http is not taken", async () => {
  await using provider = startFakeProvider({
    metadata: (issuer) =>
      Response.json({ ...fakeMetadata(issuer), device_authorization_endpoint: "http://example.com/device" }),
  });
  await using scene = await sceneAt(provider.issuer);
  assertEquals((await assertRejects(() => scene.authorize(() => {}), FiefError)).code, "metadata_invalid");
});
