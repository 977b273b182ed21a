// What `login` gives back once the user knows where to go: seen from inside, in a program whose permissions can be looked at.
import { assertEquals } from "@std/assert";
import { signInAt } from "../support/browser.ts";
import { startCliSession } from "../support/cli_session.ts";

/** As the binary has them: whole classes. */
const WHOLE = [
  "--allow-env",
  "--allow-read",
  "--allow-write",
  "--allow-net",
  "--allow-run",
  "--unstable-worker-options",
];

/** The CLI, and beside it somebody who writes down which classes are left as soon as the network is not among them. */
function program(left: string): string {
  const entry = new URL("../../lib/cli/mod.ts", import.meta.url).href;
  return `import { cli } from "${entry}";
const isGranted = (name) => Deno.permissions.querySync({ name }).state === "granted";
const timer = setInterval(() => {
  if (isGranted("net")) return;
  clearInterval(timer);
  Deno.writeTextFileSync("${left}.part", ["env", "net", "read", "run", "write"].filter(isGranted).join(" "));
  Deno.renameSync("${left}.part", "${left}");
}, 5);
Deno.exit(await cli({ name: "fief-auth", isolated: true }));
`;
}

/** Waits for a file. */
async function textOf(path: string, over: () => boolean): Promise<string> {
  while (!over()) {
    const text = await Deno.readTextFile(path).catch(() => undefined);
    if (text !== undefined) return text;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return "nothing was written";
}

for (
  const [name, words] of [
    ["the browser is open", ["--browser", "DIR/browser"]],
    ["the address is printed", ["--no-browser"]],
    ["the code is printed", ["--device"]],
  ] as const
) {
  Deno.test({
    name: `login has given back network and programs when ${name}, and ends as it should all the same`,
    ignore: Deno.build.os === "windows", // the browser is a shell script
    async fn() {
      await using session = await startCliSession({ device: { interval: 1 } });
      const at = (name: string) => `${session.directory}/${name}`;
      await Deno.writeTextFile(at("program.ts"), program(at("left")));
      const browser = `#!/bin/sh\nprintf %s "$1" > ${at("url.part")}; mv ${at("url.part")} ${at("url")}\n`;
      await Deno.writeTextFile(at("browser"), browser, { mode: 0o755 });
      const server = ["--base-url", session.provider.issuer, "--client-id", "cli", "--timeout", "60"];
      const ways = words.map((word) => word.replace("DIR", session.directory));
      const port = words[0] === "--device" ? [] : ["--redirect-uri", "http://localhost:0/callback"];
      const running = session.start(["login", ...server, ...ways, ...port], {
        program: at("program.ts"),
        flags: [...WHOLE, "--no-check", "--no-lock"],
      });
      let over = false;
      const result = running.result().finally(() => over = true);
      // Nobody has signed in: it waits.
      assertEquals(await textOf(at("left"), () => over), "env read write");
      if (words[0] === "--device") {
        running.kill("SIGTERM");
        assertEquals((await result).status, 143);
        return;
      }
      const url = words[0] === "--browser" ? await textOf(at("url"), () => over) : await running.authorizationUrl();
      const [{ status, stdout, stderr }] = await Promise.all([result, signInAt(url, "anne@example.com")]);
      assertEquals([status, stdout], [0, "Signed in as anne@example.com\n"], stderr);
    },
  });
}
