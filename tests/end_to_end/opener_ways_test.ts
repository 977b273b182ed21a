// What a login starts: one program, with an address of ours, and no shell; whatever BROWSER and the server say.
import { assert, assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import { BINARY } from "../support/cli.ts";
import { startSecretScene } from "../support/secret_scene.ts";

/** A program that notes its arguments, one a line, and its variables; what a shell would do shows as a file. */
async function recorder(directory: string) {
  const [program, notes, marker] = ["record", "notes", "marker"].map((name) => `${directory}/${name}`) as [
    string,
    string,
    string,
  ];
  const script = `#!/bin/sh\nfor each in "$@"; do printf '%s\\n' "$each" >> ${notes}; done\necho done >> ${notes}\n` +
    `env | grep -E '^(LD|DYLD)_.*=.|TOKEN=.' >> ${directory}/variables\nexit 0\n`;
  await Deno.writeTextFile(program, script, { mode: 0o755 });
  return {
    program,
    marker,
    /** The arguments of each start. */
    async starts(): Promise<string[][]> {
      const text = await Deno.readTextFile(notes).catch(() => "");
      return text.split("done\n").slice(0, -1).map((each) => each.split("\n").slice(0, -1));
    },
    variables: () => Deno.readTextFile(`${directory}/variables`).catch(() => ""),
    isMarked: () => Deno.stat(marker).then(() => true, () => false),
  };
}

const loaders: [name: string, flags: (program: string) => string[] | undefined][] = [
  ["exact permissions", () => undefined],
  ["all permissions", () => ["-A"]],
  ["permission to run anything", () => [
    "--allow-net",
    "--allow-write",
    "--allow-run",
    "--allow-sys",
    "--allow-env=FIEF_BASE_URL,FIEF_CLIENT_ID,FIEF_CREDENTIALS,FIEF_PROFILE,FIEF_ACCESS_TOKEN,FIEF_ENCRYPTION_KEY,FIEF_CA,HOME,XDG_CONFIG_HOME,NO_PROXY,no_proxy,BROWSER,CI,DISPLAY,WAYLAND_DISPLAY,WSL_DISTRO_NAME,SSH_CONNECTION,SSH_TTY,USER",
  ]],
];
for (const [name, flags] of loaders) {
  Deno.test({
    name: `what login starts sees no token and nothing for the loader, with ${name}`,
    ignore: Deno.build.os === "windows",
    async fn() {
      await using scene = await startSecretScene();
      const record = await recorder(scene.directory);
      const env = {
        FIEF_ACCESS_TOKEN: "s3cret",
        FIEF_ENCRYPTION_KEY: '{"kty":"RSA","d":"s3cret"}',
        LD_BIND_NOW: "1",
        LD_LIBRARY_PATH: "/nonexistent",
        DYLD_INSERT_LIBRARIES: "/nonexistent/x.dylib",
        // Only whoever may read all variables can know of it: a binary may not.
        ...flags("")?.[0] === "-A" && BINARY === undefined ? { LD_OF_TOMORROW: "1", DYLD_OF_TOMORROW: "1" } : {},
      };
      const given = flags(record.program);
      const paths = [scene.directory, new URL("../../lib", import.meta.url).pathname, scene.credentials];
      const { stderr } = await scene.run(scene.login("--browser", record.program, "--timeout", "1"), {
        env,
        facts: { browsers: [record.program] },
        ...given === undefined ? {} : {
          flags: given[0] === "-A"
            ? given
            : [...given, `--allow-read=${[...paths, `${scene.credentials}.tmp`, `${scene.credentials}.lock`]}`],
        },
      });
      assertStringIncludes(stderr, "The browser is open");
      assertEquals([(await record.starts()).length, await record.variables()], [1, ""]);
    },
  });
}

/** Values of BROWSER, with the arguments before the URL that the program gets, `undefined` where it is not started. */
const browsers: [value: (program: string, marker: string) => string, args: string[] | undefined][] = [
  [(program) => program, []],
  [(program) => `${program} %s`, []],
  [(program, marker) => `${program} $(touch ${marker})`, ["$(touch", "MARKER)"]],
  [(program, marker) => `${program} \`touch ${marker}\``, ["`touch", "MARKER`"]],
  [(program, marker) => `${program}; touch ${marker}`, undefined],
  [(program, marker) => `${program} ; touch ${marker}`, [";", "touch", "MARKER"]],
  [(program, marker) => `${program} && touch ${marker}`, ["&&", "touch", "MARKER"]],
  [(program, marker) => `${program} | touch ${marker}`, ["|", "touch", "MARKER"]],
  [(program, marker) => `${program} > ${marker}`, [">", "MARKER"]],
  [(program, marker) => `${program}\ntouch ${marker}`, ["touch", "MARKER"]],
  [(program, marker) => `${program} '\ntouch ${marker}\n'`, ["\ntouch MARKER\n"]],
  [(program, marker) => `${program} "a'; touch ${marker}; '"`, ["a'; touch MARKER; '"]],
  [(program, marker) => `$(touch ${marker}) ${program}`, undefined],
  [(program) => `-x ${program}`, undefined],
  [(program) => `"-x" ${program}`, undefined],
  [() => "%s", undefined],
  [(program) => `${program} &calc`, ["&calc"]],
];
Deno.test({
  name: "no BROWSER reaches a shell, or a program that starts with a dash; the address is one argument",
  ignore: Deno.build.os === "windows",
  async fn() {
    for (const [value, args] of browsers) {
      await using scene = await startSecretScene();
      const record = await recorder(scene.directory);
      const browser = value(record.program, record.marker);
      await scene.run(scene.login("--timeout", "1.2"), { env: { BROWSER: browser }, flags: ["-A"] });
      assertFalse(await record.isMarked(), browser);
      const starts = (await record.starts()).map((each) => each.join("\n"));
      if (args === undefined) assertEquals([browser, starts], [browser, []]);
      else {
        const before = args.map((each) => `${each.replace("MARKER", record.marker)}\n`).join("");
        assertEquals([browser, starts.length], [browser, 1]);
        assert(starts[0]!.startsWith(before), starts[0]);
        assertMatch(starts[0]!.slice(before.length), /^http:\/\/localhost:\d+\/start\/[\w-]{43}$/);
      }
    }
  },
});

/** Where hostile metadata would send the browser, and the status of a login: 5 where it is refused, 4 where nobody comes back. */
const endpoints: [endpoint: string, status: number][] = [
  ["javascript:alert(1)", 5],
  ["file:///etc/passwd", 5],
  ["data:text/html,<script>alert(1)</script>", 5],
  ["vbscript:x", 5],
  ["ms-settings:", 5],
  ["-x", 5],
  ["--version", 5],
  ["$(touch MARKER)", 5],
  ["&calc", 5],
  ["", 5],
  ["http://a.example/auth", 5],
  ["https://anne:pw@a.example/auth", 5],
  ["ISSUER/auth/$(touch MARKER)", 4],
  ["ISSUER/auth/`touch MARKER`", 4],
  ["ISSUER/auth;touch MARKER", 4],
  ["ISSUER/auth?x=1&calc", 4],
  ["ISSUER/auth a b", 4],
  ["ISSUER/auth\ntouch MARKER", 4],
  ["ISSUER/auth'\"; touch MARKER; '", 4],
  ["ISSUER/auth%s%s%n", 4],
  ["ISSUER/auth\x1b]0;x\x07", 4],
];
Deno.test({
  name: "no authorization endpoint reaches a shell or an opener: it gets an address of ours",
  ignore: Deno.build.os === "windows",
  async fn() {
    for (const [endpoint, expected] of endpoints) {
      await using scene = await startSecretScene();
      const record = await recorder(scene.directory);
      const { issuer } = scene.provider;
      const hostile = endpoint.replace("ISSUER", issuer).replaceAll("MARKER", record.marker);
      scene.provider.faults.metadata = (metadata) => ({ ...metadata, authorization_endpoint: hostile });
      const setup = { facts: { browsers: [record.program] } };
      const result = await scene.run(scene.login("--browser", record.program, "--timeout", "1.2"), setup);
      assertEquals([hostile, result.status], [hostile, expected], result.stderr);
      assertFalse(await record.isMarked(), hostile);
      const starts = await record.starts();
      assertEquals([hostile, starts.length], [hostile, expected === 5 ? 0 : 1]);
      for (const args of starts) assertMatch(args.join("\n"), /^http:\/\/localhost:\d+\/start\/[\w-]{43}$/);
      if (expected === 5) continue;
      // By hand it is one word, and nothing in it that a terminal obeys.
      const { stderr } = await scene.run(scene.login("--no-browser", "--timeout", "1.2"));
      const printed = stderr.match(/^https?:.*$/gm) ?? [];
      assertEquals([hostile, printed.length], [hostile, 1], stderr);
      for (const line of printed) assertMatch(line, /^http:\/\/127\.0\.0\.1:\d+\/[!-~]+$/);
      // deno-lint-ignore no-control-regex -- control characters are what is looked for
      assertFalse(/[\x00-\x09\x0b-\x1f\x7f]/.test(stderr), hostile);
    }
  },
});
