import type { Host } from "../../host.ts";

/** What came back on the way, beside what the checks were told. */
export interface Observed {
  /** Whether any answer came. */
  answered: boolean;
  /** Seconds that the server's clock was ahead of ours at its first answer that told the time. */
  clockOffset?: number;
  /** The beginning of each URL's last answer, as text. */
  readonly texts: Map<string, string>;
}

/** A host whose answers are noted. */
export function observing(host: Host): { host: Host; observed: Observed } {
  const observed: Observed = { answered: false, texts: new Map() };
  return {
    observed,
    host: {
      ...host,
      fetch: async (input, init) => {
        const response = await host.fetch(input, init);
        observed.answered = true;
        const date = Date.parse(response.headers.get("date") ?? "");
        if (!Number.isNaN(date)) observed.clockOffset ??= Math.round((date - host.now()) / 1000);
        return noted(response, (text) => observed.texts.set(String(input), text));
      },
    },
  };
}

/** As much is noted as is read: there are limits on that already. */
function noted(response: Response, note: (text: string) => void): Response {
  if (response.body === null) return response;
  const decoder = new TextDecoder();
  let text = "";
  const tap = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      text += decoder.decode(chunk, { stream: true });
      note(text);
      controller.enqueue(chunk);
    },
  });
  const { status, statusText, headers } = response;
  return new Response(response.body.pipeThrough(tap), { status, statusText, headers });
}
