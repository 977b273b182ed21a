import {
  type CompletedCommand,
  type CompletedOption,
  type CompletionModel,
  profilesDirectoryWord,
  spellings,
  type Values,
} from "./model.ts";

/** A script for fish. */
export function fishCompletions(model: CompletionModel): string {
  const { name, id, commands, globals } = model;
  const valued = [
    ...globals.map((option) => ({ command: "*", option })),
    ...commands.flatMap(({ name, options }) => options.map((option) => ({ command: name, option }))),
  ].filter(({ option }) => option.values !== undefined);
  const patterns = valued.flatMap(({ command, option }) => spellings(option).map((word) => `'${command}:${word}'`));
  const complete = (words: string[]) => ["complete", "-c", quoted(name), ...words].join(" ");
  const option = (each: CompletedOption, condition: string[]) => complete([...condition, ...optionWords(id, each)]);
  return `# Completions of ${name} for fish. Load them with: ${name} completions fish | source
# They read names of files in the directory of the profiles, and nothing else; no program is started.

function __${id}_profiles
    set -l config $XDG_CONFIG_HOME
    string match -q '/*' -- "$config"; or set config $HOME/.config
    echo default
    for file in ${profilesDirectoryWord(model, "$config")}/credentials.*.json
        test -f $file; or continue
        string replace -r '^.*/credentials\\.(.*)\\.json$' '$1' -- $file | string match -r '^[A-Za-z0-9_-][A-Za-z0-9._-]*$'
    end
end

# The command and its arguments, as far as they are typed: a line each. Options and their values are left out.
function __${id}_words
    set -l words (commandline -opc)
    set -e words[1]
    set -l command
    set -l skip no
    for word in $words
        if test $skip = yes
            set skip no
        else if test "$word" = --
            return
        else if string match -q -- '-*' $word
            switch "$command:$word"
                case ${patterns.join(" ")}
                    set skip yes
            end
        else
            test -z "$command"; and set command $word
            echo $word
        end
    end
end

# Whether the line is about this command, and whether so many of its arguments are there.
function __${id}_at
    set -l words (__${id}_words)
    test "$words[1]" = "$argv[1]"; or return 1
    test (count $argv) -lt 2; or test (count $words) -eq (math $argv[2] + 1)
end

function __${id}_needs_command
    test (count (__${id}_words)) -eq 0
end

${complete(["-f"])}
${
    commands.map(({ name, summary }) =>
      complete(["-n", `__${id}_needs_command`, "-a", quoted(name), "-d", quoted(summary)])
    ).join("\n")
  }
${globals.map((each) => option(each, [])).join("\n")}
${
    commands.flatMap((command) => [
      ...command.options.map((each) => option(each, ["-n", quoted(`__${id}_at ${command.name}`)])),
      ...argumentLines(id, command).map(complete),
    ]).join("\n")
  }
`;
}

function argumentLines(id: string, { name, arguments: all }: CompletedCommand): string[][] {
  return all.flatMap((values, position) =>
    values === "anything" ? [] : [["-n", quoted(`__${id}_at ${name} ${position}`), ...valueWords(id, values)]]
  );
}

function optionWords(id: string, { name, short, help, values }: CompletedOption): string[] {
  return [
    "-l",
    quoted(name),
    ...short === undefined ? [] : ["-s", short],
    "-d",
    quoted(help),
    ...values === undefined ? [] : ["-r", ...valueWords(id, values)],
  ];
}

function valueWords(id: string, values: Values): string[] {
  switch (values) {
    case "anything":
      return ["-f"];
    case "files":
      return ["-F"];
    case "profiles":
      return ["-f", "-a", quoted(`(__${id}_profiles)`)];
    default:
      return ["-f", "-a", quoted(values.join(" "))];
  }
}

/** Between single quotes fish knows two escapes, of the quote and of the backslash. */
function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, "\\$&")}'`;
}
