import { type CompletedCommand, type CompletionModel, profilesDirectoryWord, spellings, type Values } from "./model.ts";

/** A script for bash. It keeps to what 3.2 has, which is on macOS. */
export function bashCompletions(model: CompletionModel): string {
  const { name, id, commands, globals } = model;
  const valued = [
    ...globals.map((option) => ({ command: "*", option })),
    ...commands.flatMap(({ name, options }) => options.map((option) => ({ command: name, option }))),
  ].flatMap(({ command, option }) => option.values === undefined ? [] : [{ command, option, values: option.values }]);
  const patterns = valued.map(({ command, option, values }) => ({
    pattern: spellings(option).map((word) => `${command}:${word}`).join("|"),
    values,
  }));
  return `# Completions of ${name} for bash. Load them with: source <(${name} completions bash)
# They read names of files in the directory of the profiles, and nothing else; no program is started.

_${id}_profiles() {
  local config=\${XDG_CONFIG_HOME-} file profile
  [[ $config == /* ]] || config=$HOME/.config
  echo default
  for file in ${profilesDirectoryWord(model, "$config")}/credentials.*.json; do
    profile=\${file##*/credentials.}
    profile=\${profile%.json}
    [[ -f $file && $profile =~ ^[A-Za-z0-9_-][A-Za-z0-9._-]*$ ]] && echo "$profile"
  done
}

# Offers words, or files with what bash does to their names.
_${id}_offer() {
  local kind=$1 candidate
  case $kind in
    files|commands)
      type compopt > /dev/null 2>&1 && compopt -o filenames
      ;;
  esac
  while IFS= read -r candidate; do
    COMPREPLY+=("$prefix$candidate")
  done < <(
    case $kind in
      files) compgen -f -- "$cur" ;;
      commands) compgen -c -- "$cur" ;;
      profiles) compgen -W "$(_${id}_profiles)" -- "$cur" ;;
      words) compgen -W "$2" -- "$cur" ;;
    esac
  )
}

_${id}_takes_value() {
  case $1:$2 in
${patterns.map(({ pattern }) => `    ${pattern}) return 0 ;;`).join("\n")}
  esac
  return 1
}

_${id}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prefix="" option="" command="" ended="" word i
  local -i position=0 after=0
  COMPREPLY=()
  # bash takes the = of --option=VALUE for a word of its own, unless somebody has told it otherwise.
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ $word == "=" ]]; then
      continue
    elif [[ $ended ]]; then
      after+=1
    elif [[ $option ]]; then
      option=""
    elif [[ $word == -- ]]; then
      ended=yes
    elif [[ $word == -* ]]; then
      _${id}_takes_value "$command" "$word" && option=$word
    elif [[ ! $command ]]; then
      command=$word
    else
      position+=1
    fi
  done
  [[ $cur == "=" ]] && cur=""
  if [[ ! $ended && $cur == --*=* ]]; then
    option=\${cur%%=*} prefix=\${cur%%=*}= cur=\${cur#*=}
  fi
  if [[ $ended && $after -eq 0 ]]; then
    _${id}_offer commands
  elif [[ $ended ]]; then
    _${id}_offer files
  elif [[ $option ]]; then
    case $command:$option in
${patterns.map(({ pattern, values }) => `      ${pattern}) ${offer(id, values)} ;;`).join("\n")}
    esac
  elif [[ $cur == -* ]]; then
    case $command in
${commands.map((command) => `      ${command.name}) ${offer(id, optionWords(command, globals))} ;;`).join("\n")}
      *) ${offer(id, optionWords(undefined, globals))} ;;
    esac
  elif [[ ! $command ]]; then
    ${offer(id, commands.map(({ name }) => name))}
  else
    case $command:$position in
${commands.flatMap((command) => argumentLines(id, command)).join("\n")}
      *) ;;
    esac
  fi
}

complete -F _${id} ${name}
`;
}

function argumentLines(id: string, { name, arguments: all }: CompletedCommand): string[] {
  return all.map((values, position) => `      ${name}:${position}) ${offer(id, values)} ;;`);
}

function optionWords(command: CompletedCommand | undefined, globals: CompletionModel["globals"]): string[] {
  return [...command?.options ?? [], ...globals].flatMap(spellings);
}

function offer(id: string, values: Values): string {
  if (values === "anything") return ":";
  return typeof values === "string" ? `_${id}_offer ${values}` : `_${id}_offer words "${values.join(" ")}"`;
}
