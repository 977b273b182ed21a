import { assertOwn, displayName } from "../../auth/session.ts";
import type { Credentials } from "../../credentials/format.ts";
import { readCredentials } from "../../credentials/read.ts";
import { resolveTarget } from "../../credentials/target.ts";
import type { Fief } from "../../provider/fief.ts";
import { failed, type Finding, ok, warning } from "./finding.ts";

/** The credentials file: whether it is there, where it really is, whether it can be read, whose it is, who else can read it. */
export async function checkFile(
  path: string,
  fief: Fief | undefined,
  app: string,
): Promise<{ findings: Finding[]; target?: string }> {
  let target: string;
  try {
    target = await resolveTarget(path);
  } catch (error) {
    return { findings: [failed("file", error, app)] };
  }
  const findings: Finding[] = target === path ? [] : [ok("file", `a symbolic link to "${target}"`)];
  try {
    const credentials = await readCredentials(path);
    findings.push(...described(credentials, fief), ...modeOf(path));
  } catch (error) {
    findings.push(failed("file", error, app));
  }
  return { findings, target };
}

function described(credentials: Credentials | undefined, fief: Fief | undefined): Finding[] {
  if (credentials === undefined) return [ok("file", "there is none yet: a sign-in makes it")];
  const { tokens, userinfo } = credentials;
  const user = userinfo === null ? "an unnamed user" : displayName(userinfo);
  const session = tokens === null ? "nobody is signed in" : `${user} is signed in`;
  const findings = [ok("file", `it can be read: ${session}`)];
  if (fief === undefined || tokens === null) return findings;
  try {
    assertOwn(credentials, fief);
  } catch (error) {
    findings.push(warning("file", (error as Error).message, "A sign-in replaces it; for both, use --profile NAME"));
  }
  return findings;
}

/** Windows has no modes. */
function modeOf(path: string): Finding[] {
  try {
    const { mode, uid } = Deno.statSync(path);
    if (mode === null) return [];
    const shown = `mode 0${(mode & 0o777).toString(8)}, owner ${uid}`;
    if ((mode & 0o077) === 0) return [ok("file", shown)];
    return [warning("file", `${shown}: others can read it`, `Take it from them: chmod 600 ${path}`)];
  } catch {
    return []; // there is none
  }
}
