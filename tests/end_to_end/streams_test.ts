// Standard streams that are full, closed or gone, as real processes meet them.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { run } from "../support/child.ts";
import { exactFlags, startOwnPlace } from "../support/own_place.ts";
import { cliCommand } from "../support/cli.ts";

const ignore = Deno.build.os !== "linux"; // /dev/full, and a shell to close streams with
const SESSION = {
  userinfo: { sub: "anne", email: "anne@example.com" },
  tokens: { access_token: "A-TOKEN", id_token: "x", token_type: "bearer", expires_in: 86_400, refresh_token: "y" },
  fief_auth: {
    version: 1,
    base_url: "https://example.fief.dev",
    client_id: "cli",
    issuer: "https://example.fief.dev",
    token_endpoint: "https://example.fief.dev/api/token",
    expires_at: Math.floor(Date.now() / 1000) + 86_400,
  },
};

/** Runs a command with a session in place, its streams as a shell is told. */
async function shell(args: string[], redirection: string, before = "") {
  await using at = await startOwnPlace();
  await Deno.mkdir(at.directory, { mode: 0o700 });
  await Deno.writeTextFile(`${at.directory}/credentials.json`, JSON.stringify(SESSION), { mode: 0o600 });
  const env = { HOME: Deno.env.get("HOME") ?? "/", XDG_CONFIG_HOME: at.config };
  const words = [
    "env",
    ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
    ...cliCommand(args, {
      credentials: "",
      flags: await exactFlags(args, env).catch(() => exactFlags(["help"], env)), // there is no such command
    }),
  ];
  const line = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  return await run(["bash", "-c", `${before} ${line} ${redirection}; echo "status \${PIPESTATUS[0]}"`]);
}

const COMMANDS = [["token"], ["token", "--json"], ["hello"], ["whoami"], ["status"], ["help"], ["version"], [
  "profiles",
]];
const FULL = /^[^\n]*Cannot write to standard output: the disk is full\W[^\0]*make space[^\n]*\n$/;

for (const args of [...COMMANDS, ["completions", "bash"]]) {
  const name = args.join(" ");
  Deno.test({
    name: `${name} on a full disk is an error in words with status 1, without a token in it`,
    ignore,
    async fn() {
      const { stdout, stderr } = await shell(args, "> /dev/full");
      assertEquals([stdout, FULL.test(stderr) || stderr], ["status 1\n", true]);
    },
  });

  Deno.test({
    name: `${name} is quiet, status 0, where nobody reads its result`,
    ignore,
    async fn() {
      // What reads has gone before anything is written.
      const { stdout, stderr } = await shell(args, ">&3", "exec 3> >(:); wait $!;");
      assertEquals([stdout, stderr], ["status 0\n", ""]);
    },
  });
}

for (const [name, redirection] of [["closed", "2>&-"], ["full", "2> /dev/full"]]) {
  Deno.test({
    name: `standard error that is ${name} changes neither result nor status`,
    ignore,
    async fn() {
      assertEquals((await shell(["hello"], redirection!)).stdout, "Hello, anne@example.com\nstatus 0\n");
      assertEquals((await shell(["hello", "--debug"], redirection!)).stdout, "Hello, anne@example.com\nstatus 0\n");
      assertEquals((await shell(["frobnicate"], redirection!)).stdout, "status 2\n");
    },
  });
}

Deno.test({
  name:
    "standard input that is closed, or at its end, changes nothing where none is read, and is nobody who could choose",
  ignore,
  async fn() {
    for (const redirection of ["<&-", "< /dev/null"]) {
      assertEquals((await shell(["hello"], redirection)).stdout, "Hello, anne@example.com\nstatus 0\n");
      const { stdout, stderr } = await shell(["profiles", "use"], redirection);
      assertEquals(stdout, "status 2\n");
      assertStringIncludes(stderr, "There are: default\n");
    }
  },
});

Deno.test({
  name: "standard output that is closed ends nothing with a stack",
  ignore,
  async fn() {
    const { stderr } = await shell(["hello"], ">&-");
    assertEquals(stderr, "");
  },
});
