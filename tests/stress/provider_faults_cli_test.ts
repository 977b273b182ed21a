// The provider at its worst, and the real program: exit status, one line and a hint, or one JSON object.
import { assert, assertEquals, assertFalse } from "@std/assert";
import { EXIT_STATUS } from "../../lib/errors.ts";
import { type CliResult, startCli } from "../support/cli.ts";
import { hintAt } from "./fault_cases.ts";
import type { Fault, Moment, Place } from "./faults/fault.ts";
import { FAULTS } from "./provider_faults.ts";
import { type FaultScene, startFaultScene } from "./fault_scene.ts";

const COMMANDS: Record<Exclude<Moment, "validation">, string[]> = {
  login: ["login", "--no-browser"],
  refresh: ["token"],
  call: ["whoami", "--refresh"],
};

const cases: [fault: string, place: Place, moment: keyof typeof COMMANDS][] = [
  ["connection refused", "metadata", "login"],
  ["a redirect to another server", "metadata", "refresh"],
  ["the issuer of another server", "metadata", "call"],
  ["a web page, status 200", "keys", "login"],
  ["status 503, Retry-After in seconds", "token", "login"],
  ["half a body", "token", "refresh"],
  ['status 400, error "invalid_grant"', "token", "refresh"],
  ["status 429, Retry-After in seconds", "userinfo", "call"],
];

function faultNamed(name: string): Fault {
  return FAULTS.flatMap(({ faults }) => faults).find((fault) => fault.name === name)!;
}

async function run(scene: FaultScene, moment: keyof typeof COMMANDS, more: string[]): Promise<CliResult> {
  const server = moment === "login" ? ["--base-url", scene.baseUrl, "--client-id", scene.clientId] : [];
  const setup = { credentials: scene.path, providerOrigin: scene.baseUrl };
  const cli = startCli([...COMMANDS[moment], ...server, ...more], setup);
  // Where the metadata is at fault there is no URL to open.
  const page = cli.authorizationUrl().then((url) => scene.visit(url)).catch(() => "");
  const result = await cli.result();
  await page;
  return result;
}

for (const [name, place, moment] of cases) {
  for (const json of [false, true]) {
    const form = json ? "one JSON object" : "one line and a hint";
    Deno.test(`${COMMANDS[moment][0]} ends with ${form} when it meets: ${name}, at ${place}`, async () => {
      const fault = faultNamed(name);
      await using scene = await startFaultScene(fault, place, moment);
      const before = await Deno.readTextFile(scene.path);
      const { status, stdout, stderr } = await run(scene, moment, json ? ["--json"] : []);
      const told = fault.told(place, moment);
      assert(told !== "works");
      const plain = scene.origins.reduce((text, origin) => text.replaceAll(origin, "SERVER"), stderr);
      const hint = told.code === "refresh_rejected" ? "Sign in with: fief-auth login" : hintAt(moment, told);
      const { code, message } = told;
      const expected = json
        ? `${JSON.stringify({ error: { code, message, hint } })}\n`
        : `fief-auth: ${message}\n${hint}\n`;
      // A login has told how to sign in before.
      assertEquals(moment === "login" ? plain.slice(-expected.length) : plain, expected);
      assertEquals([status, stdout], [EXIT_STATUS[code], ""]);
      for (const secret of scene.secrets) assertFalse(stderr.includes(secret));
      if (code !== "refresh_rejected") assertEquals(await Deno.readTextFile(scene.path), before);
    });
  }
}
