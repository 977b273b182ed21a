import * as jose from "jose";
import { Fief, FiefAuth } from "../../lib/mod.ts";
import { temporaryDirectory } from "../../tests/support/directory.ts";
import { startFakeProvider } from "../../tests/support/fake_provider.ts";
import { installPythonClient } from "../../tests/support/fief/install.ts";
import { withFiefAuth } from "../../tests/support/fief/python.ts";
import { CLIENT_ID } from "../../tests/support/provider.ts";
import { NO_SERVER, saveSession } from "../../tests/support/saved_session.ts";
import { inTurn, median, medianRatio } from "./arithmetic.ts";
import { type Measurement, NotMeasured } from "./measurement.ts";
import { duration } from "./process.ts";
import { compiled, fromSource, type Programs } from "./programs.ts";

const VERSION = "fief-client 0.20.0";
/** It takes long: fewer rounds. */
const MOST_ROUNDS = 10;
const TIMES: { kind: "at least"; value: number } = { kind: "at least", value: 10 };

/** Python's program does what `token` does. */
const PROGRAM = `import sys
from fief_client import Fief
from fief_client.integrations.cli import FiefAuth
auth = FiefAuth(Fief(sys.argv[1], sys.argv[2]), sys.argv[3])
print(auth.access_token_info()["access_token"])`;

/** Prints the seconds of each of 20 calls on a new client, as each program has one, and of each of 20 more on the last of them. */
const CALLS = `
import time
def timed(auth):
    started = time.perf_counter()
    auth.access_token_info()
    return time.perf_counter() - started
auth.access_token_info()
first = []
for _ in range(20):
    auth = FiefAuth(Fief(args[0], args[1]), args[2])
    first.append(timed(auth))
print(json.dumps([first, [timed(auth) for _ in range(20)]]))`;

interface Scene extends AsyncDisposable {
  /** A Python that has the client. */
  python: string;
  issuer: string;
}

/** A session in this file that both read, of a server that answers at once: Python asks it for metadata and keys at every call. */
async function startScene(credentials: string): Promise<Scene> {
  const python = await installPythonClient().catch((error) => {
    throw new NotMeasured((error as Error).message.split("\n")[0]!);
  });
  const { privateKey, publicKey } = await jose.generateKeyPair("RS256"); // the only kind that Python takes
  const jwks = { keys: [{ ...await jose.exportJWK(publicKey), kid: "bench", alg: "RS256", use: "sig" }] };
  const provider = startFakeProvider({ keys: () => Response.json(jwks) });
  const { issuer } = provider;
  const claims = {
    iss: issuer,
    aud: [CLIENT_ID],
    sub: crypto.randomUUID(),
    scope: "openid",
    acr: "0",
    permissions: [],
  };
  const accessToken = await new jose.SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: "bench" }).setIssuedAt()
    .setExpirationTime("1h").sign(privateKey);
  await saveSession(credentials, { accessToken });
  return { python, issuer, [Symbol.asyncDispose]: () => provider[Symbol.asyncDispose]() };
}

/** Whole processes, as ratios to `token`. */
function against(make: () => Promise<Programs>): Measurement["measure"] {
  return async ({ rounds }) => {
    await using programs = await make();
    const { credentials, env } = programs;
    await using scene = await startScene(credentials);
    const { python, issuer } = scene;
    const ours = programs.cli("token");
    const theirs = [python, "-c", PROGRAM, issuer, CLIENT_ID, credentials];
    for (const line of [ours, theirs]) await duration(line, env);
    const [base, times] = await inTurn(
      Math.min(rounds, MOST_ROUNDS),
      [ours, theirs].map((line) => () => duration(line, env)),
    );
    return [medianRatio(times!, base!)];
  };
}

export const pythonProcess: Measurement = {
  name: "python",
  about:
    "how many times the time of `fief-auth token` from source a Python program takes for access_token_info(), whole process to whole process",
  rows: [{ name: VERSION, limit: TIMES }],
  measure: against(fromSource),
};

export const pythonProcessCompiled: Measurement = {
  name: "python-compiled",
  about: "the same, times the compiled `fief-auth token`",
  rows: [{ name: VERSION, limit: TIMES }],
  measure: against(compiled),
};

/** Seconds of 200 calls, each on what `make` gives. */
async function timed(make: () => FiefAuth): Promise<number[]> {
  const times: number[] = [];
  for (let call = 0; call < 200; call++) {
    const auth = make();
    const started = performance.now();
    await auth.accessTokenInfo();
    times.push((performance.now() - started) / 1000);
  }
  return times;
}

export const pythonCall: Measurement = {
  name: "python-call",
  about:
    "how many times the time of accessTokenInfo() a call of access_token_info() takes, in a process that runs already",
  rows: [
    { name: `${VERSION}, the first call on a client`, limit: TIMES },
    { name: `${VERSION}, a later call, for which it has the server's keys` },
  ],
  async measure() {
    await using directory = await temporaryDirectory();
    const credentials = `${directory.path}/credentials.json`;
    await using scene = await startScene(credentials);
    const { python, issuer } = scene;
    const client = { baseUrl: issuer, clientId: CLIENT_ID };
    const theirs = await withFiefAuth({ python }, { client, credentials }, CALLS) as [number[], number[]];
    const make = () => new FiefAuth(new Fief(NO_SERVER, CLIENT_ID), credentials); // it asks nobody
    const same = make();
    await same.accessTokenInfo();
    const ours = [await timed(make), await timed(() => same)] as const;
    return [median(theirs[0]) / median(ours[0]), median(theirs[1]) / median(ours[1])];
  },
};
