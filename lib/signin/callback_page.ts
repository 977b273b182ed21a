import { inkOn, type PageDesign, readableOn } from "./page_design.ts";

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
  /** How it looks, and what it says last. Checked before the sign-in began. */
  design?: PageDesign;
}

/** The page after a sign-in that is complete and saved. */
export function successPage({ appName, user, design }: PageContext): string {
  return document({
    appName,
    kind: "success",
    heading: "You are signed in",
    text: user === undefined
      ? `The sign-in to ${name(appName)} is complete.`
      : `<strong class="user" dir="auto">${escape(user)}</strong> is now signed in to ${name(appName)}.`,
    next: design?.signedIn ?? BACK,
    design,
  });
}

/** The page after a sign-in that failed. */
export function errorPage({ appName, message, hint, design }: PageContext): string {
  return document({
    appName,
    kind: "error",
    heading: "You are not signed in",
    text: `The sign-in to ${name(appName)} did not succeed.`,
    detail: message,
    hint,
    next: design?.failed ?? BACK,
    design,
  });
}

/** The page for a browser that comes by mistake: with the answer to another sign-in, or to an address that has been used. */
export function strayPage(
  { appName, kind, design }: Pick<PageContext, "appName" | "design"> & { kind: "other" | "used" },
): string {
  return document({
    appName,
    kind: "stray",
    heading: kind === "used" ? "This address has been used" : "This is not the current sign-in",
    text: kind === "used"
      ? `Each sign-in to ${name(appName)} opens one tab, once.`
      : `This page belongs to another sign-in to ${name(appName)}, which is over or never began here.`,
    next: "Go on in the tab that was opened last, or start again in the terminal.",
    design,
  });
}

const BACK = "You can close this tab and go back to the terminal.";

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
  /** Text. */
  next: string;
  design?: PageDesign | undefined;
}

