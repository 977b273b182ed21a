import { displayName } from "../auth/session.ts";
import { USUAL_PROFILE } from "../credentials/path.ts";
import { keepChoice, profileNames, removeCredentials } from "../credentials/profiles.ts";
import { FiefError } from "../errors.ts";
import { choose } from "./choose.ts";
import type { Context } from "./command.ts";
import { allProfiles, isSignedIn, noProfile, type Profile, profileInUse } from "./profiles.ts";
import { profileCells } from "./profile_cells.ts";

/** `profiles list`. */
export async function list({ app, host, output }: Context): Promise<void> {
  const all = await allProfiles(app, host);
  const object = {
    profiles: all.map(({ name, path, inUse, signedIn, user, baseUrl, clientId, unreadable }) => ({
      name,
      in_use: inUse,
      signed_in: signedIn,
      user: user ? { sub: user.sub, email: user.email ?? null } : null,
      base_url: baseUrl ?? null,
      client_id: clientId ?? null,
      credentials: path,
      ...unreadable ? { error: { code: unreadable.code, message: unreadable.message } } : {},
    })),
  };
  if (all.length === 0) await output.result(object, "There are no profiles yet");
  else await output.table(object, all.map(profileCells));
  sayWhatGoesBefore({ app, host, output });
}

/** `profiles use NAME`. */
export async function use(context: Context, named: string | undefined): Promise<void> {
  const { app, host, output } = context;
  const name = named ?? await ask(context, "use");
  const names = await profileNames(app.name, host);
  if (name !== USUAL_PROFILE && !names.includes(name)) throw noProfile(app, name, names);
  await keepChoice(app.name, host, name);
  await output.result({ in_use: name }, `The profile "${name}" is in use from now on`);
  sayWhatGoesBefore(context);
}

/** `profiles remove NAME`. */
export async function remove(context: Context, named: string | undefined, force: boolean): Promise<void> {
  const { app, host, output } = context;
  const name = named ?? await ask(context, "remove");
  const all = await allProfiles(app, host);
  const profile = all.find((each) => each.name === name);
  const names = await profileNames(app.name, host);
  if (profile === undefined || !names.includes(name)) throw noProfile(app, name, names);
  if (!force && profile.inUse) {
    throw new FiefError(
      "usage_invalid",
      `The profile "${name}" is in use`,
      `Use another one first: ${app.name} profiles use NAME, or remove it all the same: --force`,
    );
  }
  const left = await removeCredentials(
    profile.path,
    force ? undefined : (current) => {
      if (isSignedIn(current, host.now())) throw signedInError(app.name, profile);
    },
  );
  const goesBack = profile.inUse && name !== USUAL_PROFILE &&
    host.env(`${app.environmentPrefix}_PROFILE`) === undefined;
  if (goesBack) await keepChoice(app.name, host, USUAL_PROFILE);
  await output.result({ removed: name, in_use: profileInUse(app, host) ?? null }, `The profile "${name}" is removed`);
  if (left !== undefined) output.warn(`Its file was a link: what it led to, "${left}", is still there`);
  if (goesBack) output.warn(`It was in use: the profile "${USUAL_PROFILE}" is from now on`);
}

function signedInError(cli: string, { name, user }: Profile): FiefError {
  return new FiefError(
    "usage_invalid",
    `The profile "${name}" is signed in${user ? ` as ${displayName(user)}` : ""}`,
    `Sign out first: ${cli} logout --profile ${name}, or remove it all the same: --force`,
  );
}

/** Asks whoever is at the terminal, and nobody where there is none. */
async function ask({ app, host, output, signal }: Context, action: string): Promise<string> {
  const all = await allProfiles(app, host);
  const names = all.map(({ name }) => name);
  if (names.length === 0 || output.json || !host.stdin.isTerminal() || !host.stderr.isTerminal()) {
    throw new FiefError(
      "usage_invalid",
      `Which profile is to be ${action === "use" ? "used" : "removed"}?`,
      `Name it: ${app.name} profiles ${action} NAME. There are: ${names.join(", ") || "none yet"}`,
    );
  }
  const labels = all.map((profile) => labelOf(profile));
  const at = await choose(`Which profile do you want to ${action}?`, labels, host, signal);
  return names[at]!;
}

function labelOf({ name, user, baseUrl, inUse }: Profile): string {
  const details = [
    ...user ? [displayName(user)] : [],
    ...baseUrl ? [baseUrl] : [],
    ...inUse ? ["in use"] : [],
  ];
  return details.length > 0 ? `${name} (${details.join(", ")})` : name;
}

/** A variable decides before any choice: whoever chose would wonder. */
function sayWhatGoesBefore({ app, host, output }: Pick<Context, "app" | "host" | "output">): void {
  const set = ["CREDENTIALS", "PROFILE"].map((name) => `${app.environmentPrefix}_${name}`)
    .find((name) => host.env(name) !== undefined);
  if (set !== undefined) output.warn(`${set} is set: it goes before the profile that is chosen here`);
}
