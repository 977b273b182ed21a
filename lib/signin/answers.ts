// What the listener answers with. Whoever asks, every answer carries the same strict headers.

const HEADERS = {
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "connection": "close",
};

/** Nothing is loaded, sent, framed or run. */
const POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** A line of text, for programs that knock. */
export function plain(status: number, text: string, headers: Record<string, string> = {}): Response {
  const type = { "content-type": "text/plain; charset=utf-8", "content-security-policy": POLICY };
  return new Response(`${text}\n`, { status, headers: { ...HEADERS, ...type, ...headers } });
}

/** The way to another address. */
export function redirect(status: 302 | 303, location: string): Response {
  return new Response(null, { status, headers: { ...HEADERS, location, "content-security-policy": POLICY } });
}

/**
 * A page, whoever wrote it. Styles in its `<style>` elements and images that it carries itself (`data:`) are let through; scripts,
 * `style` attributes and anything from elsewhere are not.
 */
export async function page(status: number, document: string): Promise<Response> {
  return (await printed(document))(status);
}

/** The same for a page that is shown again and again: what it takes to make it is done once. */
export async function printed(document: string): Promise<(status: number) => Response> {
  const text = document.replaceAll(/\r\n?/g, "\n"); // as browsers read it, before they compare the hashes
  const styles = [...text.matchAll(/<style[^>]*>([\s\S]*?)<\/style>/gi)];
  const hashes = await Promise.all(styles.map(([, style]) => hashSource(style!)));
  const policy = `${POLICY}; img-src data:${hashes.length > 0 ? `; style-src ${hashes.join(" ")}` : ""}`;
  const headers = { "content-type": "text/html; charset=utf-8", "content-security-policy": policy };
  return (status) => new Response(text, { status, headers: { ...HEADERS, ...headers } });
}

/** @see Content Security Policy Level 3 section 2.3.1, `hash-source` */
async function hashSource(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `'sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}'`;
}
