import { startCli } from "../../tests/support/cli.ts";
import { temporaryDirectory } from "../../tests/support/directory.ts";
import { halfHash, sign, startFakeProvider } from "../../tests/support/fake_provider.ts";
import { median } from "./arithmetic.ts";
import type { Measurement } from "./measurement.ts";
import { slowness } from "./pace.ts";

/** Milliseconds that the provider takes for the tokens. */
const DELAY = 200;

/** Milliseconds of one sign-in, without those that the provider takes for the tokens. */
export interface SignInTimes {
  /** From the start of the process to its end; the person takes no time. */
  whole: number;
  /** From the moment the browser's redirect is sent to the end of the process. */
  end: number;
}

/**
 * Signs in once.
 *
 * @param program The program; by default `main.ts`.
 */
export async function signInOnce(program?: string): Promise<SignInTimes> {
  await using directory = await temporaryDirectory();
  let nonce = "";
  let atProvider = 0;
  await using provider = startFakeProvider({
    async token(_parameters, issuer) {
      const arrived = performance.now();
      const now = Math.floor(Date.now() / 1000);
      const access_token = "a".repeat(900);
      const claims = { iss: issuer, aud: "cli", sub: "anne", nonce, iat: now, exp: now + 3600 };
      const id_token = await sign({ ...claims, at_hash: await halfHash(access_token) });
      await new Promise((resolve) => setTimeout(resolve, DELAY));
      atProvider = performance.now() - arrived;
      return Response.json({ access_token, id_token, token_type: "Bearer", expires_in: 3600, refresh_token: "r" });
    },
  });
  const credentials = `${directory.path}/credentials.json`;
  const login = ["login", "--no-browser", "--base-url", provider.issuer, "--client-id", "cli"];
  const started = performance.now();
  const running = startCli(login, {
    credentials,
    providerOrigin: provider.issuer,
    ...program === undefined ? {} : { program },
  });
  const url = new URL(await running.authorizationUrl());
  nonce = url.searchParams.get("nonce") ?? "";
  await running.untilStderr("Waiting for you"); // all that can be done before the callback is
  const callback = new URL(url.searchParams.get("redirect_uri")!);
  callback.search = String(new URLSearchParams({ code: "code", state: url.searchParams.get("state")! }));
  const sent = performance.now();
  const [{ status, stderr }] = await Promise.all([
    running.result(),
    fetch(callback).then((page) => page.text()), // the browser follows to the last page
  ]);
  const ended = performance.now();
  if (status !== 0) throw new Error(stderr);
  return { whole: ended - started - atProvider, end: ended - sent - atProvider };
}

export const signInEnd: Measurement = {
  name: "sign-in",
  about:
    `login, from the moment the browser's redirect is sent to the end of the process, at a provider that takes ${DELAY} ms`,
  rows: [{ name: "beyond the provider's time", limit: { kind: "at most", value: 60 }, unit: "ms" }],
  async measure({ rounds }) {
    const beyond: number[] = [];
    for (let round = 0; round < Math.min(rounds, 10); round++) beyond.push((await signInOnce()).end / await slowness());
    return [median(beyond)];
  },
};
