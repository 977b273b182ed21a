// What compile decides before Deno is asked: options, permissions, what goes in, and what it says where it cannot.
import { assert, assertEquals, assertFalse, assertStringIncludes, assertThrows } from "@std/assert";
import { bakedFlags } from "../../tools/compile/baked_flags.ts";
import { graphOf, prunedLock, prunedMap } from "../../tools/compile/graph.ts";
import { CompileError, compileOptions, TARGETS } from "../../tools/compile/options.ts";
import { MARK, readRecord, type RecordedApp } from "../../tools/compile/recorded_app.ts";
import { runtimeAdvice } from "../../tools/compile/runtime.ts";
import { largest, tooLarge } from "../../tools/compile/size.ts";

const ACME: RecordedApp = {
  name: "acme",
  baseUrl: "https://acme.example",
  clientId: "cli",
  apiOrigins: ["https://api.acme.example"],
  redirectUris: ["http://localhost:51562/callback"],
  allowOverride: false,
  environmentPrefix: "ACME",
  hasEncryptionKey: false,
  needs: [{ net: ["maps.example:443"], env: ["REGION"] }],
};

function listOf(flags: string[], kind: string): string[] | undefined {
  return flags.find((flag) => flag.startsWith(`--allow-${kind}=`))?.split("=")[1]?.split(",");
}

Deno.test("compileOptions() takes what there is, and names what there is not", () => {
  const { app, target, output, hosts, release, check } = compileOptions([], TARGETS[0]);
  assertEquals([app, target, output, hosts, release, check], ["main.ts", TARGETS[0], undefined, [], false, false]);
  const given = ["--release", "--target", TARGETS[4]!, "--app", "a.ts", "--allow-host", "a:1", "--allow-host=b:2"];
  assertEquals(compileOptions(given), {
    ...{ app: "a.ts", target: TARGETS[4]!, output: undefined, hosts: ["a:1", "b:2"], release: true, check: false },
  });
  for (const target of TARGETS) assertEquals(compileOptions(["--target", target]).target, target);
  const wrong: [args: string[], message: string][] = [
    [["--target", "x86_64-linux"], 'There is no target "x86_64-linux". There are:\n  x86_64-unknown-linux-gnu\n'],
    [["--targets", TARGETS[0]!], '"--targets" is not an option of compile'],
    [["main.ts"], '"main.ts" is not an option of compile'],
    [["--app"], "An option has no value"],
  ];
  for (const [args, message] of wrong) {
    const error = assertThrows(() => compileOptions(args), CompileError);
    assert(error.message.startsWith(message), error.message);
    assertEquals(error.status, 2);
  }
});

Deno.test("bakedFlags() gives a CLI with a server of its own its hosts and variables, and no others", () => {
  const flags = bakedFlags({ app: ACME, variables: ["ACME_API"] }, TARGETS[0]!, ["login.acme.example:443"]);
  assertEquals(listOf(flags, "net"), [
    "127.0.0.1:51562",
    "[::1]:51562",
    "acme.example:443",
    "api.acme.example:443",
    "login.acme.example:443",
    "maps.example:443",
  ]);
  const variables = listOf(flags, "env")!;
  for (const name of ["ACME_API", "ACME_CREDENTIALS", "REGION", "HOME", "PATH"]) assert(variables.includes(name), name);
  assertEquals(variables.filter((name) => /FIEF|ACME_BASE_URL|ACME_CLIENT_ID|LOCALAPPDATA/.test(name)), []);
  assertEquals(flags.filter((flag) => !flag.includes("=")), [
    "--no-prompt",
    "--allow-read",
    "--allow-write",
    "--allow-run",
  ]);
  assert(listOf(bakedFlags({ app: ACME, variables: [] }, TARGETS[4]!), "env")!.includes("LOCALAPPDATA"));
  assertFalse(listOf(bakedFlags({ app: { ...ACME, hasEncryptionKey: true }, variables: [] }, TARGETS[0]!), "env")!
    .includes("ACME_ENCRYPTION_KEY"));
});

