import { assertEquals } from "@std/assert";
import { appOf } from "../../lib/cli/app.ts";
import { permissionFacts } from "../../lib/cli/permission_facts.ts";
import { denoFlags } from "../../lib/cli/permissions.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { testHost } from "../support/host.ts";

/** The flags for a command line, of one kind, as lists. */
async function flagsFor(args: string[], file: Record<string, unknown>, kind: "net" | "run" | "env"): Promise<string[]> {
  await using directory = await temporaryDirectory();
  const credentials = `${directory.path}/credentials.json`;
  await Deno.writeTextFile(credentials, JSON.stringify(file));
  const facts = await permissionFacts(
    appOf({ name: "fief-auth" }, "0.0.0"),
    [...args, "--credentials", credentials],
    testHost({}),
  );
  const flag = denoFlags(facts).find((each) => each.startsWith(`--allow-${kind}=`));
  return flag?.slice(flag.indexOf("=") + 1).split(",") ?? [];
}

const file = {
  userinfo: null,
  tokens: null,
  fief_auth: {
    version: 1,
    base_url: "https://example.fief.dev",
    client_id: "cli",
    token_endpoint: "https://example.fief.dev/api/token",
    revocation_endpoint: "https://revoke.example.com/revoke",
    end_session_endpoint: "https://end.example.com/end",
  },
};

Deno.test("logout may reach the server and its revocation endpoint, and start nothing", async () => {
  assertEquals(await flagsFor(["logout"], file, "net"), ["example.fief.dev:443", "revoke.example.com:443"]);
  assertEquals(await flagsFor(["logout"], file, "run"), []);
  assertEquals((await flagsFor(["logout"], file, "env")).includes("BROWSER"), false);
});

Deno.test("logout --browser-session may start what opens a browser, and reaches nothing more", async () => {
  assertEquals(await flagsFor(["logout", "--browser-session"], file, "run"), ["xdg-open"]);
  const named = ["logout", "--browser-session", "--browser", "firefox --new-window"];
  assertEquals(await flagsFor(named, file, "run"), ["firefox"]);
  assertEquals(await flagsFor(["logout", "--browser-session", "--no-browser"], file, "run"), []);
  assertEquals(await flagsFor(named, file, "net"), ["example.fief.dev:443", "revoke.example.com:443"]);
  const env = await flagsFor(["logout", "--browser-session"], file, "env");
  assertEquals([env.includes("DISPLAY"), env.includes("USER")], [true, false]);
  // Where the browser is named nobody asks whether it would be seen.
  assertEquals((await flagsFor(named, file, "env")).includes("DISPLAY"), false);
});

Deno.test("a sign-in at another server may not reach the endpoints of the one in the file", async () => {
  const elsewhere = ["login", "--base-url", "https://other.example", "--no-browser"];
  assertEquals((await flagsFor(elsewhere, file, "net"))[0], "other.example:443");
  assertEquals((await flagsFor(elsewhere, file, "net")).includes("example.fief.dev:443"), false);
  assertEquals((await flagsFor(["login", "--no-browser"], file, "net"))[0], "example.fief.dev:443");
});

Deno.test("a comma in a value is written twice, as Deno 2.6 wants it", () => {
  const facts = { command: "status", credentialsPath: "/a,b/c.json", environmentPrefix: "FIEF", os: "linux" } as const;
  assertEquals(denoFlags(facts)[0], "--allow-read=/a,,b/c.json,/a,,b/c.json.tmp");
});
