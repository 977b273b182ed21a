// A real Keycloak with a realm of its own, for the tests of one process.
import { denoRunFlags } from "../cli.ts";
import { temporaryDirectory } from "../directory.ts";
import { quietPort } from "../loopback.ts";
import { installKeycloak } from "./install.ts";
import { REALM, realm, user } from "./realm.ts";

/** A real Keycloak. Leaving the scope ends it, and so does the end of this process, whatever it is. */
export interface Keycloak extends AsyncDisposable {
  /** `http://localhost:PORT/realms/acme` */
  readonly issuer: string;
  /** Makes a user with a name of their own; gives the name. */
  addUser(options?: { offline: boolean }): Promise<string>;
  /** Removes the user. */
  removeUser(username: string): Promise<void>;
  /** Ends all sessions of a user, offline ones too: what an administrator does. */
  endSessions(username: string): Promise<void>;
  /** How many sessions a user has: of a browser, and offline ones of a client. */
  sessions(username: string, clientId: string): Promise<{ online: number; offline: number }>;
  /** Signs with a new key from now on; the old one is no longer published. */
  rotateKey(): Promise<void>;
  /** How many events of this type there have been of a user: `REFRESH_TOKEN`, say. */
  events(type: string, username: string): Promise<number>;
  /** The end of its log, for a test that fails. */
  log(): string;
}

/** Starts one, in about 20 seconds; a minute more where it is not installed. */
export async function startKeycloak(): Promise<Keycloak> {
  const home = await installKeycloak();
  const directory = await temporaryDirectory();
  const [port, log, key] = [quietPort(), `${directory.path}/keycloak.log`, crypto.randomUUID()];
  const program = decodeURIComponent(new URL("serve.ts", import.meta.url).pathname);
  const flags = denoRunFlags().filter((flag) => !flag.startsWith("--allow"));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--no-check", "--no-lock", ...flags, "-A", program, home, `${port}`, log],
    env: {
      KC_BOOTSTRAP_ADMIN_USERNAME: "admin",
      KC_BOOTSTRAP_ADMIN_PASSWORD: key,
      JAVA_OPTS_KC_HEAP: "-Xms128m -Xmx512m",
    },
    stdin: "piped",
    stdout: "piped",
    detached: true, // Ctrl-C, and whatever else ends all of a group, is not for the one who cleans up
  }).spawn();
  const logged = () => Deno.readTextFileSync(log).slice(-3_000);
  const dispose = async () => {
    await child.stdin.close();
    await child.stdout.cancel().catch(() => {});
    await child.status;
    await directory[Symbol.asyncDispose]();
  };
  try {
    const { value } = await child.stdout.pipeThrough(new TextDecoderStream()).getReader().read();
    if (value?.trim() !== "started") throw new Error(`Keycloak did not start:\n${logged()}`);
    const admin = adminApi(`http://localhost:${port}`, key);
    await admin.call("POST", "", realm());
    return {
      ...admin,
      issuer: `http://localhost:${port}/realms/${REALM}`,
      log: logged,
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** A Keycloak that has just said that it has started may still break a connection off, on a busy machine. */
async function untilHeard(ask: () => Promise<Response>): Promise<Response> {
  for (const until = performance.now() + 60_000;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof TypeError) || performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

function adminApi(origin: string, password: string) {
  let token: { text: string; until: number } | undefined;
  const accessToken = async () => {
    if (token !== undefined && token.until > Date.now()) return token.text;
    const body = new URLSearchParams({ grant_type: "password", client_id: "admin-cli", username: "admin", password });
    const response = await untilHeard(() =>
      fetch(`${origin}/realms/master/protocol/openid-connect/token`, { method: "POST", body })
    );
    const { access_token, expires_in } = await response.json();
    token = { text: access_token, until: Date.now() + (expires_in - 10) * 1000 };
    return token.text;
  };
  const call = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${origin}/admin/realms${path === "" ? "" : `/${REALM}${path}`}`, {
      method,
      headers: { authorization: `Bearer ${await accessToken()}`, "content-type": "application/json" },
      signal: AbortSignal.timeout(60_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`Keycloak's ${method} ${path}: ${response.status} ${text.slice(0, 500)}`);
    return text === "" ? undefined : JSON.parse(text);
  };
  const idOf = async (username: string) => (await call("GET", `/users?exact=true&username=${username}`))[0].id;
  const clientIdOf = async (clientId: string) => (await call("GET", `/clients?clientId=${clientId}`))[0].id;
  let users = 0;
  return {
    call,
    addUser: async ({ offline } = { offline: true }) => {
      const { realmRoles: _, ...rest } = user(`user${++users}`, []);
      await call("POST", "/users", rest);
      if (!offline) return rest.username;
      const role = await call("GET", "/roles/offline_access");
      await call("POST", `/users/${await idOf(rest.username)}/role-mappings/realm`, [role]);
      return rest.username;
    },
    removeUser: async (username: string) => void await call("DELETE", `/users/${await idOf(username)}`),
    endSessions: async (username: string) => {
      const id = await idOf(username);
      await call("POST", `/users/${id}/logout`);
      for (const { clientId } of await call("GET", `/users/${id}/consents`)) {
        await call("DELETE", `/users/${id}/consents/${clientId}`); // with it the offline sessions of this client
      }
    },
    sessions: async (username: string, clientId: string) => {
      const id = await idOf(username);
      const [online, offline] = await Promise.all([
        call("GET", `/users/${id}/sessions`),
        call("GET", `/users/${id}/offline-sessions/${await clientIdOf(clientId)}`),
      ]);
      return { online: online.length, offline: offline.length };
    },
    rotateKey: async () => {
      const provider = "org.keycloak.keys.KeyProvider";
      const before = (await call("GET", `/components?type=${provider}`))
        .filter(({ providerId }: { providerId: string }) => providerId === "rsa-generated");
      await call("POST", "/components", {
        name: `rsa-${crypto.randomUUID()}`,
        providerId: "rsa-generated",
        providerType: provider,
        config: { priority: ["200"], enabled: ["true"], active: ["true"], keySize: ["2048"], algorithm: ["RS256"] },
      });
      for (const { id } of before) await call("DELETE", `/components/${id}`);
    },
    events: async (type: string, username: string) =>
      (await call("GET", `/events?type=${type}&user=${await idOf(username)}&max=10000`)).length,
  };
}
