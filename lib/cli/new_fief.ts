import { Fief, type FiefOptions } from "../provider/fief.ts";
import type { PublishedKeys } from "../provider/key_check.ts";
import type { QrCode } from "../signin/qr_code.ts";
import type { App } from "./app.ts";
import { IsolatedFief } from "./isolated/isolated_fief.ts";

/** Makes a client of a server. */
export type NewFief = (baseUrl: string, clientId: string, options: FiefOptions) => Fief;

/**
 * What makes clients: where the CLI wants it so, of such that have all npm packages in a Worker.
 *
 * @param caCerts Gives the certificates of authorities to trust beside the usual ones.
 */
export function newFiefOf({ isolated }: Pick<App, "isolated">, caCerts: () => Promise<string[]>): NewFief {
  if (!isolated) return (...settings) => new Fief(...settings);
  return (baseUrl, clientId, options) => new IsolatedFief(baseUrl, clientId, { ...options, caCerts });
}

/** Ends what a client has begun beside this thread, as soon as nobody waits for it. */
export function release(fief: Fief | undefined): void {
  if (fief instanceof IsolatedFief) fief.release();
}

/** The keys that a server publishes, tried. */
export async function publishedKeysOf(fief: Fief, jwksUri: string): Promise<PublishedKeys> {
  if (fief instanceof IsolatedFief) return await fief.publishedKeys(jwksUri);
  const { checkPublishedKeys } = await import("../provider/key_check.ts");
  return await checkPublishedKeys(jwksUri, fief.host);
}

/** The modules of a QR code. */
export async function qrCodeOf(fief: Fief, text: string): Promise<QrCode> {
  if (fief instanceof IsolatedFief) return await fief.qrCode(text);
  const { encodeQrCode } = await import("../signin/qr_code.ts");
  return await encodeQrCode(text);
}
