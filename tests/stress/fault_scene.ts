// One fault, met by the library: a server of its own, a credentials file of its own, and everything that was said meanwhile.
import { Fief, FiefAuth } from "../../lib/mod.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { fakeKeys, sign } from "../support/fake_provider.ts";
import { type Asked, startFaultServer } from "../support/fault_server.ts";
import { recordedOutput } from "../support/host.ts";
import type { Fault, Moment, Place, Reply } from "./faults/fault.ts";

const SECRET = "s3cret";
const LEAK = `${SECRET}-leak`;
const CLIENT = "cli";
/** Nobody listens there: a port that was free a moment ago may be another test's by now. */
const NOBODY = "http://127.0.0.1:2";

/** A server at its worst in one place, and a credentials file of a session that was there before. */
export interface FaultScene extends AsyncDisposable {
  baseUrl: string;
  clientId: string;
  /** Path of the credentials file. */
  path: string;
  /** Origins of the server, as they may be in messages. */
  origins: string[];
  /** What must be told to nobody. */
  secrets: Set<string>;
  /** Requests to the place so far. */
  asked(): number;
  /** What a browser does at an authorization URL, or at an address that leads there; resolves to the page that it ends at. */
  visit(url: string): Promise<string>;
}

/** Starts it. */
export async function startFaultScene(fault: Fault, place: Place, moment: Moment): Promise<FaultScene> {
  const directory = await temporaryDirectory();
  const path = `${directory.path}/credentials.json`;
  const secrets = new Set([SECRET]);
  let nonce: string | undefined;
  let count = 0;

  async function good(at: Place): Promise<Record<string, unknown>> {
    if (at === "metadata") return metadata();
    if (at === "keys") return (await fakeKeys()).jwks;
    if (at === "userinfo") return { sub: "anne", email: "anne@example.com", asked: true };
    const now = Math.floor((fault.clock ?? Date.now()) / 1000);
    const claims = { iss: baseUrl, aud: CLIENT, sub: "anne", nonce, iat: now, exp: now + 60, at: SECRET };
    const tokens = { access_token: `${SECRET}-new-access`, refresh_token: `${SECRET}-new-refresh` };
    const id_token = await sign(claims);
    secrets.add(id_token);
    return { ...tokens, token_type: "bearer", expires_in: 3600, id_token };
  }
  function metadata(): Record<string, unknown> {
    const origin = server.origin;
    const moved = fault.moved ? "/moved" : "";
    const own = {
      keys: `${origin}/keys`,
      token: `${origin}/token${moved}`,
      userinfo: `${origin}/userinfo${moved}`,
      [place]: `${elsewhere}/${place}${moved}`,
    };
    return {
      issuer: baseUrl,
      authorization_endpoint: `${origin}/auth`,
      token_endpoint: own.token,
      jwks_uri: own.keys,
      userinfo_endpoint: own.userinfo,
    };
  }
  async function answer({ path, parameters, accessToken }: Asked): Promise<Reply> {
    for (const name of ["code_verifier", "refresh_token", "code"]) {
      if (parameters.has(name)) secrets.add(parameters.get(name)!);
    }
    const at = placeOf(path);
    if (at === undefined) return { headers: { "content-type": "text/html" }, body: "<p>Sign in" };
    if (at !== place) return { body: JSON.stringify(await good(at)), ...fault.pace ? { delay: fault.pace } : {} };
    const scene = { origin: server.origin, good: await good(at), leak: LEAK, sent: accessToken, before: count++ };
    return await fault.reply(scene);
  }

  const server = startFaultServer(answer, (path) => fault.unread === true && placeOf(path) === place);
  const elsewhere = fault.endpoint === "closed"
    ? NOBODY
    : fault.endpoint === "tls"
    ? server.origin.replace("http:", "https:")
    : server.origin;
  const baseUrl = place === "metadata" ? elsewhere : server.origin;

  const before = await credentials(baseUrl, { origin: server.origin, elsewhere, place, moment });
  await Deno.writeTextFile(path, before, { mode: 0o600 });
  return {
    baseUrl,
    clientId: CLIENT,
    path,
    origins: [baseUrl, elsewhere, server.origin],
    secrets,
    asked: () => count,
    visit: (url) => visit(url, (found) => nonce = found),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** What came of it. */
export interface Outcome {
  /** What was thrown; `undefined` where all went well. */
  error: unknown;
  /** Milliseconds. */
  elapsed: number;
  /** Requests to the place. */
  asked: number;
  /** The credentials file before and after. */
  before: string;
  after: string;
  /** Whether another process can read it. */
  readable: boolean;
  /** Names of the files beside it, its own included. */
  beside: string[];
  /** Notices, events, debug lines and pages, all in one. */
  told: string;
  /** What must be in none of them, and not in the error. */
  secrets: string[];
  /** Origins of the server, as they may be in messages. */
  origins: string[];
}

/** Does what the moment says, with the server at its worst in that place. */
export async function meet(fault: Fault, place: Place, moment: Moment): Promise<Outcome> {
  await using scene = await startFaultScene(fault, place, moment);
  const { baseUrl, path } = scene;
  const before = await Deno.readTextFile(path);
  const stderr = recordedOutput();
  const lines: string[] = [];
  let page: Promise<string> | undefined;
  const openBrowser = (url: string) => {
    page = scene.visit(url).catch(String);
    return Promise.resolve(true);
  };
  const fief = new Fief(baseUrl, CLIENT, { host: { stderr, openBrowser, debug: (line) => void lines.push(line) } });
  const auth = new FiefAuth(fief, path);
  const started = performance.now();
  let error: unknown;
  try {
    await act(moment, fief, auth, baseUrl, (event) => lines.push(event));
  } catch (thrown) {
    error = thrown;
  }
  const elapsed = performance.now() - started;
  const shown = await page ?? "";
  return {
    error,
    elapsed,
    asked: scene.asked(),
    before,
    after: await Deno.readTextFile(path),
    readable: await new FiefAuth(fief, path).currentUser().then(() => true, () => false),
    beside: [...Deno.readDirSync(path.replace(/\/[^/]*$/, ""))].map(({ name }) => name).sort(),
    told: [stderr.text, ...lines, shown].join("\n"),
    secrets: [...scene.secrets],
    origins: scene.origins,
  };
}

async function act(
  moment: Moment,
  fief: Fief,
  auth: FiefAuth,
  issuer: string,
  tell: (line: string) => void,
): Promise<unknown> {
  switch (moment) {
    case "login":
      return await auth.authorize({
        serverAddress: ["localhost", 0],
        onEvent: (event) => tell(event.type === "notice" ? event.message : event.type),
      });
    case "refresh":
      return await auth.accessToken();
    case "call":
      return await auth.currentUser({ refresh: true });
    case "validation": {
      const exp = Math.floor(Date.now() / 1000) + 60;
      return await fief.validateAccessToken(
        await sign({ iss: issuer, aud: CLIENT, sub: "anne", exp, scope: "openid", note: SECRET }),
      );
    }
  }
}

function placeOf(path: string): Place | undefined {
  if (path === "/.well-known/openid-configuration") return "metadata";
  return (["keys", "token", "userinfo"] as const).find((place) => path === `/${place}` || path === `/${place}/moved`);
}

/** A session that was there before: expired where it is to be refreshed, and without what would save asking for the metadata. */
async function credentials(
  baseUrl: string,
  { origin, elsewhere, place, moment }: { origin: string; elsewhere: string; place: Place; moment: Moment },
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const exp = moment === "refresh" ? now - 60 : now + 3600;
  const access_token = await sign({ iss: baseUrl, aud: CLIENT, sub: "anne", exp, iat: exp - 3600, note: SECRET });
  const endpoints = {
    token_endpoint: `${place === "token" ? elsewhere : origin}/token`,
    ...place === "metadata" ? {} : { userinfo_endpoint: `${elsewhere}/userinfo` },
  };
  const record = { version: 1, base_url: baseUrl, client_id: CLIENT, issuer: baseUrl, expires_at: exp };
  const fief_auth = place === "metadata" && moment === "refresh" ? {} : { fief_auth: { ...record, ...endpoints } };
  // As no program of ours would write it: byte for byte means just that.
  const tokens = { access_token, token_type: "bearer", refresh_token: `${SECRET}-old-refresh` };
  return JSON.stringify({ tokens, userinfo: { sub: "anne" }, ...fief_auth }, null, "\t");
}

/** What a browser does where the server asks nobody anything, and the page that it ends at. */
async function visit(url: string, withNonce: (nonce: string) => void): Promise<string> {
  let authorization = new URL(url);
  if (!authorization.searchParams.has("redirect_uri")) {
    const started = await fetch(url, { redirect: "manual" });
    await started.body?.cancel();
    authorization = new URL(started.headers.get("location")!);
  }
  const { searchParams } = authorization;
  withNonce(searchParams.get("nonce")!);
  const redirect = new URL(searchParams.get("redirect_uri")!);
  redirect.search = new URLSearchParams({ code: `${SECRET}-code`, state: searchParams.get("state")! }).toString();
  return await (await fetch(redirect)).text();
}
