import type { StepUpChallenge } from "../auth/step_up.ts";
import { readCredentials } from "../credentials/read.ts";
import type { Context } from "./command.ts";
import { shellWords } from "./shell_words.ts";

/**
 * What to tell of an API that wants another sign-in: what it asks for, and the command line that signs in so, with all that the session has now.
 */
export async function stepUpLines(stepUp: StepUpChallenge, context: Context): Promise<string[]> {
  const { accessToken, app, files, host, settings } = context;
  const credentials = accessToken === undefined ? await readCredentials(settings.credentialsPath, host) : undefined;
  const record = credentials?.fief_auth;
  const usual = ["openid", "offline_access", ...app.scope];
  const scope = new Set([...record?.scope?.split(" ") ?? [], ...stepUp.scope].filter((name) => !usual.includes(name)));
  scope.delete("");
  const parameters = [
    ...stepUp.acrValues.length > 0 ? [`acr_values=${stepUp.acrValues.join(" ")}`] : [],
    ...stepUp.maxAge === undefined ? [] : [`max_age=${stepUp.maxAge}`],
  ];
  const line = shellWords(
    [
      app.name,
      "login",
      ...(["credentials", "profile", "ca"] as const).flatMap((name) => files[name] ? [`--${name}`, files[name]] : []),
      ...[...scope].flatMap((name) => ["--scope", name]),
      ...(record?.api_origins ?? []).flatMap((origin) => ["--api-origin", origin]),
      // An API that names nothing wants at least to see the user again (OpenID Connect Core section 3.1.2.1).
      ...(parameters.length > 0 ? parameters : ["prompt=login"]).flatMap((parameter) => ["--param", parameter]),
    ],
    host.os,
  );
  const how = line === undefined ? [] : ["Sign in again with:", `  ${line}`];
  const variable = `${app.environmentPrefix}_ACCESS_TOKEN`;
  return [
    `The API asks for another sign-in${described(stepUp)}`,
    ...accessToken === undefined ? how : [`Set ${variable} to a token of such a sign-in, or unset it`, ...how],
  ];
}

function described({ acrValues, maxAge }: StepUpChallenge): string {
  const parts = [
    ...acrValues.length > 0 ? [`at the level ${acrValues.map((name) => `"${name}"`).join(" or ")}`] : [],
    ...maxAge === undefined ? [] : [`at most ${maxAge} ${maxAge === 1 ? "second" : "seconds"} ago`],
  ];
  return parts.length > 0 ? `: ${parts.join(", ")}` : "";
}
