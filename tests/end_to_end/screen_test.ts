// What is left on the screen when something has moved on it: the real CLI under a shell, in a terminal of 40 columns.
import { assertEquals, assertMatch } from "@std/assert";
import { redirectAfterSignIn, signInAt } from "../support/browser.ts";
import { startCliSession } from "../support/cli_session.ts";
import { startOwnPlace } from "../support/own_place.ts";
import { startProvider } from "../support/provider.ts";
import { hasTmux, startScreen } from "../support/screen.ts";

const ignore = !hasTmux();
const LOGIN = "fief-auth login --no-browser --redirect-uri http://localhost:0/callback";
const URL_SHOWN = /\n(http:\/\/localhost:\d+\/authorize\?\S+)\n/;

Deno.test({
  name: "after a sign-in at 40 columns the screen has its messages, and nothing of the spinner or of what was pasted",
  ignore,
  async fn() {
    await using session = await startCliSession();
    const { issuer } = session.provider;
    const env = { FIEF_CREDENTIALS: session.credentials, FIEF_BASE_URL: issuer, FIEF_CLIENT_ID: "cli" };
    await using screen = await startScreen(env, 40, 40);
    await screen.type(LOGIN);
    const [, url] = await screen.until(URL_SHOWN);
    await screen.until(/[|/\\-] Waiting for you in the browser/);
    await screen.type("that is not it");
    await screen.until(/That is not it/);
    await screen.type(await redirectAfterSignIn(url!, "anne@example.com"));
    await screen.until(/Signed in as anne@example\.com\n\$$/);
    assertEquals(
      (await screen.shown("joined")).replace(url!, "URL").replace(/^http:\S+\/callback$/m, "REDIRECT"),
      EXPECTED_LOGIN,
    );
  },
});

const EXPECTED_LOGIN = `$ ${LOGIN}
Open this address to sign in (no browser
was wanted):

URL

If the browser ends at a page that it
cannot show, copy its address, paste it
here and press Enter
That is not it: the address begins with
REDIRECT
Signed in as anne@example.com
$`;

Deno.test({
  name: "Ctrl-C ends a sign-in at once, and the shell goes on in a line of its own that shows what is typed",
  ignore,
  async fn() {
    await using session = await startCliSession();
    const { issuer } = session.provider;
    const env = { FIEF_CREDENTIALS: session.credentials, FIEF_BASE_URL: issuer, FIEF_CLIENT_ID: "cli" };
    await using screen = await startScreen(env, 40, 40);
    await screen.type(LOGIN);
    await screen.until(/Waiting for you in the browser/);
    await screen.press("C-c");
    await screen.until(/Interrupted[^$]*\n\$$/);
    await screen.type("echo status $?");
    await screen.until(/\nstatus 130\n\$$/);
    assertMatch(
      await screen.shown("joined"),
      /press Enter\nfief-auth: Interrupted\nThe session on disk is whole: run it\nagain when you like\n\$ echo status \$\?\nstatus 130\n\$$/,
    );
  },
});

Deno.test({
  name: "the question for a profile stands whole at 40 columns, takes what was mistyped back, and asks again",
  ignore,
  async fn() {
    await using provider = await startProvider();
    await using at = await startOwnPlace();
    for (const more of [[], ["--profile", "work"]]) await at.signIn(provider.issuer, "anne@example.com", more);
    await using screen = await startScreen({ XDG_CONFIG_HOME: at.config }, 40);
    await screen.type("fief-auth profiles use");
    await screen.until(/Number \(1 to 2\): ?$/);
    await screen.type("7");
    await screen.until(/Number.*7\nNumber \(1 to 2\): ?$/);
    for (const key of ["9", "BSpace", "2", "Enter"]) await screen.press(key);
    await screen.until(/in use from now on\n\$$/);
    const shown = (await screen.shown("joined")).replaceAll(provider.issuer, "SERVER");
    assertEquals(
      shown,
      `$ fief-auth profiles use
Which profile do you want to use?
  1  default (anne@example.com, SERVER, in use)
  2  work (anne@example.com, SERVER)
Number (1 to 2): 7
Number (1 to 2): 2
The profile "work" is in use from now on
$`,
    );
  },
});

for (const columns of [20, 40, 80]) {
  Deno.test({
    name: `a progress bar stays in its line at ${columns} columns, and nothing is left of it`,
    ignore,
    async fn() {
      const half = Promise.withResolvers<void>();
      await using session = await startCliSession({}, () => {
        let part = 0;
        const body = new ReadableStream<Uint8Array>({
          async pull(controller) {
            if (part === 2) await half.promise;
            controller.enqueue(new Uint8Array(1_000_000));
            if (++part === 4) controller.close();
          },
        });
        return new Response(body, { headers: { "content-length": "4000000" } });
      });
      await session.signIn();
      await using screen = await startScreen({ FIEF_CREDENTIALS: session.credentials }, columns);
      await screen.type(`fief-auth call-api ${session.api.origin} -o ${session.directory}/large`);
      if (columns >= 40) {
        const [, before, bar] = await screen.until(/^([^[]*)(\[\d\d:0[1-9]\] \[#+-+\] \[\d\.\d\d\/3\.81 MiB\])$/);
        assertEquals([before!.split("\n").length, bar!.length < columns], [2, true], await screen.shown());
      }
      half.resolve();
      await screen.until(/.\n\$$/);
      assertMatch(await screen.shown("joined"), /^\$ fief-auth call-api \S+ -o \S+\n\$$/);
      assertEquals((await Deno.stat(`${session.directory}/large`)).size, 4_000_000);
    },
  });
}

Deno.test({
  name: "a browser that signs in while the terminal waits leaves the same screen at 80 columns",
  ignore,
  async fn() {
    await using session = await startCliSession();
    const { issuer } = session.provider;
    const env = { FIEF_CREDENTIALS: session.credentials, FIEF_BASE_URL: issuer, FIEF_CLIENT_ID: "cli" };
    await using screen = await startScreen(env, 80);
    await screen.type(`${LOGIN} && fief-auth nonsense`);
    const [, url] = await screen.until(URL_SHOWN);
    await screen.until(/Waiting for you in the browser/);
    await signInAt(url!, "anne@example.com");
    await screen.until(/There is no command[^$]*\n\$$/);
    assertMatch(
      await screen.shown("joined"),
      /press Enter\nSigned in as anne@example\.com\nfief-auth: There is no command "nonsense"\nSee all commands with: fief-auth help\n\$$/,
    );
  },
});
