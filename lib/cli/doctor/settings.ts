import { FiefError } from "../../errors.ts";
import { withoutSecrets } from "../../provider/base_url.ts";
import type { Fief } from "../../provider/fief.ts";
import { variable } from "../../signin/environment.ts";
import { DEFAULT_REDIRECT_URI } from "../app.ts";
import { credentialsPlaceOf, serverOf, type Setting, unknownServer } from "../settings.ts";
import { failed, type Finding, ok, skipped, warning } from "./finding.ts";
import type { Scene } from "./scene.ts";

/** What the settings come to. */
export interface CheckedSettings {
  findings: Finding[];
  /** Where the session is kept. */
  path?: string;
  /** Server and client. */
  fief?: Fief;
  redirectUris: string[];
}

/** Settings, and where each is from. */
export async function checkSettings(scene: Scene): Promise<CheckedSettings> {
  const { app, files, named, host } = scene;
  const findings: Finding[] = [];
  const [redirectUris, from] = redirectUrisOf(scene);
  const say = (what: string, { value, from }: Setting) =>
    findings.push(ok("settings", `${what} "${withoutSecrets(value)}": from ${from}`));
  const fail = (error: unknown) => ({ findings: [...findings, failed("settings", error, app.name)], redirectUris });
  let path: string;
  try {
    const place = credentialsPlaceOf(app, files, host);
    path = place.path;
    say("credentials file", { value: path, from: place.from });
  } catch (error) {
    return fail(error);
  }
  let fief: Fief | undefined;
  try {
    const { baseUrl, clientId } = await serverOf(app, path, { ...named, signIn: true }, host);
    if (baseUrl !== undefined) say("base URL", baseUrl);
    if (clientId !== undefined) say("client id", clientId);
    if (baseUrl === undefined || clientId === undefined) {
      throw unknownServer(app, "login", { baseUrl: baseUrl?.value, clientId: clientId?.value });
    }
    const key = app.encryptionKey ?? host.env(`${app.environmentPrefix}_ENCRYPTION_KEY`);
    fief = scene.newFief(baseUrl.value, clientId.value, {
      scope: app.scope,
      host,
      ...key === undefined ? {} : { encryptionKey: key },
    });
    if (key !== undefined) {
      const from = app.encryptionKey === undefined ? `${app.environmentPrefix}_ENCRYPTION_KEY` : "what is built in";
      findings.push(ok("settings", `encryption key of ${key.length} characters: from ${from}`));
    }
  } catch (error) {
    // The file is checked by itself, and says so there.
    const isFile = error instanceof FiefError && error.exitStatus === 6;
    const unknown = skipped(
      "settings",
      "base URL and client id: they may be in the credentials file, which cannot be read",
    );
    return { ...isFile ? { findings: [...findings, unknown], redirectUris } : fail(error), path };
  }
  for (const value of redirectUris) say("redirect URI", { value, from });
  if (app.scope.length > 0) say("scopes", { value: app.scope.join(" "), from: "what is built in" });
  if (app.apiOrigins.length > 0) say("API origins", { value: app.apiOrigins.join(" "), from: "what is built in" });
  const name = `${app.environmentPrefix}_ACCESS_TOKEN`;
  if (variable(host, name) !== undefined) {
    const met = `${name} is set: commands use it in place of a session`;
    findings.push(warning("settings", met, `Unset it to use what ${app.name} login saves`));
  }
  const authorities = files.ca ?? variable(host, `${app.environmentPrefix}_CA`);
  if (authorities !== undefined) {
    say("certificate authorities", {
      value: authorities,
      from: files.ca === undefined ? `${app.environmentPrefix}_CA` : "--ca",
    });
  }
  return { findings, path, fief, redirectUris };
}

function redirectUrisOf({ app, named }: Scene): [uris: string[], from: string] {
  if (named.redirectUris.length > 0) return [named.redirectUris, "--redirect-uri"];
  const usual = app.redirectUris.length === 1 && app.redirectUris[0] === DEFAULT_REDIRECT_URI;
  return [app.redirectUris, usual ? "the usual one" : "what is built in"];
}
