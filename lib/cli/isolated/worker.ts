// The Worker that speaks with the provider. All npm packages of the program are loaded here and nowhere else, and it may reach the
// provider's addresses and nothing else: it has to name all that it may load, because it may read no module later.
import "./guard.ts";
import { fetchThrough, type Host } from "../../host.ts";
import "../../provider/access_token.ts";
import "../../provider/account.ts";
import "../../provider/authorization.ts";
import "../../provider/device.ts";
import "../../provider/end_session.ts";
import { Fief } from "../../provider/fief.ts";
import "../../provider/id_token.ts";
import { checkPublishedKeys } from "../../provider/key_check.ts";
import type { ProviderMetadata } from "../../provider/metadata.ts";
import "../../provider/token_endpoint.ts";
import "../../proxy.ts";
import { encodeQrCode } from "../../signin/qr_code.ts";
import "uqr";
import type { Call, FromWorker, Setup, ToWorker } from "./messages.ts";
import { plainOf } from "./plain_error.ts";

/** What a method meets that needs to know what the server says about itself. */
class MetadataNeededError extends Error {}

/** A {@linkcode Fief} that is told what the server says about itself. */
class ToldFief extends Fief {
  told: ProviderMetadata | undefined;

  override metadata(): Promise<ProviderMetadata> {
    return this.told === undefined ? Promise.reject(new MetadataNeededError()) : Promise.resolve(this.told);
  }
}

/** What may be called: the methods of Fief that touch the provider, and what npm packages do beside. */
const METHODS: Record<string, (fief: ToldFief, ...args: never[]) => Promise<unknown>> = {
  keys: (fief) => fief.keys(),
  checkAuthorizationUrl: (fief, url: string) => fief.checkAuthorizationUrl(url),
  authCallback: (fief, ...args: Parameters<Fief["authCallback"]>) => fief.authCallback(...args),
  deviceAuthorization: (fief, ...args: Parameters<Fief["deviceAuthorization"]>) => fief.deviceAuthorization(...args),
  deviceTokens: (fief, ...args: Parameters<Fief["deviceTokens"]>) => fief.deviceTokens(...args),
  authRefreshToken: (fief, ...args: Parameters<Fief["authRefreshToken"]>) => fief.authRefreshToken(...args),
  validateAccessToken: (fief, ...args: Parameters<Fief["validateAccessToken"]>) => fief.validateAccessToken(...args),
  userinfo: (fief, ...args: Parameters<Fief["userinfo"]>) => fief.userinfo(...args),
  updateProfile: (fief, ...args: Parameters<Fief["updateProfile"]>) => fief.updateProfile(...args),
  changePassword: (fief, ...args: Parameters<Fief["changePassword"]>) => fief.changePassword(...args),
  emailChange: (fief, ...args: Parameters<Fief["emailChange"]>) => fief.emailChange(...args),
  emailVerify: (fief, ...args: Parameters<Fief["emailVerify"]>) => fief.emailVerify(...args),
  endSession: (fief, ...args: Parameters<Fief["endSession"]>) => fief.endSession(...args),
  publishedKeys: (fief, jwksUri: string) => checkPublishedKeys(jwksUri, fief.host),
  qrCode: (_fief, text: string) => encodeQrCode(text),
};

const aborts = new Map<number, AbortController>();
/** How far the host's time is ahead of this thread's, in milliseconds. */
let ahead = 0;
let client: ToldFief | undefined;

/** This thread, as those see it that are not the main one. */
const thread = self as unknown as Pick<Worker, "postMessage" | "onmessage">;

thread.onmessage = ({ data }: MessageEvent<string>) => {
  const message: ToWorker = JSON.parse(data);
  if (message.type === "setup") setUp(message);
  else if (message.type === "call") void answer(message);
  else aborts.get(message.id)?.abort();
};
tell({ type: "loaded" });

function tell(message: FromWorker): void {
  thread.postMessage(JSON.stringify(message));
}

function setUp({ baseUrl, clientId, encryptionKey, caCerts, proxies, onThisMachine, debug }: Setup): void {
  // A connection of its own for each request: see fetchOnce() of the host.
  const direct = onThisMachine ? Deno.createHttpClient({ caCerts, poolMaxIdlePerHost: 0 }) : undefined;
  const host: Partial<Host> = {
    fetch: fetchThrough(direct, caCerts, (name) => proxies[name] || undefined),
    now: () => Date.now() + ahead,
    ...debug ? { debug: (line) => tell({ type: "debug", line }) } : {},
  };
  client = new ToldFief(baseUrl, clientId, { host, ...encryptionKey === undefined ? {} : { encryptionKey } });
  tell({ type: "ready" });
}

async function answer({ id, method, args, now, metadata }: Call): Promise<void> {
  ahead = now - Date.now();
  client!.told = metadata;
  const controller = new AbortController();
  aborts.set(id, controller);
  try {
    if (method === "authRefreshToken") Object.assign(args[1] as object, { signal: controller.signal });
    const value = await METHODS[method]!(client!, ...args as never[]);
    tell({ type: "answer", id, value });
  } catch (error) {
    tell(
      error instanceof MetadataNeededError
        ? { type: "metadata_needed", id }
        : { type: "failure", id, error: plainOf(error) },
    );
  } finally {
    aborts.delete(id);
  }
}
