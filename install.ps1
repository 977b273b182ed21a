# Installs fief-auth for you alone on Windows: one file, no administrator. See the README.
#
# NOT TESTED HERE: this script was written beside install.sh, and the project's own tests cannot run PowerShell. The release workflow runs
# it on Windows before a release is published.
#
#   irm https://github.com/fief-dev/fief-auth/releases/latest/download/install.ps1 | iex
#   powershell -ExecutionPolicy Bypass -File install.ps1 [-Version 0.1.0] [-Dir DIR] [-Uninstall]
#
# $env:FIEF_AUTH_RELEASES names a mirror of the releases: latest/download/SHA256SUMS, download/vVERSION/FILE.
param(
  [string]$Version = "",
  [string]$Dir = "",
  [switch]$Uninstall
)

# All that is done is in a function, and the last line calls it: a download of this script that breaks off does nothing.
function Install-FiefAuth([string]$Version, [string]$Dir, [bool]$Uninstall) {
  Set-StrictMode -Version 3.0
  $ErrorActionPreference = "Stop"
  $ProgressPreference = "SilentlyContinue" # the bar makes Windows PowerShell download many times slower
  $utf8 = New-Object System.Text.UTF8Encoding $false

  if (-not $env:LOCALAPPDATA) { throw "LOCALAPPDATA is not set: it is where fief-auth goes" }
  $root = Join-Path $env:LOCALAPPDATA "Programs\fief-auth"
  if (-not $Dir) { $Dir = $root }
  $Dir = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Dir)
  $target = Join-Path $Dir "fief-auth.exe"
  # Beside the program: what was installed, so that -Uninstall removes that and nothing else. SUM VERSION
  $record = Join-Path $Dir "fief-auth.installed"
  $recorded = @("", "")
  if (Test-Path -LiteralPath $record -PathType Leaf) { $recorded = (Get-Content -LiteralPath $record -TotalCount 1) -split " " }
  $present = if (Test-Path -LiteralPath $target) { Get-Sum $target } else { "" }

  if ($Uninstall) {
    if (-not $recorded[0]) { throw "This script has installed nothing in ${Dir}: nothing was removed" }
    if ($present -and $present -ne $recorded[0]) { throw "$target is not the file that this script put there: nothing was removed" }
    if ($present) { Remove-Item -LiteralPath $target }
    Remove-Item -LiteralPath $record
    Get-ChildItem -LiteralPath $Dir -Filter "fief-auth.exe.old-*" | Remove-Item -ErrorAction SilentlyContinue
    if (-not (Get-ChildItem -LiteralPath $Dir -Force)) { Remove-Item -LiteralPath $Dir }
    Write-Output "Removed fief-auth $($recorded[1]) from $Dir"
    $credentials = Join-Path $env:LOCALAPPDATA "fief-auth"
    foreach ($place in @($credentials, $env:FIEF_CREDENTIALS)) {
      if ($place -and (Test-Path -LiteralPath $place)) {
        Write-Output "Credentials stay in ${place}: remove it to forget the sessions"
      }
    }
    Write-Output "If you added $Dir to PATH, you may take it out again"
    return
  }

  $machine = if ($env:PROCESSOR_ARCHITEW6432) { $env:PROCESSOR_ARCHITEW6432 } else { $env:PROCESSOR_ARCHITECTURE }
  # Windows 11 on ARM runs programs for x64.
  if ($machine -notin @("AMD64", "ARM64")) { throw "There is no program for Windows on $machine" }
  $platform = "x86_64-pc-windows-msvc"

  $releases = if ($env:FIEF_AUTH_RELEASES) { $env:FIEF_AUTH_RELEASES } else { "https://github.com/fief-dev/fief-auth/releases" }
  $releases = $releases.TrimEnd("/")
  if ($releases -match "@") { throw "FIEF_AUTH_RELEASES may not hold a user or a password" }
  if ($releases -notmatch '^https://' -and $releases -notmatch '^http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/|$)') {
    throw "FIEF_AUTH_RELEASES has to begin with https://; http is for this machine only"
  }
  [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12

  $Version = $Version -replace '^v', ''
  if ($Version -and $Version -notmatch '^[0-9][0-9A-Za-z.+-]*$') { throw "`"$Version`" is no version: 0.1.0 is one" }
  $sumsUrl = if ($Version) { "$releases/download/v$Version/SHA256SUMS" } else { "$releases/latest/download/SHA256SUMS" }

  $made = -not (Test-Path -LiteralPath $Dir)
  [void](New-Item -ItemType Directory -Force -Path $Dir)
  $work = Join-Path $Dir ".fief-auth.$([Guid]::NewGuid().ToString('N'))"
  $done = $false
  try {
    [void](New-Item -ItemType Directory -Path $work)
    $sums = Join-Path $work "SHA256SUMS"
    try { Invoke-WebRequest -UseBasicParsing -Uri $sumsUrl -OutFile $sums }
    catch { throw "$sumsUrl cannot be downloaded: without checksums nothing is installed. $($_.Exception.Message)" }
    $pattern = '^([0-9a-f]{64})  fief-auth-([0-9][0-9A-Za-z.+-]*)-' + [regex]::Escape($platform) + '\.tar\.gz$'
    $found = @(Get-Content -LiteralPath $sums | Where-Object { $_ -cmatch $pattern })
    if ($found.Count -ne 1) { throw "$sumsUrl has $($found.Count) checksums for ${platform}, expected one: nothing was installed" }
    [void]($found[0] -cmatch $pattern)
    $sum, $new = $Matches[1], $Matches[2]
    if ($Version -and $new -cne $Version) { throw "$sumsUrl is for version $new, not ${Version}: nothing was installed" }

    $old = ""
    if ($present) {
      if ($present -eq $recorded[0]) { $old = $recorded[1] } else { $old = Get-ProgramVersion $target }
      if (-not $old) { throw "$target is there, and is no fief-auth: move it, or choose another directory with -Dir" }
    }
    if ($old -ceq $new -and $present -eq $recorded[0]) {
      $done = $true
      Write-Output "fief-auth $new is there already: $target"
    } else {
      $archive = "fief-auth-$new-$platform.tar.gz"
      $file = Join-Path $work $archive
      Write-Output "Downloading fief-auth $new for $platform"
      try { Invoke-WebRequest -UseBasicParsing -Uri "$releases/download/v$new/$archive" -OutFile $file }
      catch { throw "$releases/download/v$new/$archive cannot be downloaded: nothing was installed. $($_.Exception.Message)" }
      $is = Get-Sum $file
      if ($is -cne $sum) { throw "$archive is not what the release says: its SHA-256 sum is $is, expected $sum. Nothing was installed" }
      # Windows has bsdtar since 2018. Its own, by its path: another one of the name may come first.
      & (Join-Path $env:SystemRoot "System32\tar.exe") -xzf $file -C $work fief-auth.exe
      if ($LASTEXITCODE -ne 0) { throw "$archive cannot be unpacked: nothing was installed" }
      $program = Join-Path $work "fief-auth.exe"
      $says = Get-ProgramVersion $program
      if ($says -cne $new) { throw "fief-auth $new does not run on this system (it says `"$says`"): nothing was installed" }
      $programSum = Get-Sum $program

      # A program that runs cannot be replaced on Windows, but it can be renamed.
      $aside = "$target.old-$([Guid]::NewGuid().ToString('N'))"
      if ($present) { Move-Item -LiteralPath $target -Destination $aside }
      try { Move-Item -LiteralPath $program -Destination $target }
      catch {
        if ($present) { Move-Item -LiteralPath $aside -Destination $target }
        throw
      }
      $done = $true
      [IO.File]::WriteAllText($record, "$programSum $new`n", $utf8)
      Get-ChildItem -LiteralPath $Dir -Filter "fief-auth.exe.old-*" | Remove-Item -ErrorAction SilentlyContinue
      if ($old) { Write-Output "fief-auth $old -> $new in $target" } else { Write-Output "fief-auth $new is in $target" }
    }
  } finally {
    Remove-Item -LiteralPath $work -Recurse -Force -ErrorAction SilentlyContinue
    if ($made -and -not $done) { Remove-Item -LiteralPath $Dir -ErrorAction SilentlyContinue }
  }

  if (($env:PATH -split ";") -notcontains $Dir) {
    Write-Output "$Dir is not in PATH. Add it, and open a new terminal:"
    $quoted = $Dir -replace "'", "''"
    Write-Output "  [Environment]::SetEnvironmentVariable('Path', [Environment]::GetEnvironmentVariable('Path', 'User') + ';$quoted', 'User')"
  }
}

function Get-Sum([string]$Path) {
  (Get-FileHash -LiteralPath $Path -Algorithm SHA256).Hash.ToLowerInvariant()
}

# What a program of ours says; nothing where it is another one, or does not run.
function Get-ProgramVersion([string]$Path) {
  try {
    $line = (& $Path --version 2>$null | Select-Object -First 1)
    if ($line -cmatch '^fief-auth ([0-9]\S*)') { return $Matches[1] }
  } catch { }
  return ""
}

Install-FiefAuth -Version $Version -Dir $Dir -Uninstall $Uninstall.IsPresent
