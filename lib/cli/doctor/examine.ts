import type { Fief } from "../../provider/fief.ts";
import { whyNoBrowser } from "../../signin/browser.ts";
import { release } from "../new_fief.ts";
import { checkBrowser } from "./browser.ts";
import { checkFile } from "./file.ts";
import { type Finding, skipped, unneeded } from "./finding.ts";
import { checkKeys } from "./keys.ts";
import { checkLock } from "./lock.ts";
import { checkNetwork } from "./network.ts";
import { observing } from "./observed.ts";
import { checkPermissions } from "./permissions.ts";
import { checkPlace } from "./place.ts";
import { checkPorts } from "./ports.ts";
import { checkRedirects } from "./redirects.ts";
import type { Scene } from "./scene.ts";
import { checkSettings } from "./settings.ts";
import { checkVersion } from "./version.ts";

/** What all checks come to. */
export interface Diagnosis {
  /** In the order in which people read them. */
  findings: Finding[];
  /** 0 where a sign-in would work, else the status that it would have failed with. */
  exitStatus: number;
}

/** Looks at everything that makes a sign-in fail. Nothing is written, nobody is signed in or out, and no token is sent. */
export async function examine(scene: Scene): Promise<Diagnosis> {
  const { app, host: own } = scene;
  const { host, observed } = observing(own);
  const version = checkVersion(app);
  const [settings, permissions] = await Promise.all([checkSettings({ ...scene, host }), checkPermissions(scene)]);
  const { path, fief, redirectUris } = settings;
  const [stored, ports, browser, network] = await Promise.all([
    checkStored(path, fief, app.name),
    checkPorts(redirectUris, app.name),
    checkBrowser(redirectUris, app.name, own),
    fief === undefined ? undefined : checkNetwork(fief, observed, app.name),
  ]);
  const metadata = network?.metadata;
  const unasked = fief === undefined
    ? "the settings have to be right first"
    : "the server has to answer with its metadata first";
  const [redirects, keys] = fief === undefined || metadata === undefined
    ? [[skipped("redirect", unasked)], skipped("keys", unasked)]
    : await Promise.all([
      checkRedirects(ports.sent, ports.used, fief, metadata, app.name),
      checkKeys(metadata, fief, app.name),
    ]);
  release(fief);
  // Where nobody would see a browser, a sign-in is by a code where the server has that: then nothing listens here.
  const hidden = whyNoBrowser("auto", own) !== undefined;
  const byCode = hidden && metadata?.device_authorization_endpoint !== undefined;
  const listening = byCode
    ? (finding: Finding) => unneeded(finding, "a sign-in is by a code here")
    : (finding: Finding) => finding;
  const local = { ports: ports.findings.map(listening), redirects: redirects.map(listening) };
  const way = network?.findings ?? ["proxy", "DNS", "TLS", "clock", "metadata"].map((name) => skipped(name, unasked));
  // What a sign-in meets first decides its exit status. Without a browser it asks for a way to sign in by a code before it listens.
  const inOrder = [
    ...settings.findings,
    ...stored.file,
    ...hidden ? [...way, ...local.ports] : [...local.ports, ...way],
    ...local.redirects,
    keys,
    ...stored.place,
    ...permissions,
  ];
  return {
    findings: [
      ...version,
      ...permissions,
      ...settings.findings,
      ...stored.file,
      ...stored.place,
      ...way,
      keys,
      ...local.ports,
      ...local.redirects,
      ...browser,
    ],
    exitStatus: inOrder.find(({ status }) => status === "failed")?.exitStatus ?? 0,
  };
}

/** The credentials file, and whether it can be changed. */
async function checkStored(
  path: string | undefined,
  fief: Fief | undefined,
  app: string,
): Promise<{ file: Finding[]; place: Finding[] }> {
  const unknown = (why: string) => ["directory", "lock"].map((name) => skipped(name, why));
  const unnamed = "the settings have to name the file first";
  if (path === undefined) return { file: [skipped("file", unnamed)], place: unknown(unnamed) };
  const { findings, target } = await checkFile(path, fief, app);
  if (target === undefined) return { file: findings, place: unknown("where the file is has to be known first") };
  const place = await checkPlace(target, app);
  if (place.some(({ status }) => status === "failed")) {
    return { file: findings, place: [...place, skipped("lock", "the directory has to be right first")] };
  }
  return { file: findings, place: [...place, ...await checkLock(target, app)] };
}
