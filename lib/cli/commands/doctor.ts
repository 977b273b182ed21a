import { command } from "../command.ts";
import { SUMMARIES } from "../summaries.ts";
import { login } from "./login.ts";

const { "base-url": baseUrl, "client-id": clientId, "redirect-uri": redirectUri } = login.options!;

/** `doctor`: everything that makes a sign-in fail. */
export const doctor = command({
  name: "doctor",
  summary: SUMMARIES.doctor,
  description: [
    "Writes nothing, signs nobody in or out, and sends no token. The options are those of login: what is checked is the sign-in with them.",
    "The exit status is 0 where a sign-in would work, else the status that login would have failed with.",
  ],
  options: { "base-url": baseUrl!, "client-id": clientId!, "redirect-uri": redirectUri! },
  examples: ["doctor", "doctor --base-url https://example.fief.dev --client-id YOUR_CLIENT_ID", "doctor --json"],
  looksForItself: true,
  async run({ app, options, files, output, host }) {
    const [{ examine }, { reportOf, verdictOf }, { namedAuthorities }, { newFiefOf }] = await Promise.all([
      import("../doctor/examine.ts"),
      import("../doctor/report.ts"),
      import("../authorities.ts"),
      import("../new_fief.ts"),
    ]);
    const newFief = newFiefOf(app, () => namedAuthorities(files.ca, `${app.environmentPrefix}_CA`, host));
    const named = {
      baseUrl: options["base-url"],
      clientId: options["client-id"],
      redirectUris: options["redirect-uri"] ?? [],
    };
    const { findings, exitStatus } = await examine({ app, files, named, host, newFief });
    const checks = findings.map(({ name, status, found, advice }) => ({ name, status, found, advice }));
    const report = `${reportOf(findings, host, output.color)}\n${verdictOf(findings, exitStatus)}`;
    await output.result({ ok: exitStatus === 0, checks }, report);
    return exitStatus;
  },
});
