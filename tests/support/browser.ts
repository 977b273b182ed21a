/** The page that a browser ended at. */
export interface LastPage {
  url: URL;
  status: number;
  headers: Headers;
  html: string;
}

/** What a person would do at the pages between. */
export interface Person {
  /** Filled into the fields of that name. */
  fields: Record<string, string>;
  /** Whether to deny what the server asks to be allowed. By default false. */
  deny?: boolean;
  /** Where to stop without asking for the page: the redirect, say, that is to be pasted. */
  stopAt?: (url: URL) => boolean;
  /** Whether to go no further than this page, although it has a form. */
  isLast?: (page: LastPage) => boolean;
  /** Shown each page with something on it, the last one too. */
  sees?: (page: LastPage) => void;
}

/** Milliseconds that a server may take for one page: far more than any does, also on a busy machine. */
const LONGEST_ANSWER = 60_000;

/** A browser without a screen: cookies, redirects, and forms that are filled in and sent. */
export class ScriptedBrowser {
  readonly #cookies = new Map<string, Map<string, string>>();

  /** @param longestAnswer Milliseconds for one page: a server that says nothing fails its test, and does not hold it for ever. */
  constructor(readonly longestAnswer: number = LONGEST_ANSWER) {}

  /** Goes on from page to page until there is nothing more to fill in. */
  async visit(start: string, { fields, deny = false, stopAt, isLast, sees }: Person): Promise<LastPage> {
    let url = new URL(start);
    let init: RequestInit = {};
    let last: LastPage | undefined;
    for (let step = 0; step < 30; step++) {
      if (stopAt?.(url)) return { url, status: 0, headers: new Headers(), html: "" };
      const page = await this.#load(url, init).catch((error) => {
        throw new Error(`No answer from ${url.origin}${url.pathname} (${error}); before: ${told(last)}`, {
          cause: error,
        });
      });
      const location = page.headers.get("location");
      if (location !== null && page.status >= 300 && page.status < 400) {
        [url, init] = [new URL(location, url), {}];
        continue;
      }
      last = page;
      sees?.(page);
      if (isLast?.(page)) return page;
      const next = page.status < 400 ? nextRequest(page.html, url, fields, deny) : undefined;
      if (next === undefined) return page;
      [url, init] = next;
    }
    throw new Error(`The pages never end; the last one: ${told(last)}`);
  }

  async #load(url: URL, init: RequestInit): Promise<LastPage> {
    const signal = AbortSignal.timeout(this.longestAnswer);
    const response = await this.#fetch(url, { ...init, signal });
    return { url, status: response.status, headers: response.headers, html: await response.text() };
  }

  async #fetch(url: URL, init: RequestInit): Promise<Response> {
    const jar = this.#cookies.get(url.hostname) ?? new Map<string, string>();
    this.#cookies.set(url.hostname, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = new Headers(init.headers);
    if (cookie !== "") headers.set("cookie", cookie);
    const response = await fetch(url, { ...init, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) {
      const [pair = "", ...attributes] = line.split(";");
      const [name = "", ...value] = pair.split("=");
      const gone = value.join("=") === "" ||
        attributes.some((attribute) => /max-age=0|expires=thu, 01 jan 1970/i.test(attribute));
      if (gone) jar.delete(name.trim());
      else jar.set(name.trim(), value.join("="));
    }
    return response;
  }
}

/** A page in words: for whoever reads why a test failed. */
export function told(page: LastPage | undefined): string {
  if (page === undefined) return "no page";
  const text = page.html.replaceAll(/<(script|style)[\s\S]*?<\/\1>|<[^>]*>|\s+/g, " ").replaceAll(/ +/g, " ").trim();
  return `${page.url.origin}${page.url.pathname} with status ${page.status}: ${text.slice(0, 500)}`;
}

