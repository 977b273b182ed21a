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
  return document({
    appName,
    kind: "success",
    heading: "You are signed in",
    text: user === undefined
      ? `The sign-in to ${strong(appName)} is complete.`
      : `${strong(user)} is now signed in to ${strong(appName)}.`,
    next: "You can close this tab and go back to the terminal.",
  });
}

/** The page after a sign-in that failed. */
export function errorPage({ appName, message, hint }: PageContext): string {
  return document({
    appName,
    kind: "error",
    heading: "You are not signed in",
    text: `The sign-in to ${strong(appName)} did not succeed.`,
    detail: message,
    hint,
    next: "You can close this tab and go back to the terminal.",
  });
}

/** The page for a browser that comes by mistake: with the answer to another sign-in, or to an address that has been used. */
export function strayPage({ appName, kind }: { appName: string; kind: "other" | "used" }): string {
  return document({
    appName,
    kind: "stray",
    heading: kind === "used" ? "This address has been used" : "This is not the current sign-in",
    text: kind === "used"
      ? `Each sign-in to ${strong(appName)} opens one tab, once.`
      : `This page belongs to another sign-in to ${strong(appName)}, which is over or never began here.`,
    next: "Go on in the tab that was opened last, or start again in the terminal.",
  });
}

interface Content {
  appName: string;
  kind: "success" | "error" | "stray";
  heading: string;
  /** HTML. */
  text: string;
  /** Text, perhaps from outside. */
  detail?: string | undefined;
  /** Text. */
  hint?: string | undefined;
  next: string;
}

function document({ appName, kind, heading, text, detail, hint, next }: Content): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${heading} – ${escape(appName)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body class="${kind}">
<main>
<p class="app" aria-hidden="true">${escape(appName)}</p>
<svg viewBox="0 0 48 48" width="56" height="56" aria-hidden="true" focusable="false">${MARKS[kind]}</svg>
<h1>${heading}</h1>
<p>${text}</p>
${detail === undefined ? "" : `<p class="detail" dir="auto">${escape(detail)}.</p>\n`}${
    hint === undefined ? "" : `<p class="hint">${escape(hint)}.</p>\n`
  }<p class="next">${next}</p>
</main>
</body>
</html>
`;
}

function strong(text: string): string {
  return `<strong dir="auto">${escape(text)}</strong>`;
}

/** Text as text, wherever it stands in a document. */
function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

const MARKS = {
  success: `<circle cx="24" cy="24" r="22"/><path d="m15 24.5 6.2 6.2L33.5 18"/>`,
  error: `<circle cx="24" cy="24" r="22"/><path d="M24 13.5v13M24 33.6v.4"/>`,
  stray: `<circle cx="24" cy="24" r="22"/><path d="M24 22.5v11.5M24 14v.4"/>`,
};

const STYLE = `
:root {
  --ground: #f5f4f0; --sheet: #fff; --ink: #1c1c1f; --soft: #5b5b63; --line: #e5e3dc;
  --mark: #17794a; --tint: #e9f5ee;
}
.error { --mark: #b3261e; --tint: #fbeceb; }
.stray { --mark: #5b5b63; --tint: #f0efeb; }
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #131316; --sheet: #1c1c20; --ink: #f1f0ed; --soft: #a9a8a3; --line: #2f2f35;
    --mark: #63d39c; --tint: #1d2f27;
  }
  .error { --mark: #ff8f86; --tint: #382322; }
  .stray { --mark: #a9a8a3; --tint: #26262b; }
}
* { box-sizing: border-box; }
body {
  margin: 0; min-height: 100vh; min-height: 100svh; display: grid; place-items: center; padding: 1.25rem;
  background: var(--ground); color: var(--ink);
  font: 1.0625rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  -webkit-text-size-adjust: 100%; text-size-adjust: 100%;
}
main {
  width: 100%; max-width: 27rem; padding: 1.5rem 2.25rem 2.25rem; text-align: center;
  background: var(--sheet); border: 1px solid var(--line); border-radius: 1.125rem;
  box-shadow: 0 1px 2px rgb(0 0 0 / .04), 0 12px 32px -12px rgb(0 0 0 / .12);
}
svg {
  display: block; margin: 0 auto; overflow: visible;
  fill: none; stroke: var(--mark); stroke-width: 3.25; stroke-linecap: round; stroke-linejoin: round;
}
circle { fill: var(--tint); stroke: none; }
h1 { margin: 1.25rem 0 .5rem; font-size: 1.5rem; line-height: 1.25; font-weight: 650; letter-spacing: -.012em; text-wrap: balance; }
p { margin: 0; overflow-wrap: anywhere; text-wrap: balance; }
strong { font-weight: 600; }
.app { margin-bottom: 1.75rem; color: var(--soft); font-size: .875rem; letter-spacing: .01em; }
.detail {
  margin-top: 1.25rem; padding: .75rem 1rem; border-radius: .625rem; background: var(--tint);
  text-align: start; text-wrap: wrap; font-size: .9375rem;
}
.hint { margin-top: 1.25rem; }
.next { margin-top: 1.25rem; padding-top: 1.25rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .9375rem; }
@media (max-width: 30rem) { main { padding: 1.25rem 1.25rem 1.75rem; } }
@media (forced-colors: active) { svg { stroke: CanvasText; } }
`;
