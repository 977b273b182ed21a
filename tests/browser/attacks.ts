// What a page of somebody else may try at a program that waits for a sign-in. Each is a script on that page; `TARGET` is what it asks for.
import { EVIL_HOST } from "../support/chromium.ts";

/** Where an attack aims: `redirect` with the right state, which the page cannot know, or with a wrong one; or the one-time address, guessed. */
export type Aim = "right state" | "wrong state" | "guessed address";

/** One attack. */
export interface Attack {
  name: string;
  aim: Aim;
  script: string;
  /** The status of our answer. */
  answer: number;
  /** The name that it takes for our host. By default the right one. */
  host?: string;
  /** Whether the answer is a whole page, in the tab or in another one, that a person sees. */
  shown?: boolean;
}

const element = (name: string, properties: string) =>
  `document.body.append(Object.assign(document.createElement("${name}"), ${properties}))`;

const form = (method: string, target = "") =>
  `(() => {
    const form = document.createElement("form");
    Object.assign(form, { method: "${method}", action: TARGET, target: "${target}" });
    for (const [name, value] of new URL(TARGET).searchParams) {
      form.append(Object.assign(document.createElement("input"), { name, value }));
    }
    document.body.append(form);
    form.submit();
  })()`;

/** The state is given to those that our listener turns away by what the browser says of them: they fail all the same. */
export const ATTACKS: Attack[] = [
  { name: "a form by POST", aim: "right state", script: form("post"), answer: 405, shown: true },
  { name: "a form by GET", aim: "wrong state", script: form("get"), answer: 400, shown: true },
  { name: "fetch", aim: "right state", script: "fetch(TARGET).catch(() => {})", answer: 403 },
  {
    name: "fetch with no-cors",
    aim: "right state",
    script: `fetch(TARGET, { mode: "no-cors", credentials: "include" })`,
    answer: 403,
  },
  {
    name: "fetch by POST with no-cors",
    aim: "right state",
    script: `fetch(TARGET, { mode: "no-cors", method: "POST", body: "code=1" })`,
    answer: 405,
  },
  {
    name: "fetch that asks ahead",
    aim: "right state",
    script: `fetch(TARGET, { headers: { "x-evil": "1" } }).catch(() => {})`,
    answer: 405,
  },
  { name: "a beacon", aim: "right state", script: `navigator.sendBeacon(TARGET)`, answer: 405 },
  { name: "an image", aim: "right state", script: element("img", "{ src: TARGET }"), answer: 403 },
  { name: "a script", aim: "right state", script: element("script", "{ src: TARGET }"), answer: 403 },
  { name: "a style", aim: "right state", script: element("link", `{ rel: "stylesheet", href: TARGET }`), answer: 403 },
  { name: "a film", aim: "right state", script: element("video", "{ src: TARGET }"), answer: 403 },
  { name: "an event source", aim: "right state", script: "void new EventSource(TARGET)", answer: 403 },
  {
    name: "a web socket",
    aim: "right state",
    script: `void new WebSocket(TARGET.replace("http", "ws"))`,
    answer: 403,
  },
  { name: "a frame", aim: "right state", script: element("iframe", "{ src: TARGET }"), answer: 403 },
  {
    name: "a frame without an origin",
    aim: "right state",
    script: element("iframe", `{ sandbox: "allow-scripts", src: TARGET }`),
    answer: 403,
  },
  { name: "an object", aim: "right state", script: element("object", "{ data: TARGET }"), answer: 403 },
  { name: "an embedded file", aim: "right state", script: element("embed", "{ src: TARGET }"), answer: 403 },
  {
    name: "prefetch",
    aim: "right state",
    script: element("link", `{ rel: "prefetch", href: TARGET }`),
    answer: 403,
  },
  { name: "going there", aim: "wrong state", script: "location.assign(TARGET)", answer: 400, shown: true },
  { name: "a window", aim: "wrong state", script: "void window.open(TARGET)", answer: 400, shown: true },
  {
    name: "a window at the one-time address",
    aim: "guessed address",
    script: "void window.open(TARGET)",
    answer: 404,
    shown: true,
  },
  {
    name: "going to the one-time address",
    aim: "guessed address",
    script: "location.assign(TARGET)",
    answer: 404,
    shown: true,
  },
  // DNS rebinding: a name of theirs that leads to this machine, so that the browser takes our listener for theirs.
  {
    name: "going there by a name of its own",
    aim: "right state",
    script: "location.assign(TARGET)",
    host: EVIL_HOST,
    answer: 421,
    shown: true,
  },
  {
    name: "a frame by a name of its own",
    aim: "right state",
    script: element("iframe", "{ src: TARGET }"),
    host: EVIL_HOST,
    answer: 421,
  },
  {
    name: "fetch by a name of its own",
    aim: "right state",
    script: "fetch(TARGET).catch(() => {})",
    host: EVIL_HOST,
    answer: 421,
  },
];