/** The request that the page's form makes, `undefined` where the page has none. */
function nextRequest(
  html: string,
  url: URL,
  fields: Record<string, string>,
  deny: boolean,
): [URL, RequestInit] | undefined {
  if (deny) {
    const abort = html.match(/href="([^"]*\/abort[^"]*)"/)?.[1]; // oidc-provider's pages
    if (abort !== undefined) return [new URL(unescape(abort), url), {}];
  }
  const form = html.replaceAll(/<script[\s\S]*?<\/script>/gi, "").match(/<form[\s\S]*?<\/form>/i)?.[0];
  if (form === undefined) return undefined;
  const attribute = (tag: string, name: string) => {
    const value = tag.match(new RegExp(`\\b${name}="([^"]*)"`, "i"))?.[1];
    return value === undefined ? undefined : unescape(value);
  };
  const body = new URLSearchParams();
  const isButton = (tag: string) => attribute(tag, "type")?.toLowerCase() === "submit";
  for (const [tag] of form.matchAll(/<input\b[^>]*>/gi)) {
    const name = attribute(tag, "name");
    if (name !== undefined && !isButton(tag)) body.set(name, fields[name] ?? attribute(tag, "value") ?? "");
  }
  const id = attribute(form.match(/<form\b[^>]*>/i)![0], "id");
  // A button may stand elsewhere and name its form.
  const elsewhere = id === undefined ? [] : [...html.replace(form, "").matchAll(/<button\b[^>]*>/gi)]
    .filter(([tag]) => attribute(tag, "form") === id);
  const buttons = [...form.matchAll(/<(?:button|input)\b[^>]*>/gi), ...elsewhere].map(([tag]) => tag)
    .filter((tag) => /^<button/i.test(tag) || isButton(tag));
  const choice = buttons.map((tag) => ({
    name: attribute(tag, "name"),
    value: attribute(tag, "value") ?? "",
  }));
  // What it says, or what it is called: Keycloak's are `accept` and `cancel`, oidc-provider's `abort` says yes.
  const denies = ({ name = "", value }: typeof choice[number]) =>
    name === "abort" || /den|reject|false|cancel/i.test(value || name);
  const button = choice.find((each) => deny === denies(each)) ?? choice.find(({ name }) => name !== undefined);
  if (button?.name !== undefined) body.set(button.name, button.value);
  const head = form.match(/<form\b[^>]*>/i)![0];
  const target = new URL(attribute(head, "action") ?? "", url);
  if ((attribute(head, "method") ?? "get").toLowerCase() === "get") {
    target.search = body.toString();
    return [target, {}];
  }
  return [target, { method: "POST", body }];
}

function unescape(text: string): string {
  return text.replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&lt;", "<").replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}

/** Signs in at an authorization URL and goes on to the end: the page of the program that began it. */
export function signInAt(url: string, email: string, password = "correct horse battery staple"): Promise<LastPage> {
  return new ScriptedBrowser().visit(url, { fields: { login: email, email, password } });
}

/** Signs in, and gives the redirect URL without asking for it. */
export async function redirectAfterSignIn(
  url: string,
  email: string,
  password = "correct horse battery staple",
): Promise<string> {
  const redirectUri = new URL(url).searchParams.get("redirect_uri")!;
  const stopAt = (at: URL) => at.href.startsWith(redirectUri);
  return (await new ScriptedBrowser().visit(url, { fields: { login: email, email, password }, stopAt })).url.href;
}

/** Denies what the server asks. */
export function denyAt(url: string, email: string, password = "correct horse battery staple"): Promise<LastPage> {
  return new ScriptedBrowser().visit(url, { fields: { login: email, email, password }, deny: true });
}

/** Enters the code of a sign-in on another device where it is asked for, signs in, and allows it or denies it. */
export function enterCodeAt(
  url: string,
  userCode: string | undefined,
  email: string,
  { deny = false, password = "correct horse battery staple" } = {},
): Promise<LastPage> {
  const fields = { login: email, email, password, ...userCode === undefined ? {} : { user_code: userCode } };
  // oidc-provider asks for another code when all is over with this one.
  const isLast = ({ html }: LastPage) => html.includes('<p class="red">');
  return new ScriptedBrowser().visit(url, { fields, deny, isLast });
}
