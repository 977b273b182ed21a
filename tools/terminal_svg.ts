// Draws a terminal as one SVG: sharp text that can be selected, light or dark as its reader likes it, no script, no font from elsewhere.
import type { Span } from "./terminal_screen.ts";

/** What appears on the screen at once. */
export interface Step {
  /** `command` is what somebody typed, `output` what came of it, `note` what the one who recorded it adds. */
  kind: "command" | "output" | "note";
  lines: Span[][];
}

const [LETTER, LINE, PADDING, BAR] = [8.45, 20, 18, 34];
/** Seconds between two steps, and of the whole: within five, so that nobody needs a button that stops it (WCAG 2.2, 2.2.2). */
const LONGEST_PAUSE = 0.45;
const LONGEST_SHOW = 4.8;

const STYLE = `
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #1f2328; white-space: pre }
.window { fill: #ffffff; stroke: #d1d9e0 } .dot { fill: #d1d9e0 }
.prompt { fill: #1a7f37 } .command { font-weight: 600 } .note { fill: #59636e; font-style: italic }
.bold { font-weight: 700 } .red { fill: #cf222e } .green { fill: #1a7f37 } .yellow { fill: #9a6700 } .cyan { fill: #1b7c83 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .window { fill: #0d1117; stroke: #3d444d } .dot { fill: #3d444d }
  .prompt, .green { fill: #3fb950 } .note { fill: #9198a1 } .red { fill: #ff7b72 } .yellow { fill: #d29922 } .cyan { fill: #39c5cf }
}
@media (prefers-reduced-motion: no-preference) { g { animation: appear 0.12s backwards } }
@keyframes appear { from { opacity: 0 } }
`;

/** SGR parameters as classes of {@linkcode STYLE}. */
const CLASSES: Record<string, string> = { 1: "bold", 31: "red", 32: "green", 33: "yellow", 36: "cyan" };

/** The picture of these steps on a terminal of so many columns. */
export function terminalSvg(title: string, steps: Step[], columns: number): string {
  const rows = steps.reduce((sum, { lines }) => sum + lines.length, 0);
  const width = Math.ceil(columns * LETTER + 2 * PADDING);
  const height = BAR + rows * LINE + PADDING;
  const pause = Math.min(LONGEST_PAUSE, LONGEST_SHOW / steps.length);
  let row = 0;
  const drawn = steps.map((step, index) => {
    const lines = step.lines.map((line) => {
      const y = BAR + ++row * LINE - 4;
      return `<text x="${PADDING}" y="${y}">${line.map((span) => drawSpan(span, step.kind)).join("")}</text>`;
    });
    return `<g style="animation-delay:${(index * pause).toFixed(2)}s">\n${lines.join("\n")}\n</g>`;
  });
  const dots = [0, 1, 2].map((dot) => `<circle class="dot" cx="${PADDING + 4 + dot * 18}" cy="18" r="5"/>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<title>${escape(title)}</title>
<style>${STYLE}</style>
<rect class="window" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
${dots.join("")}
${drawn.join("\n")}
</svg>
`;
}

function drawSpan({ text, look }: Span, kind: Step["kind"]): string {
  const classes = look.split(";").flatMap((parameter) => CLASSES[parameter] ?? []);
  if (kind !== "output") classes.push(kind);
  const prompt = kind === "command" && text.startsWith("$ ") ? `<tspan class="prompt">$ </tspan>` : "";
  const rest = escape(prompt === "" ? text : text.slice(2));
  return prompt + (classes.length === 0 ? rest : `<tspan class="${classes.join(" ")}">${rest}</tspan>`);
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
