// Each page that the program shows, as a browser really comes to it.
import type { PageDesign } from "../../lib/cli/mod.ts";
import { startCli } from "../support/cli.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { SecretHunt } from "../support/hunt.ts";
import type { RecordedTab } from "../support/recorded_tab.ts";
import { type Faults, startTellingProvider } from "../support/telling_provider.ts";
import { listenerOf, notedBy } from "./scene.ts";

/** A page, and the way to it. */
export interface ShownPage {
  /** What its pictures are called. */
  name: string;
  heading: string;
  /** The program that shows it. By default fief-auth. */
  appName?: string;
  /** How that program has it look. */
  design?: PageDesign;
  /** Gets the tab to the page. The program has ended when it is there. */
  reach(tab: RecordedTab): Promise<void>;
}

const EMAIL = `${"anne.of.a.family.with.names.that.are.long.".repeat(3)}jones@${"mail.".repeat(8)}example.com`;

/** A colour that no eye could read on white, and a picture that a page carries itself. */
const DESIGN: PageDesign = {
  accent: "#ffd400",
  logo: `data:image/svg+xml,${
    encodeURIComponent(
      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" rx="16" fill="#ffd400"/>' +
        '<path d="M14 50V20h8v6h6v-6h8v6h6v-6h8v30z" fill="#2b2300"/></svg>',
    )
  }`,
  signedIn: "Welcome. Your castles are waiting in the terminal.",
  failed: "Write to the castellan if this happens again: <castellan@acme.example>",
};

/** Each once, then two with texts that are hard to set, then those of a program with a design of its own. */
export const PAGES: ShownPage[] = [
  page("success", "You are signed in", {}),
  page("denied", "You are not signed in", {
    redirect: answerWith("access_denied", "The user denied access to their data"),
  }),
  page("wrong-token", "You are not signed in", { claims: () => ({ aud: "another" }) }),
  {
    name: "other-sign-in",
    heading: "This is not the current sign-in",
    reach: (tab) =>
      during(async (login) => {
        const running = login(["--no-browser"]);
        await tab.go(`${listenerOf(await running.authorizationUrl())}/callback?code=1&state=2`);
        running.kill("SIGTERM");
        await running.result();
      }),
  },
  {
    name: "used-address",
    heading: "This address has been used",
    reach: (tab) =>
      during(async (login, directory) => {
        const { running, startUrl } = await notedBy(directory, login);
        await (await fetch(startUrl, { redirect: "manual" })).body?.cancel();
        await tab.go(startUrl);
        running.kill("SIGTERM");
        await running.result();
      }),
  },
  page("success-long", "You are signed in", { claims: () => ({ email: EMAIL }) }),
  page("error-long", "You are not signed in", {
    redirect: answerWith(
      "server_error",
      `${"Donaudampfschifffahrtsgesellschaft".repeat(4)} מה קרה כאן 🏰 ${"again ".repeat(20)}`,
    ),
  }),
  designed("designed-success", "You are signed in", {}),
  designed("designed-denied", "You are not signed in", {
    redirect: answerWith("access_denied", "The user denied access to their data"),
  }),
];

function answerWith(error: string, description: string): NonNullable<Faults["redirect"]> {
  return (url) => ({ error, error_description: description, state: url.searchParams.get("state")! });
}

/** A sign-in at a server that asks nobody anything, up to its page. */
function page(name: string, heading: string, faults: Faults): ShownPage {
  const reach = (tab: RecordedTab) =>
    during(async (login) => {
      const running = login(["--no-browser"]);
      await tab.go(await running.authorizationUrl());
      await running.result();
    }, faults);
  return { name, heading, reach };
}

/** The same with a CLI of one's own: its name, its colour, its picture, its last words. */
function designed(name: string, heading: string, faults: Faults): ShownPage {
  const reach = (tab: RecordedTab) =>
    during(async (login, directory) => {
      const program = `${directory}/acme.ts`;
      const module = new URL("../../lib/cli/mod.ts", import.meta.url);
      const options = JSON.stringify({ name: "acme", pages: DESIGN });
      await Deno.writeTextFile(program, `import { cli } from "${module}";\nDeno.exit(await cli(${options}));\n`);
      const env = { ACME_CREDENTIALS: `${directory}/credentials.json` };
      const running = login(["--no-browser"], { program, env, facts: { environmentPrefix: "ACME" } });
      await tab.go(await running.authorizationUrl());
      await running.result();
    }, faults);
  return { name, heading, appName: "acme", design: DESIGN, reach };
}

type Login = (more: string[], setup?: Partial<Parameters<typeof startCli>[1]>) => ReturnType<typeof startCli>;

async function during(what: (login: Login, directory: string) => Promise<void>, faults: Faults = {}): Promise<void> {
  await using directory = await temporaryDirectory();
  await using provider = await startTellingProvider(new SecretHunt(), faults);
  const setup = { credentials: `${directory.path}/credentials.json`, providerOrigin: provider.issuer };
  const login = ["login", "--base-url", provider.issuer, "--client-id", "cli"];
  await what((more, own) => startCli([...login, ...more], { ...setup, ...own }), directory.path);
}