function document({ appName, kind, heading, text, detail, hint, next, design = {} }: Content): string {
  const facts = [["What happened", detail], ["What to do", hint]].filter(([, fact]) => fact !== undefined);
  const list = facts.map(([term, fact]) => `<dt>${term}</dt><dd dir="auto">${escape(sentence(fact!))}</dd>\n`).join("");
  // Without an icon: browsers keep the way to a page with one, and the redirect with the code is on that way.
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${heading} – ${escape(appName)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}${accentStyle(design.accent)}</style>
</head>
<body class="${kind}">
<main>
<svg viewBox="0 0 64 64" width="64" height="64" aria-hidden="true" focusable="false">${mark(kind, design.logo)}</svg>
<p class="app" aria-hidden="true">${escape(appName)}</p>
<h1>${heading}</h1>
<p>${text}</p>
${list === "" ? "" : `<dl>\n${list}</dl>\n`}<p class="next">${escape(next)}</p>
</main>
</body>
</html>
`;
}

/** Ours have no full stop, those of servers may have. */
function sentence(text: string): string {
  return /[.!?…。]$/u.test(text) ? text : `${text}.`;
}

function name(appName: string): string {
  return `<strong dir="auto">${escape(appName)}</strong>`;
}

/** Text as text, wherever it stands in a document. */
function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/** A terminal or what stands for the program, and how it went. */
function mark(kind: Content["kind"], logo: string | undefined): string {
  const picture = logo === undefined
    ? `<rect width="64" height="64" rx="16"/><path class="prompt" d="m15 21 10 10-10 10m15 1.5h9"/>`
    : `<image width="64" height="64" href="${escape(logo)}"/>`;
  return picture +
    `<g><circle cx="57" cy="55" r="14"/><path pathLength="1" d="${SIGNS[kind]}"/></g>`;
}

/** In the shades that can be read on the sheet; what went wrong keeps its own colour. */
function accentStyle(accent: string | undefined): string {
  if (accent === undefined) return "";
  const [light, dark] = [readableOn(SHEET.light, accent), readableOn(SHEET.dark, accent)];
  const rules = (shade: string) =>
    `.app { color: ${shade}; }\n.success { --sign: ${shade}; --on-sign: ${inkOn(shade)}; }\n`;
  return `${rules(light)}@media (prefers-color-scheme: dark) {\n${rules(dark)}}\n`;
}

/** What stands in the corner of the mark. */
const SIGNS = {
  success: "m50.8 55.4 4.3 4.3 8.1-9",
  error: "M57 48.4v7.8m0 5.3v.1",
  stray: "M57 61.6v-7.8m0-5.3v-.1",
};

/** The grounds that names and signs stand on. */
const SHEET = { light: "#ffffff", dark: "#1b1b1f" };

// Sizes in rem: they follow the letters that the user has chosen.
const STYLE = `
:root {
  --ground: #f4f3ef; --sheet: ${SHEET.light}; --ink: #1b1b1f; --soft: #5a5a62; --line: #e4e2db;
  --tile: #222329; --prompt: #f4f3ef; --well: #f7f6f3; --sign: #17794a; --on-sign: #fff;
}
.error { --sign: #b3261e; }
.stray { --sign: #5a5a62; }
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #121215; --sheet: ${SHEET.dark}; --ink: #f1f0ed; --soft: #aaa9a4; --line: #303037;
    --tile: #303139; --well: #232328; --sign: #63d39c; --on-sign: #10281c;
  }
  .error { --sign: #ff8f86; --on-sign: #3a0f0c; }
  .stray { --sign: #b9b8b3; --on-sign: #1b1b1f; }
}
@media (prefers-contrast: more) { :root { --soft: var(--ink); --line: var(--ink); } }
* { box-sizing: border-box; }
body {
  margin: 0; min-height: 100vh; min-height: 100svh; display: grid; place-items: center; padding: 1.25rem;
  background: var(--ground); color: var(--ink);
  font: 1.0625rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  -webkit-text-size-adjust: 100%; text-size-adjust: 100%;
}
main {
  width: 100%; max-width: 27rem; padding: 2.5rem 2.25rem 1.5rem; text-align: center;
  background: var(--sheet); border: 1px solid var(--line); border-radius: 1.25rem;
  box-shadow: 0 1px 2px rgb(0 0 0 / .05), 0 1rem 2.5rem -1rem rgb(0 0 0 / .16);
}
svg { display: block; margin: 0 auto; overflow: visible; fill: none; stroke-linecap: round; stroke-linejoin: round; }
rect { fill: var(--tile); }
.prompt { stroke: var(--prompt); stroke-width: 4.5; }
circle { fill: var(--sign); stroke: var(--sheet); stroke-width: 4; }
g path { stroke: var(--on-sign); stroke-width: 3.5; }
h1 { margin: .25rem 0 .75rem; font-size: 1.625rem; line-height: 1.2; font-weight: 650; letter-spacing: -.015em; text-wrap: balance; }
p { margin: 0; overflow-wrap: anywhere; text-wrap: balance; }
strong { display: inline-block; max-width: 100%; font-weight: 600; }
.app { margin-top: 1.5rem; color: var(--soft); font-size: .9375rem; }
.user {
  display: block; width: fit-content; margin: 0 auto .5rem; padding: .25rem .875rem;
  background: var(--well); border: 1px solid var(--line); border-radius: 1.25rem;
}
dl {
  margin: 1.25rem 0 0; padding: 1rem 1.125rem; border-radius: .75rem; background: var(--well); border: 1px solid var(--line);
  text-align: start; font-size: .9375rem; overflow-wrap: anywhere;
}
dt { color: var(--soft); font-size: .8125rem; }
dd { margin: 0; }
dd + dt { margin-top: .75rem; }
.next {
  margin-top: 1.75rem; padding-top: 1.25rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .9375rem;
}
@media (max-width: 30rem) { main { padding: 2rem 1.25rem 1.25rem; } }
@media (prefers-reduced-motion: no-preference) {
  g { transform-origin: 57px 55px; animation: arrive .4s cubic-bezier(.3, 1.4, .6, 1) both; }
  g path { stroke-dasharray: 1; animation: draw .35s .2s ease-out both; }
  @keyframes arrive { from { opacity: 0; transform: scale(.5); } }
  @keyframes draw { from { stroke-dashoffset: 1; } }
}
@media (forced-colors: active) {
  rect, circle { fill: Canvas; stroke: CanvasText; stroke-width: 2; }
  .prompt, g path { stroke: CanvasText; }
}
`;
