import { type CompletedOption, type CompletionModel, spellings, type Values } from "./model.ts";

/** A script for PowerShell, from 5.1 on. */
export function powershellCompletions(model: CompletionModel): string {
  const { name, commands, globals } = model;
  const tables = commands.map((command) => {
    const options = command.options.map(optionEntry).join("\n");
    const all = command.arguments.map((values) => valuesEntry(values)).join(", ");
    return `    ${quoted(command.name)} = @{
      Summary = ${quoted(command.summary)}
      Options = [ordered]@{
${options}
      }
      Arguments = @(${all})
    }`;
  });
  return `# Completions of ${name} for PowerShell. Load them with: ${name} completions powershell | Out-String | Invoke-Expression
# They read names of files in the directory of the profiles, and nothing else; no program is started.

Register-ArgumentCompleter -Native -CommandName ${quoted(name)} -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)

  $globals = [ordered]@{
${globals.map(optionEntry).join("\n")}
  }
  $commands = [ordered]@{
${tables.join("\n")}
  }

  $command = ''
  $option = ''
  $position = 0
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.Extent.Text })
  foreach ($word in $words) {
    $known = if ($command -and $commands.Contains($command)) { $commands[$command].Options } else { @{} }
    if ($option) { $option = '' }
    elseif ($word -ceq '--') { return }
    elseif ($word.StartsWith('-')) {
      if (($globals.Contains($word) -and $globals[$word].Values) -or ($known.Contains($word) -and $known[$word].Values)) { $option = $word }
    }
    elseif (-not $command) { $command = $word }
    else { $position++ }
  }
  $known = if ($command -and $commands.Contains($command)) { $commands[$command].Options } else { @{} }

  function Get-Candidates($values) {
    if ($values -is [array]) { return $values }
    if ($values -ne 'profiles') { return @() }
    $directory = ${profilesDirectoryExpression(model)}
    @('default') + @(Get-ChildItem -File -Path $directory -Filter 'credentials.*.json' -ErrorAction SilentlyContinue |
      ForEach-Object { if ($_.Name -match '^credentials\\.([A-Za-z0-9_-][A-Za-z0-9._-]*)\\.json$') { $Matches[1] } })
  }

  $candidates = if ($option) {
    $definition = if ($known.Contains($option)) { $known[$option] } else { $globals[$option] }
    Get-Candidates $definition.Values | ForEach-Object { @{ Text = $_; Help = $_ } }
  } elseif ($wordToComplete.StartsWith('-')) {
    foreach ($each in @($known, $globals)) { foreach ($key in $each.Keys) { @{ Text = $key; Help = $each[$key].Help } } }
  } elseif (-not $command) {
    foreach ($key in $commands.Keys) { @{ Text = $key; Help = $commands[$key].Summary } }
  } elseif ($commands.Contains($command) -and $position -lt $commands[$command].Arguments.Count) {
    Get-Candidates $commands[$command].Arguments[$position] | ForEach-Object { @{ Text = $_; Help = $_ } }
  }
  $candidates | Where-Object { $_.Text.StartsWith($wordToComplete) } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_.Text, $_.Text, 'ParameterValue', $_.Help)
  }
}
`;
}

function optionEntry(option: CompletedOption): string {
  const values = option.values === undefined ? "$null" : valuesEntry(option.values);
  return spellings(option).map((word) =>
    `        ${quoted(word)} = @{ Help = ${quoted(option.help)}; Values = ${values} }`
  ).join("\n");
}

/** Where nothing is offered, PowerShell offers files by itself. */
function valuesEntry(values: Values): string {
  return typeof values === "string" ? quoted(values) : `@(${values.map(quoted).join(", ")})`;
}

function profilesDirectoryExpression({ name, os }: CompletionModel): string {
  if (os === "windows") return `Join-Path $env:LOCALAPPDATA ${quoted(name)}`;
  if (os === "darwin") return `Join-Path $HOME ${quoted(`Library/Application Support/${name}`)}`;
  return `Join-Path $(if ("$env:XDG_CONFIG_HOME".StartsWith('/')) { $env:XDG_CONFIG_HOME } else { "$HOME/.config" }) ${
    quoted(name)
  }`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
