import type { Output } from "../host.ts";
import type { Fief } from "../provider/fief.ts";
import { type CodeToEnter, whatToEnter, whereToGo } from "../signin/events.ts";
import { qrCodeOf } from "./new_fief.ts";
import type { CommandOutput } from "./output.ts";

/** Shows the code of a sign-in on another device: to people, with a QR code where it fits, or to the program that reads `--json`. */
export async function showCode(
  event: CodeToEnter,
  fief: Fief,
  output: CommandOutput,
  terminal: Output,
): Promise<void> {
  if (output.json) return output.asItIs(JSON.stringify(asJson(event)));
  output.warn(whereToGo(event));
  const qrCode = output.draws ? await drawn(event, fief, output.color, terminal) : undefined;
  if (qrCode !== undefined) output.asItIs(qrCode.join("\n"));
  output.warn(whatToEnter(event, qrCode === undefined));
}

async function drawn({ completeUrl, url }: CodeToEnter, fief: Fief, color: boolean, terminal: Output) {
  const { qrCodeLines } = await import("../signin/qr_code.ts");
  return qrCodeLines(await qrCodeOf(fief, completeUrl ?? url), terminal, color);
}

/** Under the names of RFC 8628 section 3.2. */
function asJson({ server, userCode, url, completeUrl, expiresIn }: CodeToEnter): Record<string, unknown> {
  return {
    device_authorization: {
      server,
      user_code: userCode,
      verification_uri: url,
      ...completeUrl === undefined ? {} : { verification_uri_complete: completeUrl },
      expires_in: expiresIn,
    },
  };
}
