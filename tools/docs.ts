// Writes docs/command-line.md from the definitions that `--help` reads, docs/provider-faults.md from the table of the tests, and the table
// in docs/permissions.md from the one in code: deno task docs. A test sees to it that it was done.
import { appOf } from "../lib/cli/app.ts";
import { commandNames, findCommand } from "../lib/cli/commands.ts";
import { commandHelp, programHelp } from "../lib/cli/help.ts";
import { EXIT_STATUS } from "../lib/errors.ts";
import { VERSION } from "../lib/version.ts";
import { permissionsPage } from "./permissions_page.ts";
import { providerFaultsPage } from "./provider_faults_page.ts";

/** The text of docs/command-line.md. */
export async function commandLinePage(): Promise<string> {
  const app = appOf({ name: "fief-auth" }, VERSION);
  const commands = await Promise.all(commandNames(app).map((name) => findCommand(app, name)));
  const sections = commands.map((command) =>
    `## ${command.name}\n\n\`\`\`text\n${commandHelp(app, command, 80)}\`\`\`\n`
  );
  const statuses = Map.groupBy(Object.entries(EXIT_STATUS), ([, status]) => status);
  const rows = [...statuses].sort(([a], [b]) => a - b).map(([status, codes]) =>
    `| ${status} | ${codes.map(([code]) => `\`${code}\``).join(", ")} |`
  );
  return `# The command line

Made from the definitions that \`--help\` reads; do not edit.

\`\`\`text
${programHelp(app, 80)}\`\`\`

${sections.join("\n")}
## Results, messages and errors

Standard output carries the result and nothing else; messages for people go to standard error, and \`--quiet\` leaves them out. With \`--json\` the result is
one JSON object on standard output, and an error is one on standard error:

\`\`\`json
{ "error": { "code": "not_authenticated", "message": "Not signed in", "hint": "Sign in with: fief-auth login" } }
\`\`\`

What is printed is ASCII, but for what comes from servers and for the QR code of a sign-in by code. Colors are for terminals only, and not with \`--no-color\`,
\`NO_COLOR\` or \`TERM=dumb\`; no variable brings them into a file or a pipe. Nothing moves and nothing is drawn with \`--plain\` (for screen readers), where
\`TERM\` is \`dumb\`, with \`--debug\`, and where standard error is no terminal. A question is asked at a terminal only, never with \`--json\`; it is a numbered
list and a line to type, which a screen reader reads as any other text.

Standard output that nobody reads any more ends a command quietly with status 0; one that cannot be written, on a full disk say, is an error with status 1.

## Completions

\`completions bash|zsh|fish|powershell\` prints a script for the shell: commands, options, values that are known, profiles and files. It reads names of files
in the directory of the profiles; it starts no program, asks nobody and reads no token. A CLI of your own has them under its name, with its commands. The scripts
for bash, zsh and fish are driven in Debian's by the tests; the one for PowerShell could not be tried: there is none where the tests run.

## Exit status

0 is success; \`status\` ends with 3 where nobody is signed in, \`exec\` as its command does. What fails in \`exec\` itself has the status 125,
whatever its code. The codes are those of the JSON error and of \`FiefError.code\` in the library.

| status | codes |
| --- | --- |
${rows.join("\n")}

## Where settings come from

Base URL and client id: option of \`login\`, then \`FIEF_BASE_URL\` and \`FIEF_CLIENT_ID\`, then what the CLI was built with, then what the credentials file
remembers. A session belongs to the server and the client that gave it: where the settings of a run name others, nothing is sent anywhere, and the
status is 2. Only \`login\` replaces it.

The credentials file: \`--credentials\`, then \`FIEF_CREDENTIALS\`, then \`credentials.json\` in the user's configuration directory (\`~/.config/fief-auth\`,
\`~/Library/Application Support/fief-auth\`, \`%LOCALAPPDATA%\\\\fief-auth\`). \`--profile NAME\` (or \`FIEF_PROFILE\`) is \`credentials.NAME.json\` beside it.
Where none of these says anything, the file \`profile\` in that directory names the profile, which \`profiles use NAME\` has written there. \`default\` is the
name of the profile that everybody has. An option goes before \`FIEF_ACCESS_TOKEN\`: with \`--profile\` or \`--credentials\` the session in that file is used.

Profiles share nothing: each has its own file, lock, server, client and API origins. Two sign-ins at the same time need two redirect URIs with different ports,
or a code (\`login --device\`). \`login --switch\` signs in as somebody else in the same profile: the server asks who (\`prompt=login\`), although the browser is
signed in. A code is entered in whatever browser its user takes (RFC 8628 has no \`prompt\`): there \`login\` says to take a private window. Where the
account turns out to be the one that was signed in before, it says so.

The next \`login\` at the same server asks for the scopes of the last one again, also after a \`logout\`, unless \`--scope\` names others; \`--scope openid\`
leaves none of them. API origins add up. Redirect URIs are not kept: name them at each \`login\`.

\`FIEF_ACCESS_TOKEN\`, where it is set, is used as it is by \`token\`, \`call-api\`, \`exec\` and \`credential\`: no file is touched. That is for CI and containers.

\`FIEF_ENCRYPTION_KEY\` is for a client whose ID tokens are encrypted: its private key, the JSON that the server showed when the key was made. \`login\` and
whatever refreshes need it; without it nothing is refreshed, and the session lives on. It is no option, so that it is in no list of processes.
`;
}

if (import.meta.main) {
  await Deno.writeTextFile(new URL("../docs/command-line.md", import.meta.url), await commandLinePage());
  await Deno.writeTextFile(new URL("../docs/provider-faults.md", import.meta.url), providerFaultsPage());
  const permissions = new URL("../docs/permissions.md", import.meta.url);
  await Deno.writeTextFile(permissions, permissionsPage(await Deno.readTextFile(permissions)));
}
