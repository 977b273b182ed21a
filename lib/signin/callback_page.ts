/** What a page at the end of a sign-in may tell. */
export interface PageContext {
  /** What the program is called. */
  appName: string;
  /** Who signed in; on the success page. */
  user?: string;
  /** What happened, in one sentence without a full stop; on the error page. It may hold text from outside. */
  message?: string;
  /** What to do next, in one sentence without a full stop; on the error page. */
  hint?: string;
}

/** The page after a sign-in that is complete and saved. */
export function successPage({ appName, user }: PageContext): string {
  return page("Signed in", "success", CHECK_MARK, [
    `<h1>You are signed in</h1>`,
    `<p>${user === undefined ? "" : `<strong>${escape(user)}</strong> is now signed in to `}${
      user === undefined ? "Signed in to " : ""
    }<strong>${escape(appName)}</strong>.</p>`,
    `<p class="next">You can close this tab and go back to the terminal.</p>`,
  ]);
}

/** The page after a sign-in that failed. */
export function errorPage({ appName, message, hint }: PageContext): string {
  return page("Sign-in failed", "error", CROSS_MARK, [
    `<h1>You are not signed in</h1>`,
    `<p>The sign-in to <strong>${escape(appName)}</strong> did not succeed.</p>`,
    ...message === undefined ? [] : [`<p class="detail">${escape(message)}.</p>`],
    `<p class="next">${
      hint === undefined ? "" : `${escape(hint)}. `
    }You can close this tab: the terminal tells more.</p>`,
  ]);
}

/** Text as text, wherever it stands in a document. */
function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

function page(title: string, kind: "success" | "error", mark: string, content: string[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body class="${kind}">
<main>
${mark}
${content.join("\n")}
</main>
</body>
</html>
`;
}

const CHECK_MARK =
  `<svg viewBox="0 0 48 48" width="48" height="48" aria-hidden="true" focusable="false"><circle cx="24" cy="24" r="22"/><path d="m15 25 6 6 12-13"/></svg>`;
const CROSS_MARK =
  `<svg viewBox="0 0 48 48" width="48" height="48" aria-hidden="true" focusable="false"><circle cx="24" cy="24" r="22"/><path d="M24 13v14M24 33.5v.5"/></svg>`;

const STYLE = `
:root { --ground: #f6f5f2; --sheet: #fff; --ink: #1d1d1f; --soft: #55555c; --line: #e4e2dc; --mark: #1a7f4b; }
.error { --mark: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #141416; --sheet: #1e1e21; --ink: #f2f1ee; --soft: #b4b3ad; --line: #34343a; --mark: #5fd39a; }
  .error { --mark: #ff8a80; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--ground); color: var(--ink);
  font: 1.0625rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main { width: 100%; max-width: 27rem; padding: 2.5rem 2.25rem; background: var(--sheet); border: 1px solid var(--line); border-radius: 1rem; text-align: center; }
svg { fill: none; stroke: var(--mark); stroke-width: 2.5; stroke-linecap: round; stroke-linejoin: round; }
h1 { margin: 1.1rem 0 .6rem; font-size: 1.5rem; line-height: 1.25; font-weight: 650; letter-spacing: -.01em; }
p { margin: .5rem 0 0; overflow-wrap: anywhere; }
.detail { margin-top: 1rem; padding: .75rem 1rem; border-radius: .6rem; background: var(--ground); text-align: left; font-size: .95rem; }
.next { margin-top: 1.25rem; color: var(--soft); }
@media (max-width: 30rem) { main { padding: 2rem 1.25rem; } }
`;