Deno.test("bakedFlags() gives any host where any server may be named, and all variables only to who reads all", () => {
  const open: Partial<RecordedApp>[] = [{ baseUrl: undefined }, { clientId: undefined }, { allowOverride: true }];
  for (const part of open) {
    const flags = bakedFlags({ app: { ...ACME, ...part }, variables: undefined }, TARGETS[0]!);
    assert(flags.includes("--allow-net") && flags.includes("--allow-env"));
    assertThrows(
      () => bakedFlags({ app: { ...ACME, ...part }, variables: [] }, TARGETS[0]!, ["a:1"]),
      CompileError,
      "leave out --allow-host",
    );
  }
});

Deno.test("readRecord() reads what a program told among all that it printed, and which variables it read", () => {
  const line = `${MARK}${JSON.stringify(ACME)}`;
  const audit = ["env A", "env B", "env A", "read /x"].map((each) => {
    const [permission, value] = each.split(" ");
    return JSON.stringify({ v: 1, permission, value });
  }).join("\n");
  assertEquals(readRecord(`hello\n${line}\nbye\n`, audit), { app: ACME, variables: ["A", "B"] });
  assertEquals(readRecord(line, `${JSON.stringify({ permission: "env" })}\n`)?.variables, undefined);
  assertEquals(readRecord("hello\n", audit), undefined);
});

Deno.test("the graph of a program decides which packages and names go in", () => {
  const graph = graphOf([{
    modules: [
      { kind: "esm", specifier: "file:///p/main.ts", dependencies: [{ specifier: "a" }, { specifier: "@std/x/y" }] },
      { kind: "npm", specifier: "npm:/a@1.0.0", npmPackage: "a@1.0.0" },
    ],
    npmPackages: {
      "a@1.0.0": { dependencies: ["@s/b@2.0.0"] },
      "@s/b@2.0.0": { dependencies: ["a@1.0.0"] },
      "test@1.0.0": { dependencies: [] },
    },
  }]);
  assertEquals(graph.packages, ["@s/b@2.0.0", "a@1.0.0"]);
  const lock = {
    version: "5",
    specifiers: { "npm:a@1": "1.0.0", "npm:@s/b@2": "2.0.0", "npm:test@1": "1.0.0", "jsr:@std/x@1": "1.0.0" },
    npm: { "a@1.0.0": 1, "@s/b@2.0.0": 2, "test@1.0.0": 3 },
    workspace: {},
  };
  assertEquals(prunedLock(lock, graph.packages), {
    version: "5",
    specifiers: { "npm:a@1": "1.0.0", "npm:@s/b@2": "2.0.0", "jsr:@std/x@1": "1.0.0" },
    npm: { "a@1.0.0": 1, "@s/b@2.0.0": 2 },
  });
  const map = { a: "npm:a@1", test: "npm:test@1", "@std/x/": "jsr:/@std/x@1/", "@std/z/": "jsr:/@std/z@1/" };
  assertEquals(Object.keys(prunedMap(map, graph.specifiers)), ["a", "@std/x/"]);
});

Deno.test("a binary that is too large is noticed, and a runtime that is not there is told from all else", () => {
  assertEquals(largest(100_000_000), 108_000_000);
  assert(tooLarge(108_000_001, 100_000_000));
  assertFalse(tooLarge(108_000_000, 100_000_000));
  assertStringIncludes(
    runtimeAdvice("error sending request for url (https://example/denort-x.zip)", TARGETS[2]!)!,
    `for ${TARGETS[2]} to put the program into: Deno could not download it.\nSet DENORT_BIN`,
  );
  assertStringIncludes(
    runtimeAdvice("Could not find denort at '/x'", TARGETS[0]!)!,
    "find the one that DENORT_BIN names",
  );
  assertEquals(runtimeAdvice("Module not found", TARGETS[0]!), undefined);
});
