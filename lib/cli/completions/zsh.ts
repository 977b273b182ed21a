import {
  type CompletedCommand,
  type CompletedOption,
  type CompletionModel,
  profilesDirectoryWord,
  quoted,
  type Values,
} from "./model.ts";

/** A script for zsh, to be sourced or to be put into a directory of `$fpath` as `_NAME`. */
export function zshCompletions(model: CompletionModel): string {
  const { name, id, commands, globals } = model;
  const globalSpecs = globals.flatMap((option) => optionSpecs(id, option));
  return `#compdef ${name}
# Completions of ${name} for zsh. Load them after compinit with: source <(${name} completions zsh)
# They read names of files in the directory of the profiles, and nothing else; no program is started.

_${id}_profiles() {
  local config=\${XDG_CONFIG_HOME-}
  [[ $config == /* ]] || config=$HOME/.config
  local directory=${profilesDirectoryWord(model, "$config")}
  local -a files names
  files=($directory/credentials.*.json(N.:t))
  names=(\${\${files#credentials.}%.json})
  names=(default \${(M)names:#[A-Za-z0-9_-][A-Za-z0-9._-]#})
  _describe -t profiles profile names
}

_${id}_commands() {
  local -a commands
  commands=(
${commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`).join("\n")}
  )
  _describe -t commands command commands
}

_${id}() {
  emulate -L zsh
  setopt extended_glob
  local curcontext=$curcontext state line ret=1
  typeset -A opt_args
  local -a globals
  globals=(
${globalSpecs.map((spec) => `    ${quoted(spec)}`).join("\n")}
  )
  _arguments -C -S $globals '1:command:_${id}_commands' '*::argument:->argument' && ret=0
  if [[ $state == argument ]]; then
    case $line[1] in
${commands.map((command) => commandCase(id, command)).join("\n")}
    esac
  fi
  return ret
}

if [[ $funcstack[1] == _${id} ]]; then
  _${id} "$@"
else
  compdef _${id} ${name}
fi
`;
}

function commandCase(id: string, { name, options, arguments: all }: CompletedCommand): string {
  const specs = [
    ...options.flatMap((option) => optionSpecs(id, option)),
    ...all.map((values, index) => `${index + 1}:argument:${action(id, values)}`),
  ];
  const lines = ["$globals", ...specs.map(quoted)].join(" \\\n          ");
  return `      ${name})\n        _arguments -S \\\n          ${lines} && ret=0\n        ;;`;
}

function optionSpecs(id: string, { name, short, help, value, values, repeats }: CompletedOption): string[] {
  const explained = `[${help.replaceAll(/[[\]\\]/g, "\\$&")}]`;
  const star = repeats ? "*" : "";
  if (values === undefined) return [`--${name}${explained}`, ...short === undefined ? [] : [`-${short}${explained}`]];
  const taken = `:${value.replaceAll(":", "\\:")}:${action(id, values)}`;
  return [
    `${star}--${name}=${explained}${taken}`,
    ...short === undefined ? [] : [`${star}-${short}+${explained}${taken}`],
  ];
}

function action(id: string, values: Values): string {
  switch (values) {
    case "anything":
      return " ";
    case "files":
      return "_files";
    case "profiles":
      return `_${id}_profiles`;
    default:
      return `(${values.join(" ")})`;
  }
}
