import { type App, fixedOptions, optionsOf } from "./app.ts";
import type { Command, OptionDefinitions } from "./command.ts";
import { commandNames, summaryOf } from "./commands.ts";
import { GLOBAL_OPTIONS } from "./options.ts";
import { wrap } from "./wrap.ts";

/**
 * Help of the whole CLI.
 *
 * @param brief Whether only how to start and the commands: what a screen has room for.
 */
export function programHelp(app: App, columns: number, brief = false): string {
  const commands = commandNames(app).map((name) => [name, summaryOf(app, name)] as const);
  const start = app.baseUrl === undefined
    ? `${app.name} login --base-url https://example.fief.dev --client-id YOUR_CLIENT_ID`
    : `${app.name} login`;
  return page([
    wrap(`${app.name} signs you in and gives your commands an access token.`, columns),
    section(
      "Start",
      [start, `${app.name} hello`, `${app.name} token`].flatMap((line) => commandLine(line, columns - 2)),
    ),
    section(
      "Commands",
      table(
        [...commands, ["help", `Explain a command: ${app.name} help token`], ["version", "Print the version"]],
        columns,
      ),
    ),
    ...brief ? [wrap(`Options, variables and exit statuses: ${app.name} help`, columns)] : [
      section("Options of every command", table(optionRows(GLOBAL_OPTIONS), columns)),
      section("Environment", table(environmentRows(app), columns)),
      section("Exit status", table(EXIT_STATUSES, columns)),
    ],
  ]);
}

/** Help of one command. */
export function commandHelp(app: App, command: Command, columns: number): string {
  const usage = [
    app.name,
    command.name,
    ...(command.options ? ["[OPTIONS]"] : []),
    ...(command.arguments ?? []).map(({ name, optional, rest }) =>
      rest && optional ? `[${name} [ARG]...]` : rest ? `-- ${name} [ARG]...` : optional ? `[${name}]` : name
    ),
  ].join(" ");
  const options = optionsOf(app, command);
  return page([
    wrap(`${command.summary}.`, columns),
    section("Examples", command.examples.flatMap((example) => commandLine(`${app.name} ${example}`, columns - 2))),
    section("Usage", commandLine(usage, columns - 2)),
    ...(command.description ?? []).map((paragraph) => wrap(paragraph, columns)),
    ...(command.arguments?.length
      ? [section("Arguments", table(command.arguments.map(({ name, help }) => [name, help]), columns))]
      : []),
    ...(Object.keys(options).length > 0 ? [section("Options", table(optionRows(options), columns))] : []),
    section("Options of every command", table(optionRows(GLOBAL_OPTIONS), columns)),
  ]);
}

function optionRows(definitions: OptionDefinitions): [string, string][] {
  return Object.entries(definitions).map(([name, { short, value, kind, help }]) => {
    const letter = short === undefined ? "    " : `-${short}, `;
    return [`${letter}--${name}${kind === "flag" ? "" : ` ${value ?? "VALUE"}`}`, help];
  });
}

function environmentRows(app: App): [string, string][] {
  const { environmentPrefix: prefix } = app;
  const fixed = fixedOptions(app);
  const rows: [string, string][] = [
    ...fixed.includes("base-url") ? [] : [[`${prefix}_BASE_URL`, "Base URL of the server"] as [string, string]],
    ...fixed.includes("client-id") ? [] : [[`${prefix}_CLIENT_ID`, "Client id"] as [string, string]],
    [`${prefix}_CREDENTIALS`, "Path of the credentials file"],
    [`${prefix}_PROFILE`, "Profile whose credentials file is used"],
    [
      `${prefix}_ACCESS_TOKEN`,
      "Access token that token, call-api, exec and credential use as it is, in place of the session",
    ],
    ...app.encryptionKey === undefined
      ? [
        [`${prefix}_ENCRYPTION_KEY`, "Private key (a JWK) of a client whose ID tokens are encrypted"] as [
          string,
          string,
        ],
      ]
      : [],
    [`${prefix}_CA`, "PEM file of certificate authorities to trust too"],
    ["HTTPS_PROXY, NO_PROXY", "Proxy of all requests but those to this machine, and names that are reached without"],
    ["BROWSER", "Commands that open a URL, separated by colons"],
    ["NO_COLOR", "Print without colors"],
  ];
  return rows;
}

const EXIT_STATUSES: [string, string][] = [
  ["0", "Done"],
  ["1", "A bug, or something unforeseen"],
  ["2", "Wrong usage or configuration"],
  ["3", "Not signed in"],
  ["4", "Sign-in failed, was denied or timed out"],
  ["5", "The server could not be reached or answered wrongly"],
  ["6", "The credentials file could not be read, written or locked"],
  ["22", "call-api --fail got a status of 400 or more"],
  ["125, 126, 127", "exec itself failed, its command cannot be run, was not found"],
  ["129, 130, 143", "Ended with its terminal, by Ctrl-C, by SIGTERM"],
];

function page(sections: string[][]): string {
  return `${sections.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function section(title: string, lines: string[]): string[] {
  return [`${title}:`, ...lines.map((line) => `  ${line}`)];
}

/** A command line, which goes on after a backslash where it is too long: so it can be copied as it is. */
function commandLine(text: string, columns: number): string[] {
  const words = text.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  const lines: string[] = [];
  for (const word of words) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= columns - (word === words.at(-1) ? 0 : 2)) {
      lines[lines.length - 1] = `${line} ${word}`;
    } else lines.push(line === undefined ? word : `  ${word}`);
  }
  return lines.map((line, index) => index < lines.length - 1 ? `${line} \\` : line);
}

/** Two columns; where the terminal is too narrow for both, the second goes below. */
function table(rows: readonly (readonly [string, string])[], columns: number): string[] {
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  const room = Math.min(columns, 100) - 2 - width;
  return rows.flatMap(([left, right]) => {
    if (room < 24) return [left, ...wrap(right, columns - 6).map((line) => `    ${line}`)];
    const [first = "", ...rest] = wrap(right, room);
    return [left.padEnd(width) + first, ...rest.map((line) => " ".repeat(width) + line)];
  });
}
