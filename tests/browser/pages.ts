// Each page that the program shows, as a browser really comes to it.
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
  /** Gets the tab to the page. The program has ended when it is there. */
  reach(tab: RecordedTab): Promise<void>;
}

const EMAIL = `${"anne.of.a.family.with.names.that.are.long.".repeat(3)}jones@${"mail.".repeat(8)}example.com`;

/** Each once, then two with texts that are hard to set. */
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

type Login = (more: string[], setup?: Partial<Parameters<typeof startCli>[1]>) => ReturnType<typeof startCli>;

async function during(what: (login: Login, directory: string) => Promise<void>, faults: Faults = {}): Promise<void> {
  await using directory = await temporaryDirectory();
  await using provider = await startTellingProvider(new SecretHunt(), faults);
  const setup = { credentials: `${directory.path}/credentials.json`, providerOrigin: provider.issuer };
  const login = ["login", "--base-url", provider.issuer, "--client-id", "cli"];
  await what((more, own) => startCli([...login, ...more], { ...setup, ...own }), directory.path);
}
