// What a command of a branded CLI gets: typed options, `fetch` with the token for named origins only, and output helpers.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { cli, command } from "../../lib/cli/mod.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { recordedOutput, testHost } from "../support/host.ts";
import { NO_SERVER, saveSession } from "../support/saved_session.ts";

const API = "https://api.acme.example";

const visit = command({
  name: "visit",
  summary: "Fetch a URL",
  arguments: [{ name: "URL", help: "where" }],
  options: {
    times: { kind: "seconds", help: "how often" },
    tag: { kind: "texts", help: "a tag" },
    name: { kind: "text", help: "a name" },
    loud: { kind: "flag", help: "louder" },
  },
  examples: ["visit https://api.acme.example/castles"],
  acceptsAccessToken: true,
  async run({ fetch, options, args, output }) {
    const response = await fetch(args[0]!);
    // The types are those of the definitions: the gate refuses this file where they are not.
    const typed: { times: number | undefined; tag: string[]; name: string | undefined; loud: boolean } = options;
    // @ts-expect-error: there is no such option
    assertEquals(options.frob, undefined);
    // @ts-expect-error: it may be left out
    const times: number = options.times;
    await output.table({ ...typed, times, status: response.status }, [["STATUS", "TAGS"], [
      `${response.status}`,
      typed.tag.join(" and "),
    ]]);
    output.message("for people");
    output.warn("to be seen");
    return typed.loud ? 7 : 0;
  },
});

/** Runs `acme visit` in this process: what came out, and who was asked with what. */
async function acme(args: string[], env: Record<string, string> = {}, columns?: number) {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/credentials.json`;
  await saveSession(path, { accessToken: "token-of-the-session" });
  const asked: [url: string, authorization: string | null][] = [];
  const fetch = (input: string | URL | Request, init?: RequestInit) => {
    const request = new Request(input, init);
    asked.push([request.url, request.headers.get("authorization")]);
    return Promise.resolve(new Response("castles"));
  };
  const [stdout, stderr] = [recordedOutput(columns), recordedOutput()];
  const variables: Record<string, string> = { ACME_CREDENTIALS: path, ...env };
  const host = testHost({ fetch, now: () => Date.now(), env: (name: string) => variables[name], stdout, stderr });
  const app = { name: "acme", baseUrl: NO_SERVER, clientId: "cli", apiOrigins: [API], commands: { visit } };
  const status = await cli({ ...app, args: ["visit", ...args], host, interrupted: new Promise(() => {}) });
  return { status, stdout: stdout.text, stderr: stderr.text, asked };
}

for (
  const [name, env, token] of [
    ["of the session", {}, "token-of-the-session"],
    ["of the environment", { ACME_ACCESS_TOKEN: "token-of-the-job" }, "token-of-the-job"],
  ] as [string, Record<string, string>, string][]
) {
  Deno.test(`context.fetch() adds the token ${name} for the server's and the CLI's own origins, and asks no other`, async () => {
    for (const origin of [NO_SERVER, API]) {
      const { status, asked } = await acme([`${origin}/castles`], env);
      assertEquals([status, asked], [0, [[`${origin}/castles`, `Bearer ${token}`]]]);
    }
    for (const url of ["https://other.example/castles", `${API}.example/`, "http://api.acme.example/castles"]) {
      const { status, stdout, stderr, asked } = await acme([url], env);
      assertEquals([status, stdout, asked], [2, "", []], stderr);
      assert(!stderr.includes(token));
    }
  });
}

Deno.test("a command's options, output and exit status are as its definition says", async () => {
  const url = `${API}/castles`;
  const text = await acme([url, "--tag", "old", "--tag", "large", "--loud", "--times", "3"]);
  assertEquals([text.status, text.stdout, text.stderr], [
    7,
    "STATUS  TAGS\n200     old and large\n",
    "for people\nto be seen\n",
  ]);
  const narrow = await acme([url, "--tag", "old", "--tag", "large"], {}, 18);
  assertEquals(narrow.stdout, "STATUS\n    TAGS\n200\n    old and large\n");
  const json = await acme([url, "--json", "--quiet", "--name", "007"]);
  assertEquals(JSON.parse(json.stdout), { tag: [], name: "007", loud: false, status: 200 });
  assertEquals(json.stderr, "to be seen\n");
  const help = await acme(["--help"]);
  for (const line of ["--times VALUE", "--loud ", "acme visit https://api.acme.example/castles"]) {
    assertStringIncludes(help.stdout, line);
  }
});
